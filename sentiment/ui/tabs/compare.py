"""Build the Compare tab: zero-shot and fine-tuned predictions for one text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from sentiment.data.language import looks_english
from sentiment.errors import InputError
from sentiment.evaluation.opening import choose_opening
from sentiment.evaluation.results import find_results
from sentiment.labels import LABELS
from sentiment.limits import check_text
from sentiment.models.catalogue import ModelInfo, backbone_title, read_latency
from sentiment.serving.answers import Prediction
from sentiment.serving.lineup import LineUp
from sentiment.serving.space import use_zero_gpu
from sentiment.ui.render.axis import BackboneTitle, is_answered, parse_label, render_axis
from sentiment.ui.render.html import render_note
from sentiment.ui.session.errors import show_errors
from sentiment.ui.session.jobs import (
    INSTANT,
    PRIVATE,
    TEXT_QUEUE,
    TEXT_QUEUE_SIZE,
    CancelTokens,
)
from sentiment.ui.session.links import (
    parse_prompt_options,
    read_models,
    render_link,
    render_unknown,
    write_link,
)
from sentiment.ui.session.visit import VisitModels
from sentiment.ui.tabs.options import create_options, open_options
from sentiment.ui.tabs.why import create_why
from sentiment.ui.text import compare as copy
from sentiment.ui.text import shared
from sentiment.zero_shot.templates import PromptOptions


@dataclass(frozen=True)
class CompareTab:
    """Components that other tabs use to send a text to Compare."""

    text: gr.Textbox
    label: gr.Radio
    models: gr.CheckboxGroup
    run: dict[str, Any]  # the event that compares


def create_compare(lineup: LineUp, demo: gr.Blocks, visit: gr.State) -> CompareTab:
    """Build the tab's components and wire them.

    Args:
        visit: the models of the visit.
    """
    runs = CancelTokens()

    @use_zero_gpu
    @show_errors(outputs=2, others="")
    def stream(
        text: str,
        label: str,
        names: list[str] | None,
        own: VisitModels,
        request: gr.Request,
        *wanted: str | None,
    ) -> Iterator[tuple[str, str]]:
        with runs.run(request, is_only=True) as is_replaced:
            for answers in compare(lineup, text, label, names, own, wanted, is_replaced):
                if is_replaced():  # by another text or other settings, whose answers must stay
                    return
                yield answers, ""  # attributions are those of another text or other settings

    def open_link(typed: str, request: gr.Request) -> tuple[Any, ...]:
        query = request.query_params
        opened = open_text(lineup, typed, query)
        return open_models(lineup, query), *open_options(query), *opened

    gr.HTML(render_note(copy.INTRO))
    box, button, chips, label = _create_question()
    options = create_options(lineup)
    unknown = gr.HTML(elem_id="compare-unknown")
    answers = gr.HTML(elem_id="compare-answers")
    why = create_why(lineup, box, visit, options)
    work: dict[str, Any] = {
        "fn": stream,
        "inputs": [box, label, options.models, visit, *options.inputs],
        "outputs": [answers, why],
        "concurrency_id": TEXT_QUEUE,
        "concurrency_limit": TEXT_QUEUE_SIZE,
        # Beside the run before, which may wait for a large model, and is replaced.
        "trigger_mode": "multiple",
        **PRIVATE,  # the axis shows which model is still predicting
    }
    changes = [button.click, box.submit, label.input, options.models.input, *options.changes]
    gr.on(changes, **work)
    for redraw in options.redraws:
        redraw.then(**work)
    _follow_chips(chips, [box, label], work)
    _follow_visit(lineup, visit, options.models)
    # All of it once, before the predictions: what somebody types or chooses meanwhile must stay.
    view = [options.models, options.part, *options.inputs, box, label, unknown]
    demo.load(open_link, inputs=box, outputs=view, **INSTANT).then(**work)
    return CompareTab(box, label, options.models, work)


def _follow_chips(chips: list[Any], outputs: list[Any], work: dict[str, Any]) -> None:
    """Put an example and its label into `outputs` when its chip is pressed, and compare it."""
    for chip, (_, example, known) in chips:
        chip.click(
            lambda example=example, known=known: (example, known), outputs=outputs, **INSTANT
        ).then(**work)


def _create_question() -> tuple[gr.Textbox, gr.Button, list[Any], gr.Radio]:
    """Create the text, the button, the examples and the label."""
    with gr.Row(elem_classes="s-ask", equal_height=True):
        box = gr.Textbox(
            label=copy.TEXT_LABEL,
            show_label=False,
            container=False,
            placeholder=copy.TEXT_PLACEHOLDER,
            lines=1,
            max_lines=8,
            scale=5,
            min_width=280,
            elem_id="compare-text",
        )
        button = gr.Button(
            copy.COMPARE, variant="primary", scale=0, min_width=130, elem_id="compare-button"
        )
    with gr.Row(elem_classes="s-toolbar"):
        with gr.Row(elem_classes="s-chips"):
            chips = [
                (gr.Button(example[0], size="sm", min_width=0, scale=0), example)
                for example in shared.EXAMPLES
            ]
        label = gr.Radio(
            choices=list(copy.LABEL_CHOICES),
            value="",
            label=copy.LABEL_TITLE,
            container=False,
            min_width=300,
            elem_id="compare-label",
            elem_classes="s-pills",
        )
    return box, button, chips, label


def open_models(lineup: LineUp, query: Mapping[str, str]) -> Any:
    """Check the models of a link such as ?models=a,b, else the default ones."""
    names = [model.name for model in lineup.models()]
    checked = read_models(query, names) or [model.name for model in lineup.default_models()]
    return gr.CheckboxGroup(choices=names, value=checked)


def _follow_visit(lineup: LineUp, visit: gr.State, models: gr.CheckboxGroup) -> None:
    def join_models(checked: list[str] | None, own: VisitModels) -> Any:
        """Check what was added or trained last in this visit, too."""
        names = [model.name for model in lineup.models(own)]
        last = [model.name for model in own[-1:]]
        return gr.CheckboxGroup(choices=names, value=list(dict.fromkeys([*(checked or []), *last])))

    visit.change(join_models, inputs=[models, visit], outputs=models, **INSTANT)


def compare(
    lineup: LineUp,
    text: str,
    label: str,
    names: Sequence[str] | None,
    own: VisitModels,
    wanted: Sequence[str | None],
    is_replaced: Callable[[], bool] = lambda: False,
) -> Iterator[str]:
    """Yield the axis after every prediction, with a link once all small models have answered.

    Args:
        names: of the models; None for the default ones.
        wanted: the zero-shot settings, as `parse_prompt_options` takes them.
        is_replaced: whether nobody waits for the answers any more.

    Raises:
        InputError: there is no text, no model, or a template that cannot be used.
    """
    checked = check_text(text)
    if names is not None and not names:
        raise InputError(copy.NONE_CHECKED)
    models, options = lineup.select(names, own), parse_prompt_options(*wanted)
    facts, loaded = read_facts(models), lineup.loaded_models()
    foot = _render_foot(models, checked, label, own, options)
    predictions: dict[str, Prediction] = {}

    def show() -> str:
        axis = render_axis(models, predictions, gold=parse_label(label), loaded=loaded, **facts)
        return axis + foot if is_answered(models, predictions) else axis

    yield show()
    for prediction in lineup.predict_each(models, checked, options, is_replaced):
        predictions[prediction.model] = prediction
        yield show()


def _render_foot(
    models: Sequence[ModelInfo], text: str, label: str, own: VisitModels, options: PromptOptions
) -> str:
    """Render a note on the language of `text`, and the link to the view."""
    lasting = [model.name for model in models if model not in own]
    notes = [] if looks_english(text) else [render_note(copy.NOT_ENGLISH)]
    if lasting:
        notes.append(
            render_link(write_link(text, lasting, options, label=label), picture=copy.SHARE_PICTURE)
        )
    if len(lasting) < len(models):
        notes.append(render_note(shared.LINK_LEAVES_OUT))
    return "".join(notes)


def read_facts(models: Sequence[ModelInfo]) -> dict[str, Any]:
    """Read titles of backbones and measured times, which the axis shows."""
    medians = {model.name: read_latency(model.folder).get("median_ms") for model in models}
    return {
        "titles": {m.backbone: BackboneTitle(*backbone_title(m, models)) for m in models},
        "medians": {name: float(ms) for name, ms in medians.items() if ms is not None},
    }


def open_text(lineup: LineUp, typed: str, query: Mapping[str, str]) -> tuple[Any, Any, str]:
    """Open the text of a link such as ?text=…, else one that shows what fine-tuning changes.

    Nothing changes where somebody has typed by then: the page is usable before this runs.

    Returns:
        text, label, and a note on models of the link that are not available
    """
    text, label = query.get("text", ""), query.get("label", "")
    here = [model.name for model in lineup.models()]
    unknown = render_unknown(query, here)
    label = label if label in LABELS else ""
    if typed.strip():
        return gr.skip(), gr.skip(), unknown
    if not text.strip():
        names = [model.name for model in lineup.default_models()]
        opening = choose_opening(find_results()[0], names)
        text, label = (opening[0], LABELS[opening[1]]) if opening else shared.EXAMPLES[1][1:]
    return text, label, unknown
