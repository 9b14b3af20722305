"""Training in front of a class, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from sentiment.serving.live_training import PRESETS
from sentiment.ui.text import compare as words
from sentiment.ui.text import train as copy
from tests.support.browsing import choose, open_tab, sideways

LOOKS = [
    ("light", "desktop"),
    pytest.param("dark", "desktop", marks=pytest.mark.slow),
    pytest.param("dark", "phone", marks=pytest.mark.slow),
]
MADE = f"{PRESETS['head'].backbone}-head-{PRESETS['head'].examples}-first-lesson"
SLOW = 600_000  # ms; a busy machine is no defect


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_a_class_trains_a_model_and_compares_it(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(scheme=scheme, size=size)
    open_tab(page, "Train")
    expect(page.locator("#train-curves .s-follow-row")).to_have_count(5)
    page.get_by_role("radio", name="Head").check()
    page.locator("#train-start").click()
    progress, outcome = page.locator("#train-progress"), page.locator("#train-outcome")
    expect(progress).to_contain_text(re.compile(r"\d+\.\d\s*zero-shot"), timeout=SLOW)
    expect(outcome).to_contain_text("exact McNemar", timeout=SLOW)
    expect(progress).to_contain_text(re.compile(r"\d+\.\d %\s*fine-tuned"))
    expect(page.locator(".s-curve circle")).to_have_count(1 + PRESETS["head"].epochs)
    moves = page.locator("#train-curves .s-follow-axis").first.locator("i")
    expect(moves).to_have_count(1 + PRESETS["head"].epochs)
    assert sideways(page) == []
    with page.expect_download() as download:
        page.locator("#train-download").click()
    assert download.value.suggested_filename == f"{MADE}.zip"

    page.locator("#train-compare").click()
    cells = page.locator("#compare-answers [data-dot]")
    expect(cells).to_have_count(2)
    made = page.locator(f'#compare-answers [data-facts="{MADE}"]')
    expect(made).to_contain_text("Head")
    expect(made).to_contain_text("trained on First lesson")
    expect(page.locator(f'#compare-answers .s-verdict[data-model="{MADE}"]')).to_be_visible()
    open_tab(page, "Models")
    card = page.locator(f'.s-card[data-model="{MADE}"]')
    card.get_by_role("button").click()
    expect(page.locator("#models-facts")).to_contain_text("trained in this session")

    other = open_page(scheme=scheme, size=size)  # another visit knows nothing of it
    other.get_by_role("button", name=words.OPTIONS).click()
    expect(other.get_by_label("gpt2-mini", exact=True)).to_be_visible()
    expect(other.get_by_label(MADE)).to_have_count(0)


def test_a_training_is_stopped_and_nothing_is_kept(open_page: Callable[..., Page]) -> None:
    page = open_page()
    open_tab(page, "Train")
    expect(page.locator("#train-progress")).to_contain_text("Press Train")
    page.locator("#train-stop").click()
    expect(page.locator("#train-progress")).to_contain_text(copy.TRAIN_IDLE)
    page.get_by_role("radio", name="Custom").check()
    choose(page, "#train-tuning", copy.TRAIN_TUNINGS["full"])
    page.locator("#train-start").click()
    expect(page.locator("#train-progress")).to_contain_text(
        re.compile(r"Step \d+ of 282"), timeout=SLOW
    )
    page.locator("#train-stop").click()
    expect(page.locator("#train-progress")).to_contain_text("No checkpoint was kept")
    expect(page.locator("#train-compare")).to_be_hidden()
    open_tab(page, "Models")
    expect(page.locator(".s-card").first).to_be_visible()
    expect(page.locator(".s-card", has_text="trained in this session")).to_have_count(0)
