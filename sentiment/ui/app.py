"""Assemble the tabs and the endpoints into the demo."""

from __future__ import annotations

from typing import Any

import gradio as gr

from sentiment.labels import LABELS
from sentiment.serving.lineup import LineUp
from sentiment.ui.lesson.tab import create_lesson
from sentiment.ui.server.endpoints import create_api
from sentiment.ui.server.launch import set_queue
from sentiment.ui.server.page import HEADER
from sentiment.ui.session.jobs import INSTANT, PRIVATE
from sentiment.ui.session.links import read_tab
from sentiment.ui.session.selection import find_example
from sentiment.ui.session.visit import VisitModels, create_visit, join
from sentiment.ui.tabs.batch import create_batch
from sentiment.ui.tabs.compare import CompareTab, create_compare
from sentiment.ui.tabs.examples import create_examples
from sentiment.ui.tabs.models import create_models
from sentiment.ui.tabs.scores import create_scores
from sentiment.ui.tabs.train import TrainedModel, TrainTab, create_train
from sentiment.ui.text import batch as batch_copy
from sentiment.ui.text import models as models_copy
from sentiment.ui.text import shared as copy
from sentiment.ui.text import train as train_copy


def build_demo(lineup: LineUp | None = None) -> gr.Blocks:
    """Build the app without loading a model."""
    lineup = lineup or LineUp()
    with gr.Blocks(
        title=copy.TITLE, analytics_enabled=False, delete_cache=(600, 3600), fill_width=True
    ) as demo:
        create_api(lineup)  # first, so that no event of the page takes the name of an endpoint
        gr.HTML(HEADER, elem_id="header")
        selection = gr.State((None, None, None))
        visit = create_visit()
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab(copy.TAB_COMPARE, id="compare", elem_id="panel-compare"):
                compare = create_compare(lineup, demo, visit)
            with gr.Tab(copy.TAB_LESSON, id="lesson", elem_id="panel-lesson") as lesson:
                create_lesson(lineup, demo, lesson, tabs)
            with gr.Tab(train_copy.TAB_TRAIN, id="train", elem_id="panel-train"):
                trained = create_train(lineup, visit)
            with gr.Tab(copy.TAB_SCORES, id="scores", elem_id="panel-scores") as scores:
                matrices = create_scores(lineup, scores, selection)
            with gr.Tab(copy.TAB_EXAMPLES, id="examples", elem_id="panel-examples") as examples:
                pressed, chosen = create_examples(tabs, examples, matrices, selection)
            with gr.Tab(batch_copy.TAB_BATCH, id="batch", elem_id="panel-batch") as batch:
                create_batch(lineup, batch, visit)
            with gr.Tab(models_copy.TAB, id="models", elem_id="panel-models") as models:
                create_models(lineup, demo, models, visit)
        demo.load(open_tab, outputs=tabs, **INSTANT)
        _send_to_compare(tabs, pressed, chosen, compare)
        if trained:
            _show_trained(lineup, tabs, trained, visit, compare)
    set_queue(demo)
    return demo


def open_tab(request: gr.Request) -> Any:
    """Open the tab of a link such as ?tab=scores."""
    tab = read_tab(request.query_params)
    return gr.Tabs(selected=tab) if tab else gr.skip()


def _send_to_compare(
    tabs: gr.Tabs, pressed: gr.HTML, chosen: list[Any], compare: CompareTab
) -> None:
    """Send a pressed example to Compare with its label; the models chosen there stay."""

    def fill(
        event: gr.EventData, group: str | None, a: str | None, b: str | None
    ) -> tuple[Any, Any, Any]:
        text, gold = find_example(group, a, b, str(getattr(event, "value", "")))
        if text is None:
            return gr.skip(), gr.skip(), gr.skip()
        return gr.Tabs(selected="compare"), text, "" if gold is None else LABELS[gold]

    outputs = [tabs, compare.text, compare.label]
    pressed.select(fill, inputs=chosen, outputs=outputs, **PRIVATE).success(**compare.run)


def _show_trained(
    lineup: LineUp, tabs: gr.Tabs, trained: TrainTab, visit: gr.State, compare: CompareTab
) -> None:
    """Compare what was trained with what it was trained from."""

    def fill(text: str, made: TrainedModel | None, own: VisitModels) -> tuple[Any, Any, Any]:
        if made is None:
            return gr.skip(), gr.skip(), gr.skip()
        # With its choices: those of the visit may still be on their way.
        names = [model.name for model in lineup.models(join(own, made.model))]
        pair = gr.CheckboxGroup(choices=names, value=[made.backbone, made.model.name])
        return gr.Tabs(selected="compare"), text.strip() or copy.EXAMPLES[2][1], pair

    trained.compare.click(
        fill,
        inputs=[compare.text, trained.made, visit],
        outputs=[tabs, compare.text, compare.models],
        **PRIVATE,
    ).success(**compare.run)
