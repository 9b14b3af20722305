"""Assemble the tabs and the endpoints into the demo."""

from __future__ import annotations

from typing import Any

import gradio as gr

from sentiment.serving.lineup import LineUp
from sentiment.ui.lesson.tab import create_lesson
from sentiment.ui.server.endpoints import create_api, create_compare_api, create_explain_api
from sentiment.ui.server.launch import set_queue
from sentiment.ui.server.page import HEADER
from sentiment.ui.session.selection import find_text
from sentiment.ui.session.visit import VisitModels, create_visit, join
from sentiment.ui.tabs.batch import create_batch
from sentiment.ui.tabs.compare import create_compare
from sentiment.ui.tabs.examples import create_examples
from sentiment.ui.tabs.models import create_models
from sentiment.ui.tabs.scores import create_scores
from sentiment.ui.tabs.train import TrainedModel, TrainTab, create_train
from sentiment.ui.text import shared as copy
from sentiment.ui.text import workshop

FIRST_TEXT = copy.EXAMPLES[2][1]  # praise after a "but", where models part ways


def build_demo(lineup: LineUp | None = None) -> gr.Blocks:
    """The whole app; building it loads no model."""
    lineup = lineup or LineUp()
    with gr.Blocks(
        title=copy.TITLE, analytics_enabled=False, delete_cache=(600, 3600), fill_width=True
    ) as demo:
        gr.HTML(HEADER)
        selection = gr.State((None, None, None))
        visit = create_visit()
        with gr.Tabs() as tabs:
            with gr.Tab(copy.TAB_COMPARE, id="compare"):
                compare = create_compare(lineup, demo, visit)
            with gr.Tab(copy.TAB_SCORES, id="scores") as scores:
                matrices = create_scores(lineup, scores, selection)
            with gr.Tab(copy.TAB_EXAMPLES, id="examples") as examples:
                pressed, chosen = create_examples(tabs, examples, matrices, selection)
            with gr.Tab(copy.TAB_BATCH, id="batch") as batch:
                create_batch(lineup, batch, visit)
            with gr.Tab(workshop.TAB_MODELS, id="models") as models:
                create_models(lineup, models, visit)
            with gr.Tab(workshop.TAB_TRAIN, id="train"):
                trained = create_train(lineup, visit)
            with gr.Tab(copy.TAB_LESSON, id="lesson") as lesson:
                create_lesson(lineup, demo, lesson, tabs)
        _send_to_compare(lineup, tabs, pressed, chosen, compare)
        if trained:
            _show_trained(lineup, tabs, trained, visit, compare)
        create_compare_api(lineup)
        create_explain_api(lineup)
        create_api(lineup)
    set_queue(demo)
    return demo


def _send_to_compare(
    lineup: LineUp, tabs: gr.Tabs, pressed: gr.HTML, chosen: list[Any], compare: dict[str, Any]
) -> None:
    """Let a pressed example be answered anew in Compare, by the two models it was shown for."""

    def fill(
        event: gr.EventData, group: str | None, a: str | None, b: str | None
    ) -> tuple[Any, Any, Any]:
        found = find_text(group, a, b, str(getattr(event, "value", "")))
        known = {model.name for model in lineup.models()}
        names = [name for name in dict.fromkeys((a, b)) if name in known]
        if found is None:
            return gr.skip(), gr.skip(), gr.skip()
        return gr.Tabs(selected="compare"), found, names or gr.skip()

    pressed.select(
        fill,
        inputs=chosen,
        outputs=[tabs, *compare["inputs"][:2]],  # the text and the models
        api_visibility="private",
        show_progress="hidden",
    ).success(**compare)


def _show_trained(
    lineup: LineUp, tabs: gr.Tabs, trained: TrainTab, visit: gr.State, compare: dict[str, Any]
) -> None:
    """Let what was trained answer in Compare, beside what it was trained from."""

    def fill(text: str, made: TrainedModel | None, own: VisitModels) -> tuple[Any, Any, Any]:
        if made is None:
            return gr.skip(), gr.skip(), gr.skip()
        # With its choices: those of the visit may still be on their way.
        names = [model.name for model in lineup.models(join(own, made.model))]
        pair = gr.CheckboxGroup(choices=names, value=[made.backbone, made.model.name])
        return gr.Tabs(selected="compare"), text.strip() or FIRST_TEXT, pair

    box, chosen = compare["inputs"][:2]
    trained.compare.click(
        fill,
        inputs=[box, trained.made, visit],
        outputs=[tabs, box, chosen],
        api_visibility="private",
        show_progress="hidden",
    ).success(**compare)
