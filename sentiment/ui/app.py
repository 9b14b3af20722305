"""Assemble the tabs into the demo, and the settings it is launched with."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import gradio as gr
from gradio.queueing import Queue
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from sentiment.limits import MAX_BODY_BYTES, MAX_FILE_BYTES, MAX_VISITS, MAX_WAITING
from sentiment.paths import ASSETS
from sentiment.serving.lineup import LineUp
from sentiment.ui.lesson.tab import create_lesson
from sentiment.ui.render.theme import STYLE_SHEET, build_theme
from sentiment.ui.server.endpoints import create_api, create_compare_api, create_explain_api
from sentiment.ui.server.guard import Guard, Queueing
from sentiment.ui.server.page import HEADER, FirstPaint, card_route
from sentiment.ui.server.service import Draining, Service
from sentiment.ui.session.selection import find_text
from sentiment.ui.session.visit import Own, create_visit, join
from sentiment.ui.tabs.batch import create_batch
from sentiment.ui.tabs.compare import create_compare
from sentiment.ui.tabs.examples import create_examples
from sentiment.ui.tabs.models import create_models
from sentiment.ui.tabs.scores import create_scores
from sentiment.ui.tabs.train import Made, TrainTab, create_train
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
    # api_open would let requests pass by the queue and its limits.
    demo.queue(default_concurrency_limit=1, max_size=MAX_WAITING, api_open=False)
    _let_it_rest(demo._queue)
    return demo


def _let_it_rest(queue: Queue) -> None:
    """Look for new work every 10 ms, not every 1 ms, and for progress every 50 ms, not every 10.

    Nobody notices the difference, and an app that nobody asks lets its machine rest.
    """
    queue.sleep_when_free = 0.01
    queue.progress_update_sleep_when_free = 0.05


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

    def fill(text: str, made: Made | None, own: Own) -> tuple[Any, Any, Any]:
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


def launch_kwargs(service: Service) -> dict[str, Any]:
    """Everything `launch()` needs, shared by `app.py` and the tests."""
    return {
        "theme": build_theme(),
        # In the head, not as `css`, whose selectors Gradio rewrites: media queries broke by it.
        "head": f"<style>{STYLE_SHEET.read_text(encoding='utf-8')}</style>",
        "favicon_path": ASSETS / "favicon.svg",
        "footer_links": ["api"],
        "run_history": False,  # would keep visitors' texts in their browsers
        "ssr_mode": False,
        "show_error": False,
        "enable_monitoring": False,  # its page would be open to everybody
        "state_session_capacity": MAX_VISITS,
        "max_file_size": MAX_FILE_BYTES,
        "mcp_server": find_spec("mcp") is not None,  # the endpoints as tools, with gradio[mcp]
        "app_kwargs": {
            "routes": [card_route(), service.route()],
            "middleware": [
                Middleware(Draining, service=service),
                Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
                Middleware(Guard),
                Middleware(Queueing),  # behind whoever waits for all of a body
                Middleware(FirstPaint),
            ],
        },
    }
