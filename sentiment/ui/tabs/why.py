"""Build the attributions of Compare: the contribution of each word to the predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import gradio as gr

from sentiment.errors import InputError
from sentiment.inference.explanation import METHODS, count_forward_passes, find_method
from sentiment.limits import check_text
from sentiment.models.catalogue import ModelInfo, backbone_title, expected_ms
from sentiment.serving.answers import Explanation
from sentiment.serving.lineup import LineUp
from sentiment.serving.space import use_zero_gpu
from sentiment.ui.render.attributions import render_attributions
from sentiment.ui.render.html import render_message, render_note
from sentiment.ui.session.errors import show_errors
from sentiment.ui.session.jobs import EXPLAIN_QUEUE, INSTANT, PRIVATE, CancelTokens
from sentiment.ui.session.links import parse_prompt_options
from sentiment.ui.session.visit import VisitModels
from sentiment.ui.tabs.options import Options
from sentiment.ui.text import why as copy
from sentiment.zero_shot.templates import PromptOptions

_MEASURED_CHARACTERS = 150  # of the texts that models are measured with, about
_MAX_LENGTH_FACTOR = 15.0  # a text takes no longer than what a network reads of it


def create_why(lineup: LineUp, box: gr.Textbox, visit: gr.State, options: Options) -> gr.HTML:
    """Build the part's components and wire them; return the one that shows attributions.

    Args:
        box: the text.
        visit: the models of the visit.
        options: models and zero-shot settings, which attributions use, too.
    """
    stops = CancelTokens()
    explain = use_zero_gpu(lineup.explain)  # a GPU is lent for a model at a time

    @show_errors()
    def stream(
        text: str,
        names: list[str] | None,
        own: VisitModels,
        method: str,
        request: gr.Request,
        *wanted: str | None,
    ) -> Iterator[str]:
        with stops.run(request) as is_stopped:
            checked, models = check_text(text), lineup.select(names, own)
            ask = partial(explain, text=checked, method=find_method(method))
            yield from _explain_each(models, ask, parse_prompt_options(*wanted), is_stopped)

    def wait(request: gr.Request) -> str:
        stops.announce(request)
        return render_message(copy.QUEUED)

    def stop(request: gr.Request) -> Any:
        return gr.skip() if stops.ask(request) else render_message(copy.IDLE)

    def say_cost(text: str, names: list[str] | None, own: VisitModels, method: str) -> str:
        return estimate_cost(lineup, text, names, own, method)

    button, method, end, cost = _create_tools()
    words = gr.HTML(elem_id="why")
    asked = [box, options.models, visit, method]
    gr.on(  # one at a time, so that no answer overtakes a later one
        [method.input, box.blur, options.models.change],
        say_cost,
        inputs=asked,
        outputs=cost,
        trigger_mode="always_last",
        **INSTANT,
    )
    button.click(wait, outputs=words, **INSTANT).then(
        stream,
        inputs=[*asked, *options.inputs],
        outputs=words,
        concurrency_id=EXPLAIN_QUEUE,
        **PRIVATE,
    )
    end.click(stop, outputs=words, **INSTANT)
    return words


def _explain_each(
    models: Sequence[ModelInfo],
    explain: Callable[..., Explanation],
    options: PromptOptions,
    is_stopped: Callable[[], bool],
) -> Iterator[str]:
    """Yield the attributions again after every model, until all are done or it is stopped."""
    titles, found = _read_titles(models), list[Explanation]()
    for model in models:
        counts = {"done": len(found), "models": len(models)}
        shown = render_attributions(found, titles)
        if is_stopped():
            yield shown + render_message(copy.STOPPED.format(**counts))
            return
        yield shown + render_message(copy.WORKING.format(model=model.name, **counts))
        found.append(explain(model, options=options))
    yield render_attributions(found, titles)


def _create_tools() -> tuple[gr.Button, gr.Radio, gr.Button, gr.HTML]:
    """Create the button, the method, the button that stops, and the cost."""
    with gr.Row(elem_classes="s-toolbar", elem_id="why-tools"):
        button = gr.Button(copy.EXPLAIN, size="sm", scale=0, min_width=90, elem_id="why-button")
        method = gr.Radio(
            choices=[(copy.METHODS[name], name) for name in METHODS],
            value=METHODS[0],
            label=copy.METHOD,
            container=False,
            min_width=300,
            elem_id="why-method",
            elem_classes="s-pills",
        )
        end = gr.Button(copy.STOP, size="sm", scale=0, min_width=80, elem_id="why-stop")
        cost = gr.HTML(elem_id="why-cost", min_width=200)
    return button, method, end, cost


def estimate_cost(
    lineup: LineUp, text: str, names: list[str] | None, own: VisitModels, method: str
) -> str:
    """Estimate the duration of an explanation in words; empty if there is nothing to explain."""
    try:
        checked, models = check_text(text), lineup.select(names, own)
    except InputError:
        return ""
    forward_passes = count_forward_passes(checked, find_method(method))
    longer = min(_MAX_LENGTH_FACTOR, max(1.0, len(checked) / _MEASURED_CHARACTERS))
    seconds = longer * sum(forward_passes * expected_ms(model) for model in models) / 1000
    return render_note(
        copy.COST.format(models=len(models), forward_passes=forward_passes, seconds=max(1, seconds))
    )


def _read_titles(models: Sequence[ModelInfo]) -> dict[str, str]:
    return {model.name: backbone_title(model, models)[0] for model in models}
