"""Draw the picture that others show beside a link to the app, with real answers in it.

.venv/bin/python -m tools.social_card assets/social-card.png
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

from playwright.sync_api import Route, sync_playwright

from sentiment.evaluation.opening import choose_opening
from sentiment.evaluation.results import find_results
from sentiment.labels import NEGATIVE
from sentiment.paths import BUNDLED
from sentiment.runtime.logs import silence_libraries
from sentiment.serving.lineup import LineUp
from sentiment.ui.render.axis import render_axis
from sentiment.ui.render.theme import css_variables, style_sheet
from sentiment.ui.server.page import CARD_SIZE, FIRST_STYLE, FONTS, HEADER
from sentiment.ui.tabs.compare import read_facts
from sentiment.ui.text.shared import EXAMPLES
from tests.support.browsing import find_chromium, launch_chromium

_LAYOUT = """
  body { margin: 0; background: var(--s-paper); }
  .gradio-container { box-sizing: border-box; width: 1200px; height: 630px; padding: 26px 56px 0;
    overflow: hidden; line-height: 1.5; }
  .gradio-container header.s-header { height: 60px; }
  .gradio-container header.s-header h1 { font-size: 38px !important; }
  .gradio-container header.s-header .s-tools { display: none; }
  .quote { margin: 14px 0 20px; padding-left: 16px; border-left: 5px solid var(--s-accent);
    font-size: 33px; color: var(--s-ink); }
  .gradio-container #panel-compare .s-say { font-size: 26px; margin-top: 22px; }
  .gradio-container #panel-compare .s-say .s-soft { display: none; }
  .gradio-container #panel-compare .s-axis { zoom: 1.2; }
  .gradio-container #panel-compare :is(.s-axis-head, .s-axis-row > summary) {
    grid-template-columns: 118px minmax(0, 1fr) 232px; }
  .gradio-container #panel-compare .s-axis-name small { display: none; }
"""


def choose_text(lineup: LineUp) -> tuple[str, int]:
    """Choose the text that Compare opens with, and its label."""
    names = [model.name for model in lineup.default_models()]
    return choose_opening(find_results()[0], names) or (EXAMPLES[1][1], NEGATIVE)


def build_card(lineup: LineUp) -> str:
    """Build the picture as a page: the bundled models of the line-up on the opening text."""
    models = [model for model in lineup.default_models() if model.folder.parent == BUNDLED]
    text, gold = choose_text(lineup)
    predictions = {model.name: lineup.predict(model, text) for model in models}
    styles = [css_variables(), FIRST_STYLE.read_text("utf-8"), style_sheet()]
    axis = render_axis(models, predictions, gold=gold, **read_facts(models))
    return (
        f'<!doctype html><meta charset="utf-8"><style>{"".join(styles)}{_LAYOUT}</style>'
        f'<div class="gradio-container"><div id="panel-compare">{HEADER}'
        f'<p class="quote">{escape(text)}</p>{axis}</div></div>'
    )


def _send_font(route: Route) -> None:
    route.fulfill(path=FONTS / route.request.url.rsplit("/", 1)[-1])


def main(output: Path) -> int:
    """Write the picture to `output`; 1 where Chromium is missing."""
    executable = find_chromium()
    if executable is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 1
    silence_libraries()
    width, height = CARD_SIZE
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright, executable)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.route("**/fonts/*", _send_font)
        page.route("http://card.invalid/", lambda route: route.fulfill(body="<p>"))
        page.goto("http://card.invalid/")
        page.set_content(build_card(LineUp()))
        page.evaluate("document.fonts.ready")
        page.screenshot(path=output)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
