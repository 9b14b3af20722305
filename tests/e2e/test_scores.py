"""A teacher asks which model is better, reads the verdict, and looks at what is behind it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from sentiment.ui.text import scores as copy
from tests.support.browsing import choose, open_tab, sideways

LOOKS = [
    ("light", "desktop"),
    pytest.param("dark", "desktop", marks=pytest.mark.slow),
    pytest.param("light", "phone", marks=pytest.mark.slow),
    pytest.param("dark", "phone", marks=pytest.mark.slow),
]
PARTS = {
    copy.PART_MATRICES: "#matrices button",
    copy.PART_CURVES: "#curves .s-chart path",
    copy.PART_CALIBRATION: "#calibration .s-chart path",
    copy.PART_THRESHOLD: "#threshold .s-chart path",
    copy.PART_COST: "#cost .s-cost strong",
}
PAIR = ("gpt2-mini", "gpt2-mini-sst2-lora")


def _open_scores(page: Page) -> None:
    open_tab(page, "Scores")
    expect(page.locator("#scores-table table").first).to_be_visible()
    expect(page.locator("#matrices button")).to_have_count(16)


def _open_part(page: Page, title: str) -> None:
    page.locator("#scores-parts").get_by_role("tab", name=title, exact=True).click()
    expect(page.locator(PARTS[title]).first).to_be_attached()


def _choose_pair(page: Page, a: str, b: str) -> None:
    choose(page, "#model-a", a)
    choose(page, "#model-b", b)
    expect(page.locator("#matrices figcaption").nth(0)).to_contain_text(f"A: {a}")
    expect(page.locator("#matrices figcaption").nth(1)).to_contain_text(f"B: {b}")


def _query(page: Page) -> dict[str, str]:
    return {name: own[0] for name, own in parse_qs(urlsplit(page.url).query).items()}


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_everything_is_drawn_and_fits(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(scheme=scheme, size=size)
    _open_scores(page)
    table = page.locator("#scores-table table").first
    expect(table.locator("caption")).to_contain_text("SST-2 validation, n = 872")
    expect(table).to_contain_text("distilbert-mini-sst2-head")
    assert sideways(page) == []
    for title in PARTS:
        _open_part(page, title)
        assert sideways(page) == [], title


@pytest.mark.parametrize("size", ["desktop", "projector"])
def test_the_verdict_is_in_the_first_screen(open_page: Callable[..., Page], size: str) -> None:
    query = "&view=projector" if size == "projector" else ""
    page = open_page(query, size=size)
    _open_scores(page)
    box = page.locator("#pair-sentence .s-say").bounding_box()
    viewport = page.viewport_size
    assert box is not None
    assert viewport is not None
    assert box["y"] + box["height"] < viewport["height"]
    assert page.evaluate("window.scrollY") == 0


def test_a_teacher_reads_the_verdict_and_lands_on_the_texts(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    _open_scores(page)
    _choose_pair(page, *PAIR)
    verdict = page.locator("#pair-sentence")
    expect(verdict.locator(".s-big")).to_contain_text("+23.6 points")
    expect(verdict).to_contain_text("accuracy A 58.5 % → B 82.1 %, n = 872")
    expect(verdict).to_contain_text("gpt2-mini-sst2-lora is better than gpt2-mini")
    expect(verdict).to_contain_text("p < 0.001 after Holm's correction for 66 pairs")
    expect(verdict.locator(".s-dots > svg [data-kind]")).to_have_count(100)
    page.get_by_role("button", name="B − A: actual negative, predicted positive").click()
    said = page.locator("#examples-said")
    expect(said).to_contain_text(
        "actual negative texts on which gpt2-mini and gpt2-mini-sst2-lora differ"
    )
    expect(said).to_be_focused()
    expect(said).to_be_in_viewport()
    expect(page.get_by_role("tab", name="Examples")).to_have_attribute("aria-selected", "true")


def test_the_threshold_moves_and_the_ranking_stays(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_scores(page)
    _choose_pair(page, *PAIR)
    _open_part(page, copy.PART_THRESHOLD)
    counts = page.locator("#threshold-counts")
    expect(counts).to_contain_text("Accuracy 58.5 %, AUROC 77.8 % as before")
    number = page.locator("#threshold-slider input[type=number]")
    number.fill("0.8")
    number.press("Enter")
    expect(counts).to_contain_text("At threshold +0.80")
    expect(counts).to_contain_text("AUROC 77.8 % as before")
    expect(counts).not_to_contain_text("Accuracy 58.5 %")
    page.locator("#threshold-side").get_by_label("B").check()
    expect(counts).to_contain_text("Accuracy 82.1 %")


@pytest.mark.parametrize(
    "size", ["desktop", pytest.param("phone", marks=pytest.mark.slow), "projector"]
)
def test_the_slider_and_its_chart_share_one_scale(
    open_page: Callable[..., Page], size: str
) -> None:
    page = open_page(size=size)
    _open_scores(page)
    _open_part(page, copy.PART_THRESHOLD)
    track = page.locator("#threshold-slider input[type=range]")
    area = page.locator("#threshold .s-chart-area")
    number = page.locator("#threshold-slider input[type=number]")
    low, high = (float(track.get_attribute(name) or "nan") for name in ("min", "max"))
    number.fill(str(high - 1))
    number.press("Enter")
    expect(page.locator("#threshold-counts")).to_contain_text(f"+{high - 1:.2f}")
    rule, drawn, slid = (
        own.bounding_box() for own in (page.locator("#threshold .s-rule"), area, track)
    )
    assert rule is not None
    assert drawn is not None
    assert slid is not None
    share = (high - 1 - low) / (high - low)
    thumb = 16 * slid["height"] / track.evaluate("own => own.offsetHeight")
    at_slider = slid["x"] + thumb / 2 + share * (slid["width"] - thumb)
    at_chart = rule["x"] + rule["width"] / 2
    assert at_chart == pytest.approx(drawn["x"] + share * drawn["width"], abs=4)
    assert at_chart == pytest.approx(at_slider, abs=4)


def test_a_curve_begins_before_training(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_scores(page)
    _choose_pair(page, *PAIR)
    _open_part(page, copy.PART_CURVES)
    expect(page.locator("#curves .s-chart").first).to_contain_text(copy.TRAINING_ZERO_SHOT)
    expect(page.locator("#curves")).to_contain_text("Before training, zero-shot: 58.5 %")


def test_a_figure_is_built_when_its_part_is_opened(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_scores(page)
    expect(page.locator(".s-chart")).to_have_count(0)
    _open_part(page, copy.PART_CALIBRATION)
    expect(page.locator("#calibration .s-chart")).to_have_count(2)
    expect(page.locator("#cost .s-cost")).to_have_count(0)
    choose(page, "#model-b", "llama-mini-sst2-head")
    expect(page.locator("#calibration")).to_contain_text("B, llama-mini-sst2-head: ECE")
    assert page.locator(".js-plotly-plot, .modebar").count() == 0


def test_a_row_of_the_leaderboard_sets_a_or_b(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_scores(page)
    page.get_by_role("button", name="Set A to llama-mini", exact=True).click()
    expect(page.locator("#model-a input")).to_have_value("llama-mini")
    page.get_by_role("button", name="Set B to tfidf-sst2", exact=True).click()
    expect(page.locator("#pair-sentence")).to_contain_text("tfidf-sst2 is better than llama-mini")
    pressed = page.locator("#scores-table .s-sets [aria-pressed=true]")
    expect(pressed).to_have_count(2)
    expect(pressed.last).to_have_accessible_name("Set B to tfidf-sst2")


def test_the_leaderboard_is_sorted_by_a_press(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_scores(page)
    rows = page.locator("#scores-table table").first.locator("tbody tr:not(.s-group) th")
    before = rows.all_inner_texts()
    head = page.get_by_role("button", name="Sort by ECE, %")
    head.click()
    cells = page.locator("#scores-table table").first.locator("tbody td.s-col-ece .s-value")
    values = [float(text.split()[0]) for text in cells.all_inner_texts()]
    assert values == sorted(values, reverse=True)
    expect(page.locator("#scores-table th[aria-sort=descending]")).to_contain_text("ECE")
    head.click()
    values = [float(text.split()[0]) for text in cells.all_inner_texts()]
    assert values == sorted(values)
    head.click()
    assert rows.all_inner_texts() == before


def test_a_link_opens_that_pair_and_the_address_follows(open_page: Callable[..., Page]) -> None:
    page = open_page("&tab=scores&data=challenge&a=gpt2-mini&b=tfidf-imdb")
    expect(page.locator("#model-a input")).to_have_value("gpt2-mini")
    expect(page.locator("#model-b input")).to_have_value("tfidf-imdb")
    expect(page.locator("#scores-table caption").first).to_contain_text("Challenge set, n = 312")
    choose(page, "#model-b", "llama-mini-imdb-head")
    expect(page.locator("#matrices figcaption").nth(1)).to_contain_text("llama-mini-imdb-head")
    wanted = {"tab": "scores", "data": "challenge", "a": "gpt2-mini", "b": "llama-mini-imdb-head"}
    page.wait_for_function("location.search.includes('b=llama-mini-imdb-head')")
    assert _query(page) == {"__theme": "light", **wanted}
    choose(page, "#scores-group", "SST-2 validation")
    page.wait_for_function("location.search.includes('data=sst2')")


def test_a_link_to_unknown_things_opens_what_there_is(open_page: Callable[..., Page]) -> None:
    page = open_page("&tab=scores&data=nowhere&a=%3Cimg%20src%3Dx%3E&b=tfidf-sst2")
    expect(page.locator("#scores-table caption").first).to_contain_text("SST-2 validation")
    expect(page.locator("#pair-sentence .s-big")).to_be_visible()


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
    _open_part(page, copy.PART_CALIBRATION)
    numbers = page.locator("#calibration details")
    expect(numbers.locator("table")).not_to_be_visible()
    numbers.locator("summary").click()
    expect(numbers.locator("table")).to_contain_text("Brier")


def test_fine_tuned_models_that_do_not_beat_the_baseline_are_named(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    _open_scores(page)
    expect(page.locator("#scores-table .s-say").first).to_contain_text(
        "Not distinguishable from the baseline TF-IDF + logistic regression (tfidf-sst2, accuracy "
        "82.6 %): distilbert-mini-sst2-head, gpt2-mini-sst2-lora, llama-mini-sst2-head"
    )


def test_what_was_chosen_stays_chosen(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_scores(page)
    _choose_pair(page, "llama-mini", "llama-mini-sst2-head")
    open_tab(page, "Compare")
    open_tab(page, "Scores")
    expect(page.locator("#pair-sentence")).to_contain_text("llama-mini-sst2-head is better than")
    open_tab(page, "Examples")
    expect(page.locator("#examples-b input")).to_have_value("llama-mini-sst2-head")
    choose(page, "#examples-a", "tfidf-sst2")
    expect(page.locator("#examples-said")).to_contain_text("tfidf-sst2 is wrong")
    open_tab(page, "Scores")
    expect(page.locator("#scores-group input")).to_have_value("SST-2 validation")
    expect(page.locator("#model-a input")).to_have_value("llama-mini")
    open_tab(page, "Examples")
    expect(page.locator("#examples-a input")).to_have_value("tfidf-sst2")


def test_one_model_is_not_compared_with_itself(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open_scores(page)
    _choose_pair(page, "tfidf-sst2", "tfidf-sst2")
    expect(page.locator("#pair-sentence")).to_contain_text(copy.SAME_MODEL)
