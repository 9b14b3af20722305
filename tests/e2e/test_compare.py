"""A visitor types, reads both verdicts, and browses the scores."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from sentiment.ui.text import shared as copy
from tests.support.browsing import open_tab, sideways

SENTENCE = "it 's a warm and quietly funny film ."
LOOKS = [
    ("light", "desktop"),
    pytest.param("dark", "desktop", marks=pytest.mark.slow),
    pytest.param("light", "phone", marks=pytest.mark.slow),
    pytest.param("dark", "phone", marks=pytest.mark.slow),
]


def _type_and_compare(page: Page, text: str) -> None:
    page.get_by_label("Text to compare").fill(text)
    page.get_by_role("button", name="Compare", exact=True).click()


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_a_typed_text_gets_both_verdicts(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(scheme=scheme, size=size)
    _type_and_compare(page, SENTENCE)
    for model in ("distilbert-mini", "distilbert-mini-imdb-sst2-lora"):
        cell = page.locator(f'[data-model="{model}"]')
        expect(cell.locator(".s-verdict")).to_have_text("+ positive")
        expect(cell.locator(".s-meta")).to_contain_text("read 12 of 12 tokens")
        shown = cell.locator(".s-bar.s-positive b").inner_text()
        assert 0.5 < float(shown.removeprefix(">")) <= 1
    expect(page.locator(".s-say")).to_contain_text("With LoRA on SST-2, MiniLM stays positive")
    assert sideways(page) == []


def test_what_was_trained_here_is_compared_and_its_scores_stand_apart(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("&models=distilbert-mini,distilbert-mini-sst2-lora,my-own-head")
    page.get_by_role("button", name=copy.MODELS_TITLE).click()
    other = page.get_by_label("distilbert-mini-sst2-lora", exact=True)
    expect(other).to_be_checked()  # the link has been read
    other.uncheck()
    _type_and_compare(page, SENTENCE)
    expect(page.locator('[data-model="my-own-head"] .s-verdict')).to_have_text("+ positive")
    expect(page.locator("[data-model]")).to_have_count(2)
    open_tab(page, "Scores")
    page.get_by_label("SST-2 train held out").check()
    expect(page.locator("#scores-table caption")).to_have_text("SST-2 train held out, n = 872")
    expect(page.locator("#scores-table")).to_contain_text("my-own-head")
    expect(page.locator("#pair-sentence")).to_contain_text("my-own-head is better than")
    expect(page.locator("#pair-sentence")).to_contain_text("706 against 620 of 872 correct")


def test_an_empty_text_is_answered_where_the_result_would_have_been(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    _type_and_compare(page, "   ")
    expect(page.get_by_role("alert")).to_have_text("Type some text first.")


def test_an_example_is_one_click(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.get_by_role("button", name="Negation").click()
    expect(page.locator(".s-verdict").first).to_be_visible()
    assert page.get_by_label("Text to compare").input_value().startswith("Not once")


@pytest.mark.parametrize("keys", ["Control+Enter", "Shift+Enter"])
def test_the_keyboard_sends_the_text(open_page: Callable[..., Page], keys: str) -> None:
    page = open_page()
    box = page.get_by_label("Text to compare")
    box.fill("A warm film .")
    box.press(keys)
    expect(page.locator(".s-verdict").first).to_be_visible()


def test_a_link_brings_its_text_and_its_models(open_page: Callable[..., Page]) -> None:
    page = open_page(f"&text={quote('A dull film .')}&models=distilbert-mini")
    expect(page.locator('[data-model="distilbert-mini"] .s-verdict')).to_be_visible()
    expect(page.locator('[data-model="distilbert-mini-imdb-sst2-lora"]')).to_have_count(0)
    assert page.get_by_label("Text to compare").input_value() == "A dull film ."


def test_a_link_to_a_model_that_is_not_here_says_so(open_page: Callable[..., Page]) -> None:
    page = open_page(f"&text={quote('A dull film .')}&models=distilbert-mini,gone-away")
    expect(page.locator(".s-verdict")).to_have_count(1)
    expect(page.locator("#compare-answers")).to_contain_text(
        copy.LINK_UNKNOWN.format(names="gone-away")
    )


def test_everything_can_be_reached_with_the_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page()
    reached = set()
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.innerText || document.activeElement.tagName")
        )
    assert {"TEXTAREA", "Compare", "Negation"} <= {str(name).strip() for name in reached}


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_the_words_of_a_text_are_explained_under_every_model(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page("&models=distilbert-mini,distilbert-mini-sst2-lora", scheme=scheme, size=size)
    page.get_by_label("Text to compare").fill("A dull , lifeless film that I would rather forget .")
    page.get_by_role("button", name=copy.WHY_TITLE).click()
    expect(page.locator("#why-cost")).to_contain_text("2 models, 33 forward passes each")
    page.get_by_label("negative", exact=True).check()
    page.get_by_role("button", name="Explain").click()
    table = page.locator("#why table")
    expect(table.locator("caption")).to_have_text(copy.WHY_CAPTION.format(label="negative"))
    row = table.get_by_role("row").filter(has_text="lifeless")
    expect(row.locator("td")).to_have_count(2)
    expect(row.locator("td").nth(1)).to_have_text(re.compile(r"\+\d"))
    expect(table).to_contain_text("Without the 3 words that contribute most to it")
    assert sideways(page) == []


def test_an_explanation_can_be_stopped(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.get_by_label("Text to compare").fill("a long and winding story . " * 30)
    page.get_by_role("button", name=copy.WHY_TITLE).click()
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#why")).to_contain_text("is running")
    page.locator("#why-stop").click()
    said = re.compile(r"Stopped\. [1-6] of 7 models explained")
    expect(page.locator("#why")).to_contain_text(said)
    expect(page.locator("#why")).not_to_contain_text("Error")


def test_a_text_full_of_markup_is_shown_as_text(open_page: Callable[..., Page]) -> None:
    markup = "<img src=x onerror=alert(1)> <b>bold</b> <script>alert(2)</script> film"
    page = open_page("&models=gpt2-mini,distilbert-mini-sst2-lora")
    page.on("dialog", lambda dialog: pytest.fail(f"the page ran {dialog.message}"))
    page.get_by_label("Text to compare").fill(markup)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("#compare-answers .s-verdict")).to_have_count(2)
    page.get_by_role("button", name=copy.WHY_TITLE).click()
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#why table")).to_contain_text("onerror=alert(1)>")
    expect(page.locator("img[src=x]")).to_have_count(0)
    expect(page.get_by_text("bold", exact=True)).to_have_count(0)
    assert page.evaluate("[...document.scripts].filter((own) => own.text === 'alert(2)')") == []
