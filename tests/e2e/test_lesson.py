"""A teacher gives a whole lesson from the Lesson tab, opens it at a step, and prints it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from sentiment.evaluation.results import find_results
from sentiment.ui.lesson.text import NOTES_PARTS, STEPS
from tests.support.browsing import choose, sideways
from tests.support.touring import open_tab

LOOKS = [
    ("light", "desktop"),
    pytest.param("dark", "desktop", marks=pytest.mark.slow),
    pytest.param("light", "phone", marks=pytest.mark.slow),
    pytest.param("dark", "phone", marks=pytest.mark.slow),
]
LAST = len(STEPS)


def _accuracy(model: str, dataset: str, split: str) -> float:
    found = find_results()[0]
    wanted = (model, dataset, split)
    return next(r.accuracy for r in found if (r.info.model, r.info.dataset, r.info.split) == wanted)


def _ask(page: Page, step: int, count: int) -> None:
    page.locator(f"#lesson-ask-{step}").click()
    expect(page.locator(f"#lesson-answers-{step} .s-verdict")).to_have_count(count)


def _go_on(page: Page, to: int) -> None:
    page.locator("#lesson-next").click()
    expect(page.locator(f"#lesson-step-{to} h2")).to_have_text(f"{to}. {STEPS[to - 1].heading}")
    expect(page.locator("#lesson-link a")).to_have_attribute("href", f"?step={to}")


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_a_lesson_is_given_from_its_first_step_to_its_last(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(scheme=scheme, size=size)
    open_tab(page, "Lesson")
    expect(page.locator("#lesson-back")).to_be_disabled()
    page.get_by_label("The sentence of this lesson").fill("Not for one minute was I bored .")
    _ask(page, 1, 3)
    shown = f"{100 * _accuracy('gpt2-mini', 'sst2', 'validation'):.1f}"
    expect(page.locator("#lesson-figure-1")).to_contain_text(shown)
    assert sideways(page) == []

    _go_on(page, 2)
    choose(page, "#lesson-template", "zhao")
    prompts = page.locator("#lesson-answers-2 pre")
    expect(prompts).to_have_count(2)
    expect(prompts.first).to_contain_text("review: not for one minute was i bored")
    expect(page.locator("#lesson-figure-2")).to_contain_text("PMI-DC")
    assert sideways(page) == []

    _go_on(page, 3)
    _ask(page, 3, 4)
    expect(page.locator("#lesson-figure-3")).to_contain_text("trainable 148,610 (0.65 %)")
    _go_on(page, 4)
    _ask(page, 4, 5)
    expect(page.locator("#lesson-figure-4")).to_contain_text("772 against 706 of 872 correct")
    assert sideways(page) == []

    _go_on(page, 5)
    expect(page.locator("#lesson-text")).to_be_hidden()
    expect(page.locator("#lesson-figure-5")).to_contain_text("trainable 66,955,010 (100 %)")
    page.locator("#lesson-recipe input").click()
    page.get_by_role("option", name="llama-sst2-head", exact=True).click()
    expect(page.locator("#lesson-figure-5")).to_contain_text("trainable 4,096 (0.00033 %)")
    assert sideways(page) == []

    _go_on(page, 6)
    expect(page.locator("#lesson-next")).to_be_disabled()
    expect(page.locator("#lesson-figure-6 caption")).to_have_text("SST-2 validation, n = 872")
    page.get_by_label("IMDb", exact=True).check()
    expect(page.locator("#lesson-figure-6 caption")).to_have_text("IMDb test, n = 25,000")
    shown = f"{_accuracy('distilbert-mini-imdb-lora', 'imdb', 'test'):.4f}"
    expect(page.locator("#lesson-figure-6")).to_contain_text(shown)
    assert sideways(page) == []
    page.get_by_role("button", name="For the teacher: 9 minutes").click()
    notes = page.locator("#lesson-step-6 .s-notes")
    notes.get_by_text(NOTES_PARTS["answer"], exact=True).click()
    expect(notes.get_by_text(STEPS[5].notes.answer)).to_be_visible()
    page.locator("#lesson-back").click()
    expect(page.locator("#lesson-step-5 h2")).to_be_visible()


def test_a_link_opens_the_lesson_at_a_step(open_page: Callable[..., Page]) -> None:
    page = open_page("&step=4")
    expect(page.get_by_role("tab", name="Lesson", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    expect(page.locator("#lesson-step-4 h2")).to_be_visible()
    expect(page.locator("#lesson-figure-4 .s-measure").first).to_be_visible()
    expect(page.locator("#lesson-link a")).to_have_attribute("href", "?step=4")
    _go_on(page, 5)


@pytest.mark.parametrize(
    "step",
    [
        "7",
        "four",
        *(pytest.param(own, marks=pytest.mark.slow) for own in ("0", "-1", "", "1e0", "%3Cb%3E")),
    ],
)
def test_a_link_to_no_step_leaves_the_page_as_it_is(
    open_page: Callable[..., Page], step: str
) -> None:
    page = open_page(f"&step={step}")
    expect(page.get_by_label("Text to compare")).to_be_visible()
    expect(page.get_by_role("tab", name="Compare", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )


def test_a_step_can_be_asked_and_left_with_the_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page("&step=1")
    box = page.get_by_label("The sentence of this lesson")
    box.fill("A warm film .")
    box.press("Enter")
    expect(page.locator("#lesson-answers-1 .s-verdict")).to_have_count(3)
    page.locator("#lesson-ask-1").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "lesson-next":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#lesson-step-2 h2")).to_be_visible()


def test_an_empty_sentence_is_answered_where_the_answers_would_be(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("&step=3")
    page.get_by_label("The sentence of this lesson").fill("  ")
    page.locator("#lesson-ask-3").click()
    expect(page.locator("#lesson-answers-3").get_by_role("alert")).to_have_text(
        "Type some text first."
    )


def test_a_picked_sentence_is_asked_at_once(open_page: Callable[..., Page]) -> None:
    page = open_page("&step=3")
    expect(page.locator("#lesson-figure-3 .s-measure").first).to_be_visible()
    page.locator("#lesson-sentence").get_by_role("button", name="Irony").click()
    expect(page.locator("#lesson-answers-3 .s-verdict")).to_have_count(4)
    expect(page.get_by_label("The sentence of this lesson")).to_have_value(re.compile("Oh great"))


def test_the_lesson_prints_with_all_its_steps(open_page: Callable[..., Page]) -> None:
    page = open_page("&step=2", scheme="dark")
    handout = page.locator("#lesson-handout")
    expect(handout).to_contain_text("gemma-sst2-head")
    expect(handout.locator(".s-handout")).to_be_hidden()
    page.evaluate("window.print = () => { window.isPrinted = true; }")
    page.locator("#lesson-print").click()
    page.wait_for_function("window.isPrinted")
    page.emulate_media(media="print")
    expect(page.locator("#lesson-screen")).to_be_hidden()
    for place, step in enumerate(STEPS, 1):
        expect(handout.get_by_role("heading", name=f"{place}. {step.heading}")).to_be_visible()
        expect(handout.get_by_text(step.notes.answer)).to_be_visible()
    expect(handout.locator("figure").first).to_be_visible()
    assert handout.locator("button, input").count() == 0
    ink = handout.locator("h2").first.evaluate("(e) => getComputedStyle(e).color")
    assert ink == "rgb(0, 0, 0)"
    pages = page.pdf(prefer_css_page_size=True)
    assert pages.count(b"/Type /Page\n") >= LAST


def test_other_tabs_print_without_the_lesson(open_page: Callable[..., Page]) -> None:
    page = open_page("&step=2")
    expect(page.locator("#lesson-handout")).to_contain_text("gemma-sst2-head")
    page.get_by_role("tab", name="Compare").click()
    page.emulate_media(media="print")
    expect(page.get_by_label("Text to compare")).to_be_visible()
    expect(page.locator("#lesson-handout .s-handout")).to_be_hidden()
