"""Assemble the tabs into the demo, and the settings it is launched with."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from sentiment.catalogue import ASSETS
from sentiment.limits import MAX_BODY_BYTES, MAX_FILE_BYTES, MAX_WAITING
from sentiment.lineup import LineUp
from sentiment.ui import text
from sentiment.ui.api import create_api
from sentiment.ui.batch import create_batch
from sentiment.ui.compare import MODEL_WORK, create_compare, create_compare_api
from sentiment.ui.examples import create_examples, find_text
from sentiment.ui.guard import NoAddresses
from sentiment.ui.scores import create_scores
from sentiment.ui.theme import STYLE_SHEET, build_theme, css_variables
from sentiment.ui.why import create_explain_api

# Gradio's text boxes know Shift-Enter only; people expect Ctrl-Enter (Command-Enter on a Mac).
_SHORTCUT = """<script>
document.addEventListener("keydown", (event) => {
  const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (sends && event.target.closest("#compare-text")) {
    document.querySelector("#compare-button").click();
  }
});
</script>"""

_HEADER = (
    '<header class="s-header"><h1>Sentiment, <i>side</i> by <b>side</b></h1>'
    f"<p>{escape(text.TAGLINE)}</p></header>"
)


def build_demo(lineup: LineUp | None = None) -> gr.Blocks:
    """The whole app; building it loads no model."""
    lineup = lineup or LineUp()
    with gr.Blocks(
        title=text.TITLE, analytics_enabled=False, delete_cache=(600, 3600), fill_width=True
    ) as demo:
        gr.HTML(_HEADER)
        shared = gr.State((None, None, None))
        with gr.Tabs() as tabs:
            with gr.Tab(text.TAB_COMPARE, id="compare"):
                compare = create_compare(lineup, demo)
            with gr.Tab(text.TAB_SCORES, id="scores") as scores:
                matrices = create_scores(lineup, scores, shared)
            with gr.Tab(text.TAB_EXAMPLES, id="examples") as examples:
                pressed, chosen = create_examples(tabs, examples, matrices, shared)
            with gr.Tab(text.TAB_BATCH, id="batch") as batch:
                create_batch(lineup, batch)
        _send_to_compare(lineup, tabs, pressed, chosen, compare)
        create_compare_api(lineup)
        create_explain_api(lineup, MODEL_WORK)
        create_api(lineup)
    # api_open would let requests pass by the queue and its limits.
    demo.queue(default_concurrency_limit=1, max_size=MAX_WAITING, api_open=False)
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
        outputs=[tabs, *compare["inputs"]],
        api_visibility="private",
        show_progress="hidden",
    ).success(**compare)


def launch_kwargs() -> dict[str, Any]:
    """Everything `launch()` needs, shared by `app.py` and the tests."""
    return {
        "theme": build_theme(),
        # In the head, not as `css`, whose selectors Gradio rewrites: media queries broke by it.
        "head": f"<style>{css_variables()}{STYLE_SHEET.read_text(encoding='utf-8')}</style>"
        + _SHORTCUT,
        "favicon_path": ASSETS / "favicon.svg",
        "footer_links": ["api"],
        "run_history": False,  # would keep visitors' texts in their browsers
        "ssr_mode": False,
        "show_error": False,
        "enable_monitoring": False,  # its page would be open to everybody
        "max_file_size": MAX_FILE_BYTES,
        "app_kwargs": {
            "middleware": [
                Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
                Middleware(NoAddresses),
            ]
        },
    }
