"""The picture beside a link: its script draws it whole, with the answers of the bundled models."""

from __future__ import annotations

from playwright.sync_api import Browser

from sentiment.serving.lineup import LineUp
from sentiment.ui.server.page import CARD_SIZE
from tools.social_card import build_card, choose_text

MARGIN = 24


def test_the_card_shows_real_answers_and_fits(browser: Browser) -> None:
    lineup = LineUp()
    width, height = CARD_SIZE
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_content(build_card(lineup))
    text, _ = choose_text(lineup)
    for model in lineup.select(["gpt2-mini", "gpt2-mini-sst2-lora"]):
        answer = lineup.predict(model, text)
        dot = page.locator(f'[data-dot="{model.name}"]')
        assert f"{answer.p_positive:.2f}" in (dot.text_content() or "")
    parts = [*page.locator(".s-axis-row").all(), page.locator(".s-say")]
    assert len(parts) == 5
    for part in parts:
        box = part.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= height - MARGIN
        assert box["x"] + box["width"] <= width - MARGIN
    page.close()
