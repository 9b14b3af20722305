"""A teacher asks which model is better, reads the verdict and goes to the texts behind it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sentiment.ui.text import shared as copy
from tests.support.browsing import choose, open_tab, sideways

LOOKS = [
    ("light", "desktop"),
    pytest.param("dark", "desktop", marks=pytest.mark.slow),
    pytest.param("light", "phone", marks=pytest.mark.slow),
    pytest.param("dark", "phone", marks=pytest.mark.slow),
]
PLOTS = ("cost-trained", "cost-ms", "training-loss", "training-accuracy")
PLOTS += ("reliability-before", "reliability-after", "threshold")


def _open_scores(page: Page) -> None:
    open_tab(page, "Scores")
    expect(page.locator("#scores-table table").first).to_be_visible()
    expect(page.locator("#threshold-said")).to_contain_text("stay the same")


def _choose_pair(page: Page, a: str, b: str) -> None:
    choose(page, "#model-a", a)
    choose(page, "#model-b", b)
    expect(page.locator("#matrices figcaption").nth(1)).to_contain_text(f"B: {b}")


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_everything_is_drawn_and_fits(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(scheme=scheme, size=size)
    _open_scores(page)
    table = page.locator("#scores-table table")
    expect(table.locator("caption")).to_have_text("SST-2 validation, n = 872")
    expect(table).to_contain_text("distilbert-mini-sst2-head")
    expect(table).to_contain_text("not the same split, so not comparable")
    expect(page.locator("#matrices button")).to_have_count(16)
    for name in PLOTS:
        expect(page.locator(f"#{name} .js-plotly-plot .trace").first).to_be_attached()
    assert sideways(page) == []
    open_tab(page, "Examples")
    expect(page.locator("#examples article")).to_have_count(20)
    expect(page.locator("#examples-parts table")).to_be_visible()
    assert sideways(page) == []


def test_a_teacher_reads_the_verdict_and_lands_on_the_texts(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    _open_scores(page)
    _choose_pair(page, "gpt2-mini", "gpt2-mini-sst2-lora")
    verdict = page.locator("#pair-sentence")
    expect(verdict).to_contain_text(
        "gpt2-mini-sst2-lora is better than gpt2-mini: 716 against 510 of 872 correct"
    )
    expect(verdict).to_contain_text("p < 0.001 after Holm's correction for 36 pairs")
    page.get_by_role("button", name="B − A: actual negative, predicted positive").click()
    said = page.locator("#examples-said")
    expect(said).to_contain_text(
        "actual negative texts on which gpt2-mini and gpt2-mini-sst2-lora differ"
    )
    expect(said).to_be_focused()
    expect(said).to_be_in_viewport()
    expect(page.get_by_role("tab", name="Examples")).to_have_attribute("aria-selected", "true")
    first = page.locator("#examples article").first
    expect(first).to_contain_text("label − negative")
    expect(first).to_contain_text("which is not available")
    expect(page.locator("#examples-missing")).to_contain_text("sst2/validation.parquet")
    page.get_by_role("button", name="Fetch the texts").click()
    expect(page.locator("#examples-missing").get_by_role("alert")).to_contain_text(
        "could not be read from the Hugging Face Hub"
    )
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#examples article")).to_have_count(40)


def test_the_challenge_set_shows_what_a_model_cannot_do(open_page: Callable[..., Page]) -> None:
    page = open_page()
    open_tab(page, "Examples")
    page.locator("#examples-group").get_by_label("Challenge set").check()
    expect(page.locator("#examples-parts")).to_contain_text("Double negation")
    page.get_by_label(copy.WHICH_TEXTS).click()
    page.get_by_role("option", name="both are wrong", exact=True).click()
    page.get_by_label(copy.SLICE_LABEL).click()
    page.get_by_role("option", name="Irony", exact=True).click()
    expect(page.locator("#examples-said")).to_contain_text("are wrong (Irony)")
    page.get_by_role("button", name="Negation: ").nth(1).click()
    expect(page.locator("#examples-said")).to_contain_text("is wrong (Negation)")
    expect(page.get_by_label(copy.SLICE_LABEL)).to_have_value("Negation")
    text = page.locator("#examples article .s-text").first.inner_text()
    page.locator("#examples article .s-try").first.click()
    expect(page.get_by_label("Text to compare")).to_have_value(text)
    expect(page.locator("[data-model]")).to_have_count(2)
    expect(page.locator(".s-verdict")).to_have_count(2)


def test_texts_are_searched(open_page: Callable[..., Page]) -> None:
    page = open_page()
    open_tab(page, "Examples")
    page.locator("#examples-group").get_by_label("Challenge set").check()
    page.get_by_label(copy.WHICH_TEXTS).click()
    page.get_by_role("option", name="all texts", exact=True).click()
    expect(page.locator("#examples-said")).to_contain_text("20 of 312 texts")
    search = page.get_by_label("Search")
    search.fill("lighthouse")
    search.press("Enter")
    expect(page.locator("#examples article").first).to_contain_text("lighthouse")
    search.fill("/(/")
    search.press("Enter")
    expect(page.locator("#examples-said").get_by_role("alert")).to_contain_text(
        "is no regular expression"
    )
    search.fill("nobody wrote this sentence")
    search.press("Enter")
    expect(page.locator("#examples")).to_contain_text(copy.NOTHING_FOUND)


def test_the_threshold_moves_and_the_ranking_stays(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_scores(page)
    _choose_pair(page, "gpt2-mini", "gpt2-mini-sst2-lora")
    counts = page.locator("#threshold-counts")
    expect(counts).to_contain_text("Accuracy 0.5849, AUROC 0.7777 as before")
    number = page.locator("#threshold-slider input[type=number]")
    number.fill("0.8")
    number.press("Enter")
    expect(counts).to_contain_text("At threshold +0.80")
    expect(counts).to_contain_text("AUROC 0.7777 as before")
    expect(counts).not_to_contain_text("Accuracy 0.5849")
    page.locator("#threshold-side").get_by_label("B").check()
    expect(counts).to_contain_text("Accuracy 0.8211")


def test_the_table_can_be_saved(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page()
    _open_scores(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "scores.csv")
    rows = list(csv.DictReader((tmp_path / "scores.csv").open()))
    found = {row["model"]: row["accuracy"] for row in rows}
    assert float(found["distilbert-mini-sst2-lora"]) == pytest.approx(772 / 872)


def test_the_numbers_of_a_figure_are_behind_a_toggle(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_scores(page)
    numbers = page.locator("#reliability-said details")
    expect(numbers.locator("table")).not_to_be_visible()
    numbers.locator("summary").click()
    expect(numbers.locator("table")).to_contain_text("Brier")


def test_fine_tuned_models_that_do_not_beat_the_baseline_are_named(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    _open_scores(page)
    worse, level = (page.locator("#scores-table .s-say").nth(i) for i in range(2))
    expect(worse).to_contain_text(
        re.compile("Significantly below the baseline .*: llama-mini-sst2-head")
    )
    expect(level).to_contain_text(
        copy.LEVEL_WITH_BASELINE.format(
            baseline="tfidf-sst2", accuracy=0.8257, names="distilbert-mini-sst2-head"
        ).removesuffix(".")
    )
    expect(level).to_contain_text("(tfidf-sst2, accuracy 0.8257): distilbert-mini-sst2-head, gpt2")
    page.get_by_label("IMDb test").first.check()
    expect(worse).to_contain_text(
        re.compile("Significantly below the baseline .*: gpt2-mini-imdb-lora, llama-mini")
    )


def test_what_was_chosen_stays_chosen(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_scores(page)
    _choose_pair(page, "llama-mini", "llama-mini-sst2-head")
    open_tab(page, "Compare")
    open_tab(page, "Scores")
    expect(page.locator("#scores-table")).to_be_visible()
    expect(page.locator("#pair-sentence")).to_contain_text("llama-mini-sst2-head is better than")
    page.locator("#threshold-side").get_by_label("B").check()
    expect(page.locator("#threshold-counts")).to_contain_text("Accuracy 0.7798")
    open_tab(page, "Examples")
    expect(page.locator("#examples-said")).to_contain_text("llama-mini-sst2-head is correct")
    page.locator("#examples-group").get_by_label("IMDb test").check()
    expect(page.locator("#examples-said")).to_contain_text("imdb")
    open_tab(page, "Scores")
    expect(page.locator("#scores-table caption")).to_have_text("IMDb test, n = 25,000")


def test_one_model_is_not_compared_with_itself(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_scores(page)
    _choose_pair(page, "tfidf-sst2", "tfidf-sst2")
    expect(page.locator("#pair-sentence")).to_contain_text(copy.SAME_MODEL)
