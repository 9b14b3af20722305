"""The Compare tab: one text, every model, zero-shot beside fine-tuned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from sentiment.answers import Answer
from sentiment.errors import InputError
from sentiment.limits import check_text
from sentiment.lineup import LineUp
from sentiment.space import lend_gpu
from sentiment.ui import text as copy
from sentiment.ui.cells import render_grid, render_message
from sentiment.ui.why import create_why

MODEL_WORK = "model-work"  # everything that computes waits in this one line: two cores, one job


def create_compare(lineup: LineUp, demo: gr.Blocks) -> dict[str, Any]:
    """Build the tab's components and wire them.

    Returns:
        what an event needs to compare; its inputs are the text and the names of the models
    """

    @lend_gpu
    def stream(text: str, names: list[str] | None) -> Iterator[str]:
        try:
            checked = check_text(text)
            models = lineup.choose(names)
        except InputError as error:
            yield render_message(str(error), is_alert=True)
            return
        answers: dict[str, Answer] = {}
        yield render_grid(models, answers)
        for model in models:
            answers[model.name] = lineup.answer(model, checked)
            yield render_grid(models, answers)

    def open_models(request: gr.Request) -> Any:
        """The models there are now; checked are those of a link such as ?models=a,b, else the
        line-up's own choice."""
        names = [model.name for model in lineup.models()]
        checked = _linked_models(request, names) or [model.name for model in lineup.shown()]
        return gr.CheckboxGroup(choices=names, value=checked)

    def open_link(request: gr.Request) -> Iterator[tuple[Any, Any]]:
        """Answer the text of a link such as ?text=…; without one nothing a person does is touched.

        The page is usable before this runs, so what somebody has typed by then must stay.
        """
        text = request.query_params.get("text", "")
        if not text.strip():
            yield gr.skip(), gr.skip()
            return
        names = _linked_models(request, [model.name for model in lineup.models()])
        for grid in stream(text, names):
            yield text, grid

    names = [model.name for model in lineup.models()]
    with gr.Row(elem_classes="s-ask", equal_height=True):
        box = gr.Textbox(
            label=copy.TEXT_LABEL,
            show_label=False,
            container=False,
            placeholder=copy.TEXT_PLACEHOLDER,
            lines=3,
            max_lines=12,
            scale=5,
            min_width=320,
            elem_id="compare-text",
        )
        button = gr.Button(
            copy.COMPARE, variant="primary", scale=1, min_width=140, elem_id="compare-button"
        )
    with gr.Row(elem_classes="s-chips"):
        chips = [
            (gr.Button(title, size="sm", min_width=0, scale=0), example)
            for title, example in copy.EXAMPLES
        ]
    with gr.Accordion(copy.MODELS_TITLE, open=False, elem_classes="s-options"):
        chosen = gr.CheckboxGroup(
            choices=names,
            value=[model.name for model in lineup.shown()],
            label=copy.MODELS_LABEL,
            show_label=False,
        )
    grid = gr.HTML(render_message(copy.EMPTY), elem_id="compare-answers")

    create_why(lineup, box, chosen, MODEL_WORK)

    work: dict[str, Any] = {
        "inputs": [box, chosen],
        "outputs": grid,
        "concurrency_id": MODEL_WORK,
        "api_visibility": "private",
        "show_progress": "hidden",  # the grid shows which model is still reading
    }
    button.click(stream, trigger_mode="always_last", **work)
    box.submit(stream, trigger_mode="always_last", **work)
    for chip, example in chips:
        chip.click(
            lambda example=example: example, outputs=box, api_visibility="private", queue=False
        ).then(stream, **work)
    demo.load(open_models, outputs=chosen, api_visibility="private", queue=False)
    demo.load(open_link, **{**work, "inputs": None, "outputs": [box, grid]})
    return {"fn": stream, **work}


def _linked_models(request: gr.Request, names: list[str]) -> list[str]:
    return [name for name in request.query_params.get("models", "").split(",") if name in names]


def create_compare_api(lineup: LineUp) -> None:
    """The endpoint `/compare`, the same answers without the page."""

    @lend_gpu
    def compare(text: str, models: list[str] | None = None) -> list[dict[str, Any]]:
        """Score one text with the models the page shows first, or with the named ones.

        Args:
            text: up to 20,000 characters.
            models: names of models, as on the page; those the page shows first when left out.

        Returns:
            One dictionary per model: model, kind ("zero-shot", "fine-tuned" or "baseline"),
            backbone, label, p_negative, p_positive, ms, tokens_read, tokens_total; `prompt` where
            the model was asked with a template, as it read it. A model that could not answer has
            `error` in place of the label and the numbers.
        """
        try:
            checked = check_text(text)
            chosen = lineup.choose(models)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return [_to_record(lineup.answer(model, checked)) for model in chosen]

    gr.api(compare, api_name="compare", concurrency_id=MODEL_WORK)  # type: ignore[attr-defined]


def _to_record(answer: Answer) -> dict[str, Any]:
    record = {"model": answer.model, "kind": answer.kind, "backbone": answer.backbone}
    if answer.problem:
        return {**record, "error": answer.problem}
    return {
        **record,
        "label": answer.label,
        "p_negative": answer.p_negative,
        "p_positive": answer.p_positive,
        "ms": answer.ms,
        "tokens_read": answer.tokens_read,
        "tokens_total": answer.tokens_total,
        **({"prompt": answer.prompt} if answer.prompt else {}),
    }
