"""Why, in the Compare tab: what each word contributes to the answers of all models shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from sentiment.errors import InputError
from sentiment.inference.explanation import METHODS, count_forward_passes, find_method
from sentiment.labels import LABELS, POSITIVE
from sentiment.limits import check_text
from sentiment.models.catalogue import ModelInfo, read_latency
from sentiment.serving.answers import Explanation
from sentiment.serving.lineup import LineUp
from sentiment.serving.space import use_zero_gpu
from sentiment.ui.render.attributions import render_words
from sentiment.ui.render.html import render_message, render_note
from sentiment.ui.session.jobs import EXPLAIN_QUEUE, CancelTokens
from sentiment.ui.session.links import read_asking
from sentiment.ui.session.visit import VisitModels
from sentiment.ui.tabs.options import Options
from sentiment.ui.text import shared as copy

_DEFAULT_MS = 20.0  # for a text, where a model was not measured
_MEASURED_CHARACTERS = 150  # of the texts that models are measured with, about
_MAX_LENGTH_FACTOR = 15.0  # a text takes no longer than what a network reads of it


def create_why(
    lineup: LineUp,
    box: gr.Textbox,
    chosen: gr.CheckboxGroup,
    visit: gr.State,
    options: Options,
) -> None:
    """Build the part's components and wire them.

    Args:
        box: the text.
        chosen: the names of the models shown.
        visit: the models of the visit.
        options: the zero-shot settings, which attributions use, too.
    """

    def say_cost(text: str, names: list[str] | None, own: VisitModels, method: str) -> str:
        try:
            checked, models = check_text(text), lineup.select(names, own)
        except InputError as error:
            return render_message(str(error))
        forward_passes = count_forward_passes(checked, find_method(method))
        longer = min(_MAX_LENGTH_FACTOR, max(1.0, len(checked) / _MEASURED_CHARACTERS))
        seconds = longer * sum(forward_passes * _milliseconds(model) for model in models) / 1000
        return render_note(
            copy.WHY_COST.format(
                models=len(models), forward_passes=forward_passes, seconds=max(1, seconds)
            )
        )

    stops = CancelTokens()

    # A GPU is lent for a model at a time: stops do not reach into a lease.
    explain = use_zero_gpu(lineup.explain)

    def stream(
        text: str,
        names: list[str] | None,
        own: VisitModels,
        method: str,
        label: str,
        request: gr.Request,
        *wanted: str | None,
    ) -> Iterator[str]:
        with stops.run(request) as is_stopped:
            found: list[Explanation] = []
            try:
                checked, models = check_text(text), lineup.select(names, own)
                chosen_method, asking = find_method(method), read_asking(*wanted)
                for model in models:
                    counts = {"done": len(found), "models": len(models)}
                    if is_stopped():
                        said = copy.WHY_STOPPED.format(**counts)
                        yield render_words(found, label) + render_message(said)
                        return
                    said = copy.WHY_WORKING.format(model=model.name, **counts)
                    yield render_words(found, label) + render_message(said)
                    found.append(explain(model, checked, chosen_method, asking))
                yield render_words(found, label)
            except InputError as error:
                yield render_message(str(error), is_alert=True)

    def wait(request: gr.Request) -> str:
        stops.announce(request)
        return render_message(copy.QUEUED)

    def stop(request: gr.Request) -> Any:
        return gr.skip() if stops.ask(request) else render_message(copy.WHY_IDLE)

    with gr.Accordion(copy.WHY_TITLE, open=False, elem_classes="s-options") as part:
        gr.HTML(f'<p class="s-note">{copy.WHY_INTRO}</p>')
        with gr.Row():
            method = gr.Radio(
                choices=[(copy.WHY_METHODS[name], name) for name in METHODS],
                value=METHODS[0],
                label=copy.WHY_METHOD,
                min_width=280,
            )
            label = gr.Radio(
                choices=list(LABELS), value=LABELS[POSITIVE], label=copy.WHY_LABEL, min_width=200
            )
        cost = gr.HTML(elem_id="why-cost")
        with gr.Row():
            button = gr.Button(copy.WHY, variant="primary", size="sm", elem_id="why-button")
            end = gr.Button(copy.STOP, size="sm", elem_id="why-stop")
        words = gr.HTML(elem_id="why")
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    gr.on(  # one at a time, so that no answer overtakes a later one
        [part.expand, method.input, box.blur, chosen.change],
        say_cost,
        inputs=[box, chosen, visit, method],
        outputs=cost,
        queue=False,
        trigger_mode="always_last",
        **quiet,
    )
    button.click(wait, outputs=words, queue=False, **quiet).then(
        stream,
        inputs=[box, chosen, visit, method, label, *options.inputs],
        outputs=words,
        concurrency_id=EXPLAIN_QUEUE,
        **quiet,
    )
    end.click(stop, outputs=words, queue=False, **quiet)


def _milliseconds(model: ModelInfo) -> float:
    return float(read_latency(model.folder).get("median_ms", _DEFAULT_MS))
