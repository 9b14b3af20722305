"""The Compare tab: one text, every model, zero-shot beside fine-tuned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from sentiment.errors import InputError
from sentiment.limits import check_text
from sentiment.serving.answers import Prediction
from sentiment.serving.lineup import LineUp
from sentiment.serving.space import use_zero_gpu
from sentiment.ui.render.answers import render_grid
from sentiment.ui.render.html import render_message, render_note
from sentiment.ui.session.jobs import TEXT_QUEUE, TEXT_QUEUE_SIZE
from sentiment.ui.session.links import (
    ON_COPY,
    read_asking,
    read_models,
    read_options,
    render_link,
    render_unknown,
    write_link,
)
from sentiment.ui.session.visit import VisitModels
from sentiment.ui.tabs.options import create_options
from sentiment.ui.tabs.why import create_why
from sentiment.ui.text import shared as copy


def create_compare(lineup: LineUp, demo: gr.Blocks, visit: gr.State) -> dict[str, Any]:
    """Build the tab's components and wire them.

    Args:
        visit: the models of the visit.

    Returns:
        what an event needs to compare; its inputs are the text, the names of the models, and the
        zero-shot settings
    """

    @use_zero_gpu
    def stream(
        text: str, names: list[str] | None, own: VisitModels, *wanted: str | None
    ) -> Iterator[str]:
        try:
            checked = check_text(text)
            models = lineup.select(names, own)
            asking = read_asking(*wanted)
        except InputError as error:
            yield render_message(str(error), is_alert=True)
            return
        answers: dict[str, Prediction] = {}
        yield render_grid(models, answers)
        for answer in lineup.predict_each(models, checked, asking):
            answers[answer.model] = answer
            yield render_grid(models, answers)
        lasting = [model.name for model in models if model not in own]
        link = render_link(write_link(checked, lasting, asking)) if lasting else ""
        left_out = render_note(copy.LINK_LEAVES_OUT) if len(lasting) < len(models) else ""
        yield render_grid(models, answers) + link + left_out

    def open_models(request: gr.Request) -> Any:
        """The models there are now; checked are those of a link such as ?models=a,b, else the
        line-up's own choice."""
        names = [model.name for model in lineup.models()]
        checked = read_models(request.query_params, names) or [
            model.name for model in lineup.default_models()
        ]
        return gr.CheckboxGroup(choices=names, value=checked)

    def join_models(checked: list[str] | None, own: VisitModels) -> Any:
        """What was added or trained last in this visit is checked, too."""
        names = [model.name for model in lineup.models(own)]
        last = [model.name for model in own[-1:]]
        return gr.CheckboxGroup(choices=names, value=list(dict.fromkeys([*(checked or []), *last])))

    def open_link(request: gr.Request) -> Iterator[tuple[Any, Any]]:
        """Answer the text of a link such as ?text=…; without one nothing a person does is touched.

        The page is usable before this runs, so what somebody has typed by then must stay.
        """
        text = request.query_params.get("text", "")
        if not text.strip():
            yield gr.skip(), gr.skip()
            return
        here = [model.name for model in lineup.models()]
        names = read_models(request.query_params, here)
        unknown = render_unknown(request.query_params, here)
        for grid in stream(text, names, (), *read_options(request.query_params)):
            yield text, grid + unknown

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
    with gr.Row(elem_classes="s-choices"):
        with gr.Accordion(copy.MODELS_TITLE, open=False, elem_classes="s-options"):
            chosen = gr.CheckboxGroup(
                choices=names,
                value=[model.name for model in lineup.default_models()],
                label=copy.MODELS_LABEL,
                show_label=False,
            )
        options = create_options(demo)
    grid = gr.HTML(render_message(copy.EMPTY), elem_id="compare-answers", js_on_load=ON_COPY)

    create_why(lineup, box, chosen, visit, options)

    work: dict[str, Any] = {
        "inputs": [box, chosen, visit, *options.inputs],
        "outputs": grid,
        "concurrency_id": TEXT_QUEUE,
        "concurrency_limit": TEXT_QUEUE_SIZE,
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
    visit.change(
        join_models,
        inputs=[chosen, visit],
        outputs=chosen,
        api_visibility="private",
        queue=False,
    )
    demo.load(open_link, **{**work, "inputs": None, "outputs": [box, grid]})
    return {"fn": stream, **work}
