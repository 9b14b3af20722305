"""Someone looks at what models get wrong, reads the texts, and takes one of them to Compare."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from sentiment.ui.text import examples as copy
from tests.support.browsing import choose, open_tab, sideways

LOOKS = [
    ("light", "desktop"),
    pytest.param("dark", "desktop", marks=pytest.mark.slow),
    pytest.param("light", "phone", marks=pytest.mark.slow),
    pytest.param("dark", "phone", marks=pytest.mark.slow),
]
CELL = "distilbert-mini-sst2-lora, Negation: "


def _open_examples(page: Page) -> None:
    open_tab(page, "Examples")
    expect(page.locator("#examples article").first).to_be_visible()


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_the_heat_map_comes_first_and_everything_fits(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(scheme=scheme, size=size)
    _open_examples(page)
    expect(page.locator("#examples-group input")).to_have_value("Challenge set")
    expect(page.locator("#examples-parts .s-heat button")).to_have_count(16 * 13)
    assert sideways(page) == []
    if size == "desktop":
        box = page.locator("#examples-parts .s-heat").bounding_box()
        viewport = page.viewport_size
        assert box is not None
        assert viewport is not None
        assert box["y"] + box["height"] < viewport["height"]


def test_a_cell_opens_its_texts_the_wrong_ones_first(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_examples(page)
    cell = page.get_by_role("button", name=CELL)
    expect(cell).to_have_accessible_name(f"{CELL}8 of 24 wrong. Show these texts.")
    cell.click()
    said = page.locator("#examples-said")
    expect(said).to_contain_text("20 of 24 texts (Negation), those that distilbert-mini-sst2-lora")
    expect(said).to_be_focused()
    expect(page.locator("#examples-slice input")).to_have_value("Negation")
    articles = page.locator("#examples article")
    verdicts = [articles.nth(i).locator(".s-said > span").nth(2).inner_text() for i in range(9)]
    assert [verdict[-1] for verdict in verdicts] == 8 * [copy.WRONG] + [copy.RIGHT]


def test_texts_that_are_not_here_are_one_line_that_says_how_to_get_them(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    open_tab(page, "Scores")
    page.get_by_role("button", name="A × B, correct: only B").click()
    missing = page.locator("#examples-missing")
    expect(missing).to_contain_text("sst2/validation.parquet")
    expect(page.locator("#examples-group input")).to_have_value("SST-2 validation")
    expect(page.locator("#examples article")).to_have_count(0)
    expect(page.locator("#examples-said")).to_contain_text("189 texts on which")
    page.get_by_role("button", name="Download SST-2 validation").click()
    expect(missing.get_by_role("alert")).to_contain_text(
        "could not be read from the Hugging Face Hub"
    )


def test_a_text_goes_to_compare_and_the_models_there_stay(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("&models=gpt2-mini,gpt2-mini-sst2-lora,tfidf-sst2")
    _open_examples(page)
    text = page.locator("#examples article .s-text").first.inner_text()
    page.locator("#examples article .s-try").first.click()
    expect(page.get_by_label("Text to compare")).to_have_value(text)
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#compare-answers .s-view")).to_be_visible()
    for model in ("gpt2-mini", "gpt2-mini-sst2-lora", "tfidf-sst2"):
        expect(page.locator(f'#compare-answers [data-dot="{model}"]')).to_be_visible()
    expect(page.locator("#compare-answers .s-say")).to_contain_text("Given the label")
    assert "tab=" not in page.url
    page.go_back()
    expect(page.get_by_role("tab", name="Examples")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#examples article .s-text").first).to_have_text(text)
    assert "tab=examples" in page.url


def test_scores_keeps_its_data_set_and_its_pair(open_page: Callable[..., Page]) -> None:
    """Examples shows the challenge set where the texts of a data set are not here."""
    page = open_page("&tab=scores&data=sst2&a=gpt2-mini-sst2-lora&b=llama-mini-sst2-head")
    pair = page.locator("#pair-sentence .s-pair")
    expect(pair).to_contain_text("n = 872")
    before = pair.inner_text()
    open_tab(page, "Examples")
    page.locator("#examples-parts button").first.click()
    expect(page.locator("#examples-said")).to_contain_text("Negation")
    open_tab(page, "Scores")
    expect(pair).to_contain_text("n = 872")
    assert pair.inner_text() == before
    open_tab(page, "Examples")
    expect(page.locator("#examples-said")).to_contain_text("Negation")


def test_texts_are_searched_while_typing_and_hits_are_marked(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("&tab=examples&data=challenge&a=gpt2-mini&b=tfidf-sst2&outcome=all")
    said = page.locator("#examples-said")
    expect(said).to_contain_text("20 of 312 texts")
    search = page.get_by_label("Search")
    search.press_sequentially("Lighthouse")
    expect(page.locator("#examples mark").first).to_have_text("lighthouse")
    page.wait_for_function("location.search.includes('search=Lighthouse')")
    search.fill("/light(ho|[a-z])/")
    expect(said).to_contain_text("7 of 7 texts")
    expect(page.locator("#examples mark").first).to_have_text(re.compile("^light(ho|[a-z])$"))
    search.fill("/(/")
    expect(said.get_by_role("alert")).to_contain_text("is no regular expression")
    search.fill("nobody wrote this sentence")
    expect(page.locator("#examples")).to_contain_text(copy.NOTHING_FOUND)


def test_a_link_opens_its_texts_and_the_address_follows(open_page: Callable[..., Page]) -> None:
    page = open_page("&tab=examples&data=challenge&a=gpt2-mini&b=tfidf-sst2&outcome=r-0-0")
    said = page.locator("#examples-said")
    expect(said).to_contain_text("both gpt2-mini and tfidf-sst2 are wrong")
    expect(page.locator("#examples-b input")).to_have_value("tfidf-sst2")
    choose(page, "#examples-outcome", "all texts")
    expect(said).to_contain_text("312 texts")
    page.wait_for_function("location.search.includes('outcome=all')")
    choose(page, "#examples-slice", "Irony")
    expect(said).to_contain_text("(Irony)")
    page.wait_for_function("location.search.includes('slice=Irony')")


def test_a_link_to_unknown_things_opens_the_challenge_set(open_page: Callable[..., Page]) -> None:
    page = open_page("&tab=examples&data=nowhere&a=nobody&b=nobody&outcome=none")
    expect(page.locator("#examples-group input")).to_have_value("Challenge set")
    expect(page.locator("#examples article").first).to_be_visible()


def test_the_filters_stay_in_sight(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_examples(page)
    page.locator("#examples article").nth(15).scroll_into_view_if_needed()
    expect(page.locator("#examples-bar")).to_be_in_viewport(ratio=0.9)


def test_more_texts_are_shown_on_demand(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_examples(page)
    page.get_by_role("button", name=copy.MORE).click()
    expect(page.locator("#examples article")).to_have_count(40)
