"""Build the options of Compare: models, prompt template, threshold and demonstrations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from sentiment.errors import InputError
from sentiment.method import CALIBRATIONS, Calibration
from sentiment.serving.lineup import LineUp
from sentiment.ui.render.html import render_message, render_note
from sentiment.ui.render.prompt_templates import describe_template
from sentiment.ui.session.jobs import INSTANT
from sentiment.ui.session.links import MODEL_DEFAULT, SEEDS, SHOTS, read_options
from sentiment.ui.text import compare as words
from sentiment.ui.text import shared as copy
from sentiment.zero_shot.demonstrations import (
    SOURCES,
    choose_demonstrations,
    format_demonstrations,
)
from sentiment.zero_shot.templates import CUSTOM, TEMPLATES, parse_template


@dataclass(frozen=True)
class Options:
    """Components of the options."""

    part: gr.Accordion
    models: gr.CheckboxGroup
    template: gr.Dropdown
    calibration: gr.Radio
    own_text: gr.Textbox  # the last three are seen where a visitor writes a template
    negative: gr.Textbox
    positive: gr.Textbox
    shots: gr.Radio
    seed: gr.Radio
    lines: gr.Textbox  # the demonstrations, seen where there are some
    redraws: list[Any]  # events that draw the demonstrations again; predictions follow

    @property
    def inputs(self) -> list[Any]:
        """Return the zero-shot settings in the order in which `parse_prompt_options` takes them."""
        written = (self.own_text, self.negative, self.positive)
        return [self.template, self.calibration, *written, self.shots, self.seed, self.lines]

    @property
    def changes(self) -> list[Any]:
        """Return the events after which predictions are no longer current."""
        written = (self.own_text, self.negative, self.positive, self.lines)
        # Not `input` of the dropdown, which Gradio also raises where the focus leaves it.
        return [self.template.select, self.calibration.input, *(field.blur for field in written)]


def create_options(lineup: LineUp) -> Options:
    """Build the part's components; choosing a template shows it, or the fields to write one."""
    with (
        gr.Accordion(
            words.OPTIONS, open=False, elem_classes="s-options", elem_id="options"
        ) as part,
        gr.Row(),
    ):
        with gr.Column(min_width=300):
            models = gr.CheckboxGroup(
                choices=[model.name for model in lineup.models()],
                value=[model.name for model in lineup.default_models()],
                label=words.MODELS_LABEL,
                elem_id="options-models",
            )
            shots, seed, lines, redraws = _create_shots()
        with gr.Column(min_width=300):
            template = gr.Dropdown(
                choices=_choices(),
                value=MODEL_DEFAULT,
                label=copy.OPTIONS_TEMPLATE,
                filterable=False,
                elem_id="options-template",
            )
            shown = gr.HTML(describe_template(MODEL_DEFAULT), elem_id="options-shown")
            with gr.Column(visible=False) as own:
                written = _create_fields()
            calibration = gr.Radio(
                choices=[(_title(name), name) for name in CALIBRATIONS],
                value=CALIBRATIONS[0],
                label=copy.OPTIONS_CALIBRATION,
                info=copy.OPTIONS_CALIBRATION_NOTE,
                elem_id="options-calibration",
            )
    shows: dict[str, Any] = {"inputs": [template, *written], "outputs": [own, shown], **INSTANT}
    template.change(_show_template, **shows)
    for field in written:
        field.blur(_show_template, **shows)
    return Options(part, models, template, calibration, *written, shots, seed, lines, redraws)


def _show_template(template: str | None, *written: str | None) -> tuple[Any, str]:
    """Show the chosen template, or the fields to write one and what is wrong with it."""
    if template != CUSTOM:
        return gr.Column(visible=False), describe_template(template)
    try:
        parse_template(*written)
    except InputError as error:
        return gr.Column(visible=True), render_message(str(error), is_alert=True)
    return gr.Column(visible=True), render_note(copy.OPTIONS_CUSTOM_NOTE)


def open_options(query: Mapping[str, str]) -> tuple[Any, ...]:
    """Set what a link such as ?template=zhao says; without that nothing changes.

    Returns:
        the accordion, and `Options.inputs`
    """
    template, calibration, *written, shots, seed, lines = read_options(query)
    if (template, calibration, shots) == (MODEL_DEFAULT, CALIBRATIONS[0], SHOTS[0]):
        return (gr.skip(),) * 9
    fields = written if template == CUSTOM else [gr.skip()] * len(written)
    shown = lines or draw_lines(shots, seed)
    return gr.Accordion(open=True), template, calibration, *fields, shots, seed, shown


def draw_lines(shots: str | None, seed: str | None) -> str:
    """Draw demonstrations from the bundled data set, a line each; empty for zero-shot."""
    drawn = choose_demonstrations(shots or SHOTS[0], seed or SEEDS[0], SOURCES[0])
    return format_demonstrations(drawn) if drawn else ""


def _create_shots() -> tuple[gr.Radio, gr.Radio, gr.Textbox, list[Any]]:
    """Create the number of demonstrations, their draw, and the demonstrations to be edited.

    Returns:
        (number, draw, demonstrations, events that draw them again)
    """
    pills: dict[str, Any] = {"elem_classes": "s-pills", "container": False}
    shots = gr.Radio(
        list(SHOTS),
        value=SHOTS[0],
        label=copy.OPTIONS_SHOTS,
        info=copy.OPTIONS_SHOTS_NOTE,
        elem_id="options-shots",
        **pills,
    )
    with gr.Column(visible=False) as own:
        seed = gr.Radio(
            list(SEEDS), value=SEEDS[0], label=copy.OPTIONS_DRAW, elem_id="options-draw", **pills
        )
        lines = gr.Textbox(
            label=copy.OPTIONS_DEMONSTRATIONS,
            info=copy.OPTIONS_DEMONSTRATIONS_NOTE,
            lines=3,
            max_lines=12,
            elem_id="options-demonstrations",
        )
    shots.change(lambda own: gr.Column(visible=own != SHOTS[0]), shots, own, **INSTANT)
    draws: dict[str, Any] = {"inputs": [shots, seed], "outputs": lines, **INSTANT}
    return shots, seed, lines, [part.input(draw_lines, **draws) for part in (shots, seed)]


def _create_fields() -> tuple[gr.Textbox, gr.Textbox, gr.Textbox]:
    """Create the fields of a template and of its label words."""
    first_text, first_negative, first_positive = copy.OPTIONS_FIRST
    own_text = gr.Textbox(
        first_text, label=copy.OPTIONS_CUSTOM_TEXT, lines=2, max_lines=6, elem_id="options-own"
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
    return [(copy.OPTIONS_DEFAULT, MODEL_DEFAULT), *known, (copy.OPTIONS_CUSTOM, CUSTOM)]
