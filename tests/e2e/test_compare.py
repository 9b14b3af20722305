"""A visitor types, reads both verdicts, and browses the scores."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from playwright.sync_api import Locator, Page, expect

from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import Prediction
from sentiment.serving.predictor import LocalPredictor
from sentiment.ui.text import compare as copy
from sentiment.ui.text import shared, why
from tests.support.browsing import choose, open_tab, sideways

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


def _verdict(page: Page, model: str) -> Locator:
    return page.locator(f'#compare-answers .s-verdict[data-model="{model}"]')


def _wait_for_all(page: Page) -> None:
    """Wait until every model has predicted: then there is a link to the view."""
    expect(page.locator("#compare-answers .s-view")).to_be_visible()


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_a_typed_text_gets_both_verdicts(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(scheme=scheme, size=size)
    _type_and_compare(page, SENTENCE)
    expect(page.locator("#compare-answers .s-say")).to_contain_text("predict positive")
    expect(_verdict(page, "distilbert-mini-imdb-sst2-lora")).to_have_text("+ positive")
    page.locator(".s-axis-row summary").first.click()
    facts = page.locator('[data-facts="distilbert-mini-imdb-sst2-lora"]')
    expect(facts).to_contain_text("read 12 of 12 tokens")
    shown = page.locator('[data-dot="distilbert-mini"] text').text_content() or ""
    assert 0.5 < float(shown.removeprefix(">")) <= 1
    assert sideways(page) == []


@pytest.mark.parametrize("size", ["desktop", "projector"])
def test_the_page_opens_answered_in_its_first_screen(
    open_page: Callable[..., Page], size: str
) -> None:
    page = open_page(size=size)
    _wait_for_all(page)
    assert page.get_by_label("Text to compare").input_value()
    expect(page.locator("#compare-answers .s-say")).to_contain_text("Given the label")
    bottom = page.locator("#compare-answers .s-say").evaluate(
        "own => own.getBoundingClientRect().bottom"
    )
    assert bottom < page.evaluate("window.innerHeight")


def test_predictions_follow_typing(open_page: Callable[..., Page]) -> None:
    page = open_page("&models=distilbert-mini-sst2-lora")
    _wait_for_all(page)
    page.get_by_label("Text to compare").fill("")
    page.get_by_label("Text to compare").press_sequentially("A warm, wonderful film.")
    expect(_verdict(page, "distilbert-mini-sst2-lora")).to_have_text("+ positive")
    expect(page.locator("#compare-answers")).not_to_have_class(re.compile("s-stale"))


def test_old_predictions_are_dimmed_until_new_ones_are_there(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(f"&models=distilbert-mini-sst2-lora&text={quote('A warm film.')}")
    _wait_for_all(page)
    page.get_by_label("gradient × input").check()
    page.locator("#why-button").click()
    expect(page.locator("#why .s-word").first).to_be_visible()
    page.get_by_label("Text to compare").fill("An awful film.")
    for part in ("#compare-answers", "#why"):
        expect(page.locator(part)).to_have_class(re.compile("s-stale"))
    expect(_verdict(page, "distilbert-mini-sst2-lora")).to_have_text("− negative")
    expect(page.locator("#compare-answers")).not_to_have_class(re.compile("s-stale"))
    expect(page.locator("#why .s-word")).to_have_count(0)  # they were those of the old text


def test_a_text_is_answered_while_a_large_model_still_computes_another(
    open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("&models=gpt2-mini,smollm2-135m")
    _wait_for_all(page)
    go, predict_many = threading.Event(), LocalPredictor.predict_many

    def wait_if_large(
        self: LocalPredictor, model: ModelInfo, *asked: Any, **options: Any
    ) -> list[Prediction]:
        if model.is_large:
            go.wait(60)
        return predict_many(self, model, *asked, **options)

    monkeypatch.setattr(LocalPredictor, "predict_many", wait_if_large)
    for text in ("A warm film.", "A cold film."):
        _type_and_compare(page, text)
        expect(page.locator("#compare-answers .s-view")).to_contain_text(quote_plus(text))
        expect(_verdict(page, "gpt2-mini")).to_be_visible()
        expect(page.locator("#compare-answers .s-waiting")).to_have_text(copy.WAITING)
        expect(page.locator("#compare-answers .s-say")).to_contain_text(
            copy.NOT_COUNTED.format(names="smollm2-135m")
        )
    go.set()
    expect(_verdict(page, "smollm2-135m")).to_be_visible()
    expect(page.locator("#compare-answers .s-waiting")).to_have_count(0)


def test_a_label_counts_who_is_right(open_page: Callable[..., Page]) -> None:
    page = open_page("&models=distilbert-mini-sst2-lora,distilbert-mini")
    _type_and_compare(page, "A warm, wonderful film.")
    _wait_for_all(page)
    expect(page.locator(".s-marks")).to_have_count(0)
    page.locator("#compare-label").get_by_label("+ positive").check()
    expect(page.locator("#compare-answers .s-say")).to_contain_text(
        "1 of 1 fine-tuned models are correct"
    )
    page.locator("#compare-label").get_by_label("− negative").check()
    expect(page.locator("#compare-answers .s-say")).to_contain_text(
        "0 of 1 fine-tuned models are correct"
    )


def test_no_model_checked_is_said(open_page: Callable[..., Page]) -> None:
    page = open_page("&models=distilbert-mini-sst2-lora")
    page.get_by_role("button", name=copy.OPTIONS).click()
    page.get_by_label("distilbert-mini-sst2-lora", exact=True).uncheck()
    alert = page.locator("#compare-answers").get_by_role("alert")
    expect(alert).to_have_text(copy.NONE_CHECKED)


def test_a_checked_model_sends_no_bad_request(open_page: Callable[..., Page]) -> None:
    page = open_page("&models=distilbert-mini-sst2-lora")
    refused: list[int] = []
    page.on("response", lambda response: refused.append(response.status))
    page.get_by_role("button", name=copy.OPTIONS).click()
    page.get_by_label("distilbert-mini-sst2-head", exact=True).check()
    expect(_verdict(page, "distilbert-mini-sst2-head")).to_be_visible()
    _wait_for_all(page)
    assert all(status < 400 for status in refused)


def test_a_text_that_is_not_english_gets_a_note(open_page: Callable[..., Page]) -> None:
    page = open_page("&models=distilbert-mini-sst2-lora")
    _type_and_compare(page, "Ein wunderbarer Film mit großartigen Darstellern und viel Humor.")
    expect(page.locator("#compare-answers")).to_contain_text(note := copy.NOT_ENGLISH)
    _type_and_compare(page, SENTENCE)
    expect(page.locator("#compare-answers")).not_to_contain_text(note)


def test_the_comparison_is_saved_as_a_picture(open_page: Callable[..., Page]) -> None:
    page = open_page("&models=distilbert-mini-sst2-lora,distilbert-mini")
    _wait_for_all(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=copy.SHARE_PICTURE).click()
    picture = download.value.path().read_bytes()
    assert picture.startswith(b"\x89PNG")
    width, height = (int.from_bytes(picture[i : i + 4], "big") for i in (16, 20))
    assert (width, height) == (1200, 630)


def test_what_was_trained_here_is_compared_and_its_scores_stand_apart(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("&models=distilbert-mini,distilbert-mini-sst2-lora,my-own-head")
    page.get_by_role("button", name=copy.OPTIONS).click()
    other = page.get_by_label("distilbert-mini-sst2-lora", exact=True)
    expect(other).to_be_checked()  # the link has been read
    other.uncheck()
    _type_and_compare(page, SENTENCE)
    expect(_verdict(page, "my-own-head")).to_have_text("+ positive")
    expect(page.locator("#compare-answers [data-dot]")).to_have_count(2)
    open_tab(page, "Scores")
    choose(page, "#scores-group", "SST-2 train held out")
    expect(page.locator("#scores-table caption").first).to_contain_text(
        "SST-2 train held out, n = 872"
    )
    expect(page.locator("#scores-table")).to_contain_text("my-own-head")
    expect(page.locator("#pair-sentence")).to_contain_text("my-own-head is better than")
    expect(page.locator("#pair-sentence")).to_contain_text("correct on 86 more of 872 texts")


def test_an_empty_text_is_answered_where_the_result_would_have_been(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    _wait_for_all(page)
    _type_and_compare(page, "   ")
    expect(page.get_by_role("alert")).to_have_text("Type some text first.")


def test_an_example_is_one_click_and_brings_its_label(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _wait_for_all(page)
    page.get_by_role("button", name="Contrast").click()
    expect(page.get_by_label("Text to compare")).to_have_value(re.compile("^The story"))
    expect(page.locator("#compare-label").get_by_label("+ positive")).to_be_checked()
    expect(page.locator("#compare-answers .s-say")).to_contain_text("Given the label")


@pytest.mark.parametrize("keys", ["Control+Enter", "Shift+Enter"])
def test_the_keyboard_sends_the_text(open_page: Callable[..., Page], keys: str) -> None:
    page = open_page("&models=distilbert-mini-sst2-lora")
    _wait_for_all(page)
    box = page.get_by_label("Text to compare")
    box.fill("An awful, dull film .")
    box.press(keys)
    expect(_verdict(page, "distilbert-mini-sst2-lora")).to_have_text("− negative")


def test_a_link_brings_its_text_and_its_models(open_page: Callable[..., Page]) -> None:
    page = open_page(f"&text={quote('A dull film .')}&models=distilbert-mini")
    expect(_verdict(page, "distilbert-mini")).to_be_visible()
    expect(_verdict(page, "distilbert-mini-imdb-sst2-lora")).to_have_count(0)
    assert page.get_by_label("Text to compare").input_value() == "A dull film ."


def test_a_link_to_a_model_that_is_not_here_says_so(open_page: Callable[..., Page]) -> None:
    page = open_page(f"&text={quote('A dull film .')}&models=distilbert-mini,gone-away")
    expect(page.locator("#compare-answers .s-verdict")).to_have_count(1)
    expect(page.locator("#compare-unknown")).to_contain_text(
        shared.LINK_UNKNOWN.format(names="gone-away")
    )


def test_everything_can_be_reached_with_the_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page()
    reached = set()
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.innerText || document.activeElement.tagName")
        )
    assert {"TEXTAREA", "Compare", "Negation"} <= {str(name).strip() for name in reached}


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_the_words_of_a_text_are_explained_under_every_model(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    text = "A dull , lifeless film that I would rather forget ."
    link = f"&models=distilbert-mini,distilbert-mini-sst2-lora&text={quote(text)}"
    page = open_page(link, scheme=scheme, size=size)
    _wait_for_all(page)
    page.get_by_label("gradient × input").check()
    page.get_by_label("occlusion").check()
    expect(page.locator("#why-cost")).to_contain_text("2 models, forward passes each: 33")
    page.locator("#why-button").click()
    rows = page.locator("#why .s-why-row")
    expect(rows).to_have_count(2)
    word = rows.nth(1).locator(".s-word", has_text="lifeless")
    expect(word).to_have_class(re.compile("s-negative"))
    expect(word).to_have_attribute("title", re.compile(r"^−\d.* without this word, "))
    expect(rows.nth(1)).to_contain_text("without the 3 strongest words")
    page.locator("#why").get_by_text(why.TABLE).click()
    row = page.locator("#why table").get_by_role("row").filter(has_text="lifeless")
    expect(row.locator("td").nth(1)).to_have_text(re.compile(r"−\d"))
    assert sideways(page) == []


def test_an_explanation_can_be_stopped(open_page: Callable[..., Page]) -> None:
    page = open_page(f"&text={quote('a long and winding story . ' * 30)}")
    _wait_for_all(page)
    page.locator("#why-button").click()
    expect(page.locator("#why")).to_contain_text("is running")
    page.locator("#why-stop").click()
    said = re.compile(r"Stopped\. \d of \d models explained")
    expect(page.locator("#why")).to_contain_text(said)
    expect(page.locator("#why")).not_to_contain_text("Error")


def test_a_text_full_of_markup_is_shown_as_text(open_page: Callable[..., Page]) -> None:
    markup = "<img src=x onerror=alert(1)> <b>bold</b> <script>alert(2)</script> film"
    page = open_page("&models=gpt2-mini,distilbert-mini-sst2-lora")
    page.on("dialog", lambda dialog: pytest.fail(f"the page ran {dialog.message}"))
    _wait_for_all(page)
    _type_and_compare(page, markup)
    expect(page.locator("#compare-answers .s-view")).to_contain_text("onerror")  # the last answer
    page.locator("#why-button").click()
    expect(page.locator("#why .s-why-text").first).to_contain_text("onerror=alert(1)>")
    expect(page.locator("img[src=x]")).to_have_count(0)
    expect(page.get_by_text("bold", exact=True)).to_have_count(0)
    assert page.evaluate("[...document.scripts].filter((own) => own.text === 'alert(2)')") == []
