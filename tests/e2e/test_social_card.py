"""The picture beside a link: its script draws it whole, with the answers of the bundled models."""

from __future__ import annotations

from playwright.sync_api import Browser

from sentiment.serving.lineup import LineUp
from sentiment.ui.server.page import CARD_SIZE
from tools.social_card import TEXT, build_card

MARGIN = 24


def test_the_card_shows_real_answers_and_fits(browser: Browser) -> None:
    lineup = LineUp()
    width, height = CARD_SIZE
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_content(build_card(lineup))
    for model in lineup.select(["gpt2-mini", "gpt2-mini-sst2-lora"]):
        answer = lineup.predict(model, TEXT)
        cell = page.locator(f'[data-model="{model.name}"]')
        assert answer.label in cell.locator(".s-verdict").inner_text()
        assert f"{answer.p_positive:.2f}" in cell.locator(".s-bar.s-positive").inner_text()
    boxes = [cell.bounding_box() for cell in page.locator(".s-cell").all()]
    assert len(boxes) == 6
    for box in boxes:
        assert box is not None
        assert box["y"] + box["height"] <= height - MARGIN
        assert box["x"] + box["width"] <= width - MARGIN
    page.close()
