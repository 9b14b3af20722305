"""A teacher gives a whole lesson from the Lesson tab, opens it at a step, and prints it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from sentiment.evaluation.results import find_results
from sentiment.models.catalogue import list_models
from sentiment.ui.lesson.board import find_paths, find_prompted
from sentiment.ui.lesson.pages import HEAD_WAY, LORA_WAY
from sentiment.ui.lesson.slides import SLIDES
from sentiment.ui.lesson.text import COUNTING, FIGURES, HARD_SENTENCE, NOTES_PARTS, STEPS
from tests.support.browsing import choose, sideways
from tests.support.touring import open_tab

LOOKS = [
    ("light", "desktop"),
    pytest.param("dark", "desktop", marks=pytest.mark.slow),
    pytest.param("light", "phone", marks=pytest.mark.slow),
    pytest.param("dark", "phone", marks=pytest.mark.slow),
]
LAST = len(STEPS)
_IS_ON_TOP = """(own) => {
  const box = own.firstElementChild.getBoundingClientRect();
  const top = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
  return own.contains(top);
}"""


ORDER = [f"{slide.step}-{slide.part}" for slide in SLIDES]


def _accuracy(model: str, dataset: str, split: str) -> str:
    found = find_results()[0]
    wanted = (model, dataset, split)
    result = next(r for r in found if (r.info.model, r.info.dataset, r.info.split) == wanted)
    return f"{100 * result.accuracy:.1f}"


def _count(step: int) -> int:
    """Number of models that answer in `step`."""
    models = list_models()
    if step == 2:
        return len(find_prompted(models))
    ways = {1: (), 3: HEAD_WAY, 4: LORA_WAY}
    return sum(map(len, find_paths(models, ways[step])))


def _expect_answers(page: Page, step: int) -> None:
    answers = page.locator(f"#lesson-answers-{step} .s-verdict")
    expect(answers).to_have_count(_count(step))


def _ask(page: Page, step: int) -> None:
    page.locator(f"#lesson-ask-{step}").click()
    _expect_answers(page, step)


def _expect_slide(page: Page, name: str) -> None:
    """The slide called `name`, such as 3-guess, is the one that is shown."""
    step, part = name.split("-")
    expect(page.locator("#lesson-screen .s-claim:visible")).to_have_text(
        STEPS[int(step) - 1].heading
    )
    expect(page.locator("#lesson-chart")).to_be_visible(visible=part == "guess")
    expect(page.locator(".s-count")).to_have_text(f"{ORDER.index(name) + 1} / {len(ORDER)}")


def _go_to(page: Page, name: str) -> None:
    """Press Next until the slide called `name` is shown."""
    shown = int(page.locator(".s-count").inner_text().split("/")[0]) - 1
    for place in range(shown + 1, ORDER.index(name) + 1):
        page.locator("#lesson-next").click()
        _expect_slide(page, ORDER[place])


def _row(page: Page, key: str) -> Locator:
    return page.locator(f'#lesson-chart [data-row="{key}"]')


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_a_lesson_is_given_from_its_first_step_to_its_last(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(scheme=scheme, size=size)
    open_tab(page, "Lesson")
    expect(page.locator("#lesson-back")).to_be_disabled()
    box = page.get_by_label("The sentence of this lesson")
    expect(box).to_have_value(HARD_SENTENCE)
    box.fill("Not for one minute was I bored .")
    _ask(page, 1)
    assert sideways(page) == []
    _go_to(page, "1-guess")
    page.locator("#lesson-reveal").click()
    zero_shot = _accuracy("distilbert-mini", "sst2", "validation")
    expect(_row(page, "distilbert-mini")).to_contain_text(zero_shot)
    page.get_by_text(FIGURES, exact=True).and_(page.locator(":visible")).click()
    expect(page.locator("#lesson-figure-1")).to_contain_text(
        _accuracy("gpt2-mini", "sst2", "validation")
    )
    assert sideways(page) == []

    _go_to(page, "2-try")
    choose(page, "#lesson-template", "zhao")
    prompts = page.locator("#lesson-answers-2 pre")
    expect(prompts).to_have_count(_count(2))
    expect(prompts.first).to_contain_text("review: not for one minute was i bored")
    expect(page.locator("#lesson-figure-2")).to_contain_text("PMI-DC")
    assert sideways(page) == []

    _go_to(page, "3-try")
    _ask(page, 3)
    expect(page.locator("#lesson-figure-3")).to_contain_text("trainable 148,610 (0.65 %)")
    _go_to(page, "4-try")
    _ask(page, 4)
    expect(page.locator("#lesson-figure-4")).to_contain_text("772 against 706 of 872 correct")
    assert sideways(page) == []

    _go_to(page, "5-try")
    expect(page.locator("#lesson-text")).to_be_hidden()
    expect(page.locator("#lesson-figure-5")).to_contain_text("trainable 66,955,010 (100 %)")
    page.locator("#lesson-recipe input").click()
    page.get_by_role("option", name="llama-sst2-head", exact=True).click()
    expect(page.locator("#lesson-figure-5")).to_contain_text("trainable 4,096 (0.00033 %)")
    assert sideways(page) == []

    _go_to(page, "6-try")
    expect(page.locator("#lesson-next")).to_be_disabled()
    expect(page.locator("#lesson-figure-6 caption")).to_have_text("SST-2 validation, n = 872")
    page.get_by_label("IMDb", exact=True).check()
    expect(page.locator("#lesson-figure-6 caption")).to_have_text("IMDb test, n = 25,000")
    expect(page.locator("#lesson-figure-6")).to_contain_text(
        _accuracy("distilbert-mini-imdb-lora", "imdb", "test")
    )
    assert sideways(page) == []
    page.locator("#lesson-notes").click()
    notes = page.locator(".s-notes:visible")
    notes.get_by_text(NOTES_PARTS["answer"], exact=True).and_(page.locator("summary")).click()
    expect(notes.get_by_text(STEPS[5].notes.answer)).to_be_visible()
    page.locator("#lesson-back").click()
    _expect_slide(page, "6-guess")


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("view", ["", "&view=projector"])
def test_on_a_projector_the_answer_stands_in_the_screen_of_its_button(
    open_page: Callable[..., Page], step: int, view: str
) -> None:
    page = open_page(f"&step={step}{view}", size="projector")
    button = page.locator(f"#lesson-ask-{step}")
    expect(button).to_be_in_viewport(ratio=1)
    _ask(page, step)
    for verdict in page.locator(f"#lesson-answers-{step} .s-verdict").all():
        expect(verdict).to_be_in_viewport(ratio=1)
        # Nothing lies over it, either.
        assert verdict.evaluate(_IS_ON_TOP)
    assert page.evaluate("window.scrollY") == 0
    expect(page.locator("#lesson-foot")).to_be_in_viewport(ratio=1)


def test_slides_fill_the_screen_and_are_given_with_keys(open_page: Callable[..., Page]) -> None:
    page = open_page(size="projector")
    open_tab(page, "Lesson")
    around = page.locator("#header, #tabs > .tab-wrapper, footer")
    expect(around.first).to_be_visible()
    page.locator("#lesson-start").click()
    for part in around.all():
        expect(part).to_be_hidden()
    _expect_slide(page, "1-try")
    page.keyboard.press("ArrowRight")
    _expect_slide(page, "1-guess")
    page.keyboard.press("ArrowRight")
    _expect_slide(page, "2-try")
    page.wait_for_function("location.search.includes('step=2')")
    page.keyboard.press("ArrowLeft")
    _expect_slide(page, "1-guess")
    page.keyboard.press("n")
    expect(page.get_by_text(STEPS[0].notes.ask).and_(page.locator(":visible"))).to_be_in_viewport()
    page.evaluate("window.print = () => { window.isPrinted = true; }")
    page.keyboard.press("p")
    page.wait_for_function("window.isPrinted")
    page.keyboard.press("Escape")
    expect(around.first).to_be_visible()
    page.keyboard.press("ArrowRight")  # the keys work outside the slides, too
    _expect_slide(page, "2-try")


def test_keys_in_a_field_are_those_of_the_field(open_page: Callable[..., Page]) -> None:
    page = open_page("&step=1")
    box = page.get_by_label("The sentence of this lesson")
    box.fill("A film")
    box.press("ArrowLeft")
    box.press("n")
    expect(box).to_have_value("A filnm")
    _expect_slide(page, "1-try")
    box.press("Escape")
    page.keyboard.press("ArrowRight")
    _expect_slide(page, "1-guess")


@pytest.mark.parametrize("size", ["projector", pytest.param("phone", marks=pytest.mark.slow)])
def test_a_guess_is_drawn_before_the_row_is_revealed(
    open_page: Callable[..., Page], size: str
) -> None:
    page = open_page("&step=3", size=size)
    _go_to(page, "3-guess")
    row = _row(page, "distilbert-mini-sst2-head")
    expect(row).to_contain_text("?")
    expect(row.locator(".s-guess")).to_have_count(0)
    # What the steps before have revealed is there; what comes later is not.
    expect(_row(page, "distilbert-mini")).to_contain_text(
        _accuracy("distilbert-mini", "sst2", "validation")
    )
    expect(_row(page, "distilbert-mini-sst2-lora")).to_contain_text("?")
    page.locator("#lesson-slider input[type=range]").fill("93")
    expect(row.locator(".s-guess")).to_have_count(1)
    expect(row).to_contain_text("your guess 93")
    page.locator("#lesson-reveal").click()
    expect(row.locator(".s-value")).to_have_text(
        _accuracy("distilbert-mini-sst2-head", "sst2", "validation")
    )
    expect(row.locator(".s-guess")).to_have_count(1)
    expect(page.locator("#lesson-outcome")).to_contain_text("Your guess of 93 %")
    expect(page.locator("#lesson-reveal")).to_be_hidden()
    if size == "projector":
        expect(row).to_be_in_viewport(ratio=1)
        expect(page.locator("#lesson-outcome")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("name", ORDER)
def test_no_slide_sticks_out_on_a_phone(open_page: Callable[..., Page], name: str) -> None:
    page = open_page(f"&step={name[0]}", size="phone")
    _go_to(page, name)
    expect(page.locator("#lesson-figure-5")).not_to_contain_text(COUNTING)
    assert sideways(page) == []


def test_a_link_opens_the_lesson_at_a_step(open_page: Callable[..., Page]) -> None:
    page = open_page("&step=4")
    _expect_slide(page, "4-try")
    expect(page.get_by_role("tab", name="Lesson", exact=True)).to_be_hidden()
    expect(page.locator("#lesson-figure-4 .s-measure").first).to_be_attached()
    page.locator("#lesson-exit").click()
    expect(page.get_by_role("tab", name="Lesson", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    _go_to(page, "5-try")
    expect(page.locator("#lesson-link a")).to_have_attribute("href", "?step=5")


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
    _expect_answers(page, 1)
    page.locator("#lesson-ask-1").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "lesson-next":
            break
    page.keyboard.press("Enter")
    _expect_slide(page, "1-guess")


def test_an_empty_sentence_is_answered_where_the_answers_would_be(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("&step=3")
    page.get_by_label("The sentence of this lesson").fill("  ")
    page.locator("#lesson-ask-3").click()
    expect(page.locator("#lesson-answers-3").get_by_role("alert")).to_have_text(
        "Type some text first."
    )


def test_predictions_for_another_sentence_are_dimmed(open_page: Callable[..., Page]) -> None:
    page = open_page("&step=1")
    answers = page.locator("#lesson-answers-1")
    _ask(page, 1)
    expect(answers).to_have_css("opacity", "1")
    page.get_by_label("The sentence of this lesson").fill("A dull film .")
    expect(answers).to_have_css("opacity", "0.45")
    _ask(page, 1)
    expect(answers).to_have_css("opacity", "1")


def test_a_picked_sentence_is_asked_at_once(open_page: Callable[..., Page]) -> None:
    page = open_page("&step=3")
    expect(page.locator("#lesson-figure-3 .s-measure").first).to_be_attached()
    page.locator("#lesson-sentence").get_by_role("button", name="Irony").click()
    _expect_answers(page, 3)
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
    expect(handout.locator(".s-climb .s-value")).to_have_count(8)
    assert handout.locator("button, input").count() == 0
    ink = handout.locator("h2").first.evaluate("(e) => getComputedStyle(e).color")
    assert ink == "rgb(0, 0, 0)"
    pages = page.pdf(prefer_css_page_size=True)
    assert pages.count(b"/Type /Page\n") >= LAST


def test_other_tabs_print_without_the_lesson(open_page: Callable[..., Page]) -> None:
    page = open_page("&step=2")
    expect(page.locator("#lesson-handout")).to_contain_text("gemma-sst2-head")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Compare").click()
    page.emulate_media(media="print")
    expect(page.get_by_label("Text to compare")).to_be_visible()
    expect(page.locator("#lesson-handout .s-handout")).to_be_hidden()
