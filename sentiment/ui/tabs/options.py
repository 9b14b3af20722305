"""Zero-shot settings of Compare: prompt template and decision threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from sentiment.errors import InputError
from sentiment.method import CALIBRATIONS, Calibration
from sentiment.ui.render.answers import describe_template
from sentiment.ui.render.html import render_message, render_note
from sentiment.ui.session.links import EACH_OWN, read_options
from sentiment.ui.text import shared as copy
from sentiment.zero_shot.templates import CUSTOM, TEMPLATES, parse_template


@dataclass(frozen=True)
class Options:
    """The components of the part."""

    template: gr.Dropdown
    calibration: gr.Radio
    own_text: gr.Textbox  # the last three are seen where a visitor writes a template
    negative: gr.Textbox
    positive: gr.Textbox

    @property
    def inputs(self) -> list[Any]:
        """Those an event needs, in the order in which `read_asking` takes what they hold."""
        return [self.template, self.calibration, self.own_text, self.negative, self.positive]


def create_options(demo: gr.Blocks) -> Options:
    """Build the part's components; choosing a template shows it, or the fields to write one."""

    def show(template: str | None, *written: str | None) -> tuple[Any, str]:
        if template != CUSTOM:
            return gr.Column(visible=False), describe_template(template)
        try:
            parse_template(*written)
        except InputError as error:
            return gr.Column(visible=True), render_message(str(error), is_alert=True)
        return gr.Column(visible=True), render_note(copy.OPTIONS_OWN_NOTE)

    def open_link(request: gr.Request) -> tuple[Any, ...]:
        """What a link such as ?template=zhao says; without that nothing is touched."""
        template, calibration, *written = read_options(request.query_params)
        if (template, calibration) == (EACH_OWN, CALIBRATIONS[0]):
            return (gr.skip(),) * 6
        fields = written if template == CUSTOM else [gr.skip()] * len(written)
        return gr.Accordion(open=True), template, calibration, *fields

    with gr.Accordion(
        copy.OPTIONS_TITLE, open=False, elem_classes="s-options", elem_id="options"
    ) as part:
        template = gr.Dropdown(
            choices=_choices(),
            value=EACH_OWN,
            label=copy.OPTIONS_TEMPLATE,
            filterable=False,
            elem_id="options-template",
        )
        shown = gr.HTML(describe_template(EACH_OWN), elem_id="options-shown")
        with gr.Column(visible=False) as own:
            written = _create_fields()
        calibration = gr.Radio(
            choices=[(_title(name), name) for name in CALIBRATIONS],
            value=CALIBRATIONS[0],
            label=copy.OPTIONS_CALIBRATION,
            info=copy.OPTIONS_CALIBRATION_NOTE,
            elem_id="options-calibration",
        )
    quiet: dict[str, Any] = {
        "queue": False,
        "api_visibility": "private",
        "show_progress": "hidden",
    }
    shows: dict[str, Any] = {"inputs": [template, *written], "outputs": [own, shown], **quiet}
    template.change(show, **shows)
    for field in written:
        field.blur(show, **shows)
    options = Options(template, calibration, *written)
    demo.load(open_link, outputs=[part, *options.inputs], **quiet)
    return options


def _create_fields() -> tuple[gr.Textbox, gr.Textbox, gr.Textbox]:
    """Where a visitor writes a template and the label words."""
    first_text, first_negative, first_positive = copy.OPTIONS_FIRST
    own_text = gr.Textbox(
        first_text, label=copy.OPTIONS_OWN_TEXT, lines=2, max_lines=6, elem_id="options-own"
    )
    with gr.Row():
        negative = gr.Textbox(
            first_negative, label=copy.OPTIONS_NEGATIVE, min_width=140, elem_id="options-negative"
        )
        positive = gr.Textbox(
            first_positive, label=copy.OPTIONS_POSITIVE, min_width=140, elem_id="options-positive"
        )
    return own_text, negative, positive


def _title(calibration: Calibration) -> str:
    return copy.THRESHOLD_NAMES["raw" if calibration == "none" else calibration]


def _choices() -> list[tuple[str, str]]:
    known = [
        (f"{name}: {template.text}".replace("\n", " ⏎ "), name)
        for name, template in TEMPLATES.items()
    ]
    return [(copy.OPTIONS_EACH_OWN, EACH_OWN), *known, (copy.OPTIONS_OWN, CUSTOM)]
