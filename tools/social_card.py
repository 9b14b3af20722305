"""Draw the picture that others show beside a link to the app, with real answers in it.

.venv/bin/python -m tools.social_card assets/social-card.png
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

from playwright.sync_api import sync_playwright

from sentiment.paths import BUNDLED
from sentiment.runtime.logs import silence_libraries
from sentiment.serving.lineup import LineUp
from sentiment.ui.render.answers import render_grid
from sentiment.ui.render.theme import STYLE_SHEET, css_variables
from sentiment.ui.server.page import CARD_SIZE, FIRST_STYLE, HEADER
from sentiment.ui.text.shared import EXAMPLES
from tests.support.browsing import find_chromium, launch_chromium

TEXT = EXAMPLES[1][1]  # a negation: the prediction of one backbone changes
_LAYOUT = """
  body { margin: 0; background: var(--s-paper); }
  .gradio-container { box-sizing: border-box; width: 1200px; height: 630px; padding: 26px 56px 0;
    overflow: hidden; font-family: var(--s-font); line-height: 1.5; }
  .gradio-container header.s-header h1 { font-size: 42px !important; }
  .gradio-container header.s-header p { font-size: 20px !important; }
  .quote { margin: 18px 0 12px; padding-left: 16px; border-left: 5px solid var(--s-accent);
    font-size: 29px; color: var(--s-ink); }
  .gradio-container :is(.s-meta, .s-prompt, .s-say) { display: none; }
  .gradio-container .s-grid { grid-template-columns: 190px 1fr 1fr; gap: 12px 18px; }
  .gradio-container .s-head { font-size: 17px; }
  .gradio-container .s-name { padding-top: 20px; }
  .gradio-container .s-name strong { font-size: 25px; }
  .gradio-container .s-name span { font-size: 18px; }
  .gradio-container .s-cell { min-height: 0; padding: 10px 18px 12px; }
  .gradio-container .s-verdict { font-size: 25px; }
  .gradio-container .s-verdict .s-flip { font-size: 17px; }
  .gradio-container .s-bar { margin-top: 3px; grid-template-columns: 112px 1fr 54px;
    font-size: 18px; }
"""


def build_card(lineup: LineUp) -> str:
    """The picture as a page: the bundled models of the line-up on `TEXT`."""
    models = [model for model in lineup.default_models() if model.folder.parent == BUNDLED]
    answers = {model.name: lineup.predict(model, TEXT) for model in models}
    styles = [css_variables(), *(p.read_text("utf-8") for p in (FIRST_STYLE, STYLE_SHEET))]
    return (
        f'<!doctype html><meta charset="utf-8"><style>{"".join(styles)}{_LAYOUT}</style>'
        f'<div class="gradio-container">{HEADER}<p class="quote">{escape(TEXT)}</p>'
        f"{render_grid(models, answers)}</div>"
    )


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
        page.set_content(build_card(LineUp()))
        page.screenshot(path=output)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
