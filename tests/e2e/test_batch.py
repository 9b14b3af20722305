"""A visitor scores a file: watches it, stops it, downloads it, and types a text in between."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sentiment.ui.text import batch
from tests.support.browsing import choose, open_tab, sideways

TAKEN = "distilbert-mini-imdb-sst2-lora p_positive"  # a column that the file has already
LOOKS = [
    ("light", "desktop"),
    pytest.param("dark", "phone", marks=pytest.mark.slow),
]


def _open(page: Page, path: Path | None = None) -> None:
    open_tab(page, "Batch")
    expect(page.locator("#batch-models")).to_contain_text("distilbert-mini")
    if path:
        page.locator("#batch-file input[type=file]").set_input_files(path)
        expect(page.locator("#batch-file")).to_contain_text(path.stem)


def _write(path: Path, count: int, *, labelled: bool, words: int = 1) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "label", TAKEN] if labelled else ["id", "text"])
        for i in range(count):
            text = f"{'a lovely film' if i % 2 else 'an awful film'} {'and so on ' * words}"
            writer.writerow([i, text, i % 2, "mine"] if labelled else [i, text])
    return path


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_a_labelled_file_is_scored_compared_and_downloaded(
    open_page: Callable[..., Page], tmp_path: Path, scheme: str, size: str
) -> None:
    page = open_page(scheme=scheme, size=size)
    _open(page, _write(tmp_path / "mine.csv", 60, labelled=True))
    page.locator("#batch-start").click()
    expect(page.locator("#batch-progress")).to_contain_text("60 of 60 rows scored")
    page.get_by_role("button", name=batch.BATCH_SCORES).click()
    expect(page.locator("#batch-scores caption")).to_contain_text("mine, n = 60")
    expect(page.locator("#batch-verdict")).to_contain_text("of 60")
    expect(page.locator("#batch-matrices .s-good, #batch-matrices .s-bad")).to_have_count(16)
    with page.expect_download() as download:
        page.locator("#batch-download").click()
    download.value.save_as(tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert [row["id"] for row in rows] == [str(i) for i in range(60)]
    assert {row["distilbert-mini-imdb-sst2-lora predicted_label"] for row in rows[1::2]} == {
        "positive"
    }
    expect(page.locator("#batch-progress")).to_contain_text(f"The new ones are named: {TAKEN}_2.")
    assert {row[TAKEN] for row in rows} == {"mine"}
    assert all(0 <= float(row[f"{TAKEN}_2"]) <= 1 for row in rows)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator("#batch-input > button.label-wrap").click()  # it was folded away
    page.locator("#batch-lines textarea").fill("Another text.")  # of which nothing is known yet
    expect(page.locator("#batch-download")).to_be_hidden()
    expect(page.locator("#batch-matrices button")).to_have_count(0)
    title = page.locator("#batch-input > button.label-wrap")
    expect(title).to_contain_text(batch.BATCH_INPUT)
    expect(title).not_to_contain_text("mine")


def test_any_pair_of_three_models_is_compared_and_its_cells_filter_the_rows(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    _open(page)
    page.locator("#batch-sample").click()
    expect(page.locator("#batch-preview")).to_contain_text("12 positive, 12 negative")
    expect(page.locator("#batch-preview tbody tr")).to_have_count(3)
    choose_more(page, "tfidf-sst2")
    page.locator("#batch-start").click()
    rows = page.locator("#batch-rows")
    expect(rows.locator("caption")).to_have_text("24 of 24 rows")
    for name in ("distilbert-mini", "distilbert-mini-imdb-sst2-lora", "tfidf-sst2"):
        expect(rows.get_by_role("columnheader", name=name, exact=True)).to_be_visible()
    expect(page.locator("#batch-verdict")).to_contain_text("tfidf-sst2")
    expect(page.locator("#batch-start")).to_be_hidden()  # the upload is folded away

    choose(page, "#batch-b", "distilbert-mini-imdb-sst2-lora")
    expect(page.locator("#batch-verdict")).not_to_contain_text("tfidf-sst2")
    cell = page.locator('#batch-matrices [data-show="b-0-1"]')
    count = int(cell.locator("b").inner_text())
    cell.click()
    said = "rows: actual negative texts that distilbert-mini-imdb-sst2-lora predicts positive"
    expect(rows.locator("caption")).to_have_text(f"{count} of {count} {said}")
    expect(rows.locator("tbody tr")).to_have_count(count)
    page.locator("#batch-all").click()
    expect(rows.locator("caption")).to_have_text("24 of 24 rows")
    page.get_by_label(batch.ROWS_DISAGREE).check()
    expect(rows.locator("caption")).to_contain_text(batch.ROWS_DISAGREEING)
    expect(rows.locator("tbody tr:not(.s-differs)")).to_have_count(0)
    assert sideways(page) == []


def choose_more(page: Page, name: str) -> None:
    """Choose one more model."""
    page.locator("#batch-models input").click()
    page.get_by_role("option", name=name, exact=True).click()
    page.keyboard.press("Escape")


def test_a_long_run_is_stopped_and_a_single_text_answered_meanwhile(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    _open(page, _write(tmp_path / "long.csv", 1000, labelled=False, words=60))
    page.locator("#batch-start").click()
    progress = page.locator("#batch-progress")
    expect(progress).to_contain_text("per second, about")
    open_tab(page, "Compare")
    page.get_by_label("Text to compare").fill("A warm film .")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("#compare-answers .s-verdict").first).to_be_visible()
    open_tab(page, "Batch")
    expect(progress).to_contain_text("per second, about")  # the file is not done yet
    page.locator("#batch-stop").click()
    expect(progress).to_contain_text("Stopped. Predictions kept, of 1,000 rows")
    expect(page.locator("#batch-download")).to_be_visible()


def test_pasted_lines_are_scored(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open(page)
    page.locator("#batch-lines textarea").fill("a lovely film\n\nan awful film")
    page.locator("#batch-start").click()
    expect(page.locator("#batch-progress")).to_contain_text("2 of 2 rows scored")
    expect(page.locator("#batch-rows")).to_contain_text("an awful film")


def test_what_cannot_be_scored_is_said(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page()
    _open(page)
    page.locator("#batch-start").click()
    expect(page.locator("#batch-progress").get_by_role("alert")).to_contain_text(batch.BATCH_EMPTY)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("id,words\n1,good\n")
    page.locator("#batch-file input[type=file]").set_input_files(wrong)
    expect(page.locator("#batch-file")).to_contain_text("wrong")
    page.locator("#batch-start").click()
    expect(page.locator("#batch-progress").get_by_role("alert")).to_have_text(
        "No column named text in wrong.csv. Columns found: id, words. Choose the column of texts, "
        "on the command line with --text-column."
    )


def test_columns_are_chosen_and_labels_explained_before_anything_is_scored(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    path = tmp_path / "mine.csv"
    path.write_text("words;truth\na lovely film;5\nan awful film;1\na film;3\n")
    _open(page, path)
    preview = page.locator("#batch-preview")
    expect(preview).to_contain_text("No column named text in mine.csv")
    choose(page, "#batch-text-column", "words")
    expect(preview).to_contain_text("There is no column of labels")
    choose(page, "#batch-label-column", "truth")
    expect(preview).to_contain_text("as stars: 1 and 2 negative, 4 and 5 positive, 3 left out")
    expect(preview).to_contain_text("columns are separated by semicolons")
    page.locator("#batch-start").click()
    progress = page.locator("#batch-progress")
    expect(progress).to_contain_text("3 of 3 rows scored")
    expect(progress).to_contain_text("Correct, of 2 labelled texts")
    expect(progress).to_contain_text("1 of 3 rows are neutral or unlabelled and left out")
    assert sideways(page) == []


def test_the_format_of_a_file_is_chosen_on_the_page(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    path = tmp_path / "plain.csv"
    path.write_bytes('1,"café\n0,dull\n'.encode("windows-1252"))
    page = open_page(scheme="light", size="desktop")
    _open(page, path)
    expect(page.locator("#batch-preview")).to_contain_text("windows-1252")
    page.get_by_role("button", name=batch.BATCH_FORMAT).click()
    page.get_by_label(batch.FORMAT_QUOTES).uncheck()
    page.get_by_label(batch.FORMAT_HEADER).uncheck()
    page.get_by_label(batch.FORMAT_ENCODING).fill("windows-1252")
    choose(page, "#batch-text-column", "2")
    expect(page.locator("#batch-preview")).to_contain_text('"café')
    choose(page, "#batch-label-column", "1")
    expect(page.locator("#batch-preview")).to_contain_text("1 positive, 1 negative.")
    page.locator("#batch-start").click()
    expect(page.locator("#batch-progress")).to_contain_text("2 of 2 rows scored")
