"""A visitor chooses how zero-shot models are asked, and passes the view on as a link."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from sentiment.ui.tabs.options import draw_lines
from sentiment.ui.text import compare as words
from sentiment.ui.text import shared as copy
from sentiment.ui.text import why
from tests.support.browsing import choose, sideways

TEXT = "it 's a warm and quietly funny film ."
MODELS = "&models=distilbert-mini,gpt2-mini,gpt2-mini-sst2-lora"
LOOKS = [
    ("light", "desktop"),
    pytest.param("dark", "desktop", marks=pytest.mark.slow),
    pytest.param("light", "phone", marks=pytest.mark.slow),
    pytest.param("dark", "phone", marks=pytest.mark.slow),
]


def _open_options(page: Page) -> None:
    page.get_by_role("button", name=words.OPTIONS).click()
    expect(page.locator("#options-template input")).to_be_visible()


def _compare(page: Page) -> None:
    page.get_by_label("Text to compare").fill(TEXT)
    page.get_by_role("button", name="Compare", exact=True).click()


def _facts(page: Page, model: str) -> Locator:
    """The facts of a model, which its line opens to."""
    return page.locator(f'[data-facts="{model}"]')


def _open_lines(page: Page) -> None:
    expect(page.locator(".s-view")).to_be_visible()  # every model has answered
    page.evaluate("for (const own of document.querySelectorAll('.s-axis details')) own.open = true")
    page.evaluate("for (const own of document.querySelectorAll('.s-axis-row')) own.open = true")


def _prompt(page: Page, model: str) -> Locator:
    """The exact prompt of a model, unfolded."""
    _open_lines(page)
    return _facts(page, model).locator("pre")


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_a_chosen_template_and_a_moved_line_are_used_and_said(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(MODELS, scheme=scheme, size=size)
    _open_options(page)
    choose(page, "#options-template", re.compile("^zhao"))
    expect(page.locator("#options-shown pre")).to_have_text("Review: {text}\nSentiment:")
    expect(page.locator("#options-shown")).to_contain_text("“Negative” and “Positive”")
    page.get_by_label("contextual calibration").check()
    _compare(page)
    expect(_prompt(page, "gpt2-mini")).to_have_text(f"review: {TEXT}\nsentiment:")
    expect(_facts(page, "gpt2-mini")).to_contain_text(
        re.compile(r"threshold shifted by [+−]\d+\.\d\d log-odds \(contextual calibration\)")
    )
    expect(_facts(page, "distilbert-mini")).to_contain_text(
        "template ignored: the method uses none"
    )
    expect(_facts(page, "gpt2-mini-sst2-lora")).not_to_contain_text("shifted")
    assert sideways(page) == []


@pytest.mark.parametrize(("scheme", "size"), [LOOKS[0], LOOKS[-1]])
def test_a_visitor_writes_a_template_and_is_told_what_is_wrong_with_it(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(MODELS, scheme=scheme, size=size)
    _open_options(page)
    choose(page, "#options-template", copy.OPTIONS_CUSTOM)
    field = page.locator("#options-own textarea")
    expect(field).to_be_visible()
    field.fill("There is no place")
    _compare(page)
    said = "A template holds {text} exactly once, where the text goes; this one 0 times."
    expect(page.locator("#options-shown").get_by_role("alert")).to_have_text(said)
    expect(page.locator("#compare-answers").get_by_role("alert")).to_have_text(said)
    field.fill("{text} <b>To me</b> that sounds")
    page.get_by_label(copy.OPTIONS_NEGATIVE).fill("bad")
    page.get_by_label(copy.OPTIONS_POSITIVE).fill("good")
    _compare(page)
    expect(_prompt(page, "gpt2-mini")).to_have_text(f"{TEXT} <b>to me</b> that sounds")
    expect(_facts(page, "gpt2-mini")).to_contain_text("good / bad")
    expect(page.locator("#options-shown").get_by_role("alert")).to_have_count(0)
    assert sideways(page) == []


def test_a_link_brings_back_how_models_were_asked(open_page: Callable[..., Page]) -> None:
    query = f"&text={quote(TEXT)}{MODELS}&template=holtzman&calibration=pmi_dc"
    page = open_page(query)
    expect(_prompt(page, "gpt2-mini")).to_have_text(f'"{TEXT}" has a tone that is')
    method = _facts(page, "gpt2-mini").inner_text()
    assert "(PMI-DC)" in method
    expect(page.locator("#options-shown pre")).to_have_text('"{text}" has a tone that is')
    expect(page.get_by_label("PMI-DC")).to_be_checked()
    choose(page, "#options-template", copy.OPTIONS_CUSTOM)
    page.locator("#options-own textarea").fill("{text} & so\nit was")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".s-view a")).to_have_attribute("href", re.compile(r"prompt=.*so%0Ait"))
    page.locator(".s-view a").evaluate("own => own.click()")
    expect(_prompt(page, "gpt2-mini")).to_have_text(f"{TEXT} & so\nit was")
    expect(page.locator("#options-own textarea")).to_have_value("{text} & so\nit was")


def test_the_link_is_copied_or_else_selected(open_page: Callable[..., Page]) -> None:
    page = open_page("&models=gpt2-mini")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _compare(page)
    expect(page.locator(".s-view a")).to_contain_text("quietly")  # not the opening text's
    button = page.locator(".s-copy")
    button.click()
    expect(button).to_have_text("Copied")
    address = page.locator(".s-view a").evaluate("link => link.href")
    assert page.evaluate("navigator.clipboard.readText()") == address
    assert address.startswith("http://127.0.0.1:")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    button.click()
    expect(button).to_have_text("Selected: press Ctrl-C")
    assert page.evaluate("getSelection().toString()") == address


def test_a_model_is_explained_as_it_is_asked(open_page: Callable[..., Page]) -> None:
    page = open_page(f"&text={quote('A dull film.')}&models=gpt2-mini&template=zhao")
    odds = page.locator("#why tr", has_text=why.ODDS).locator("td")
    found = []
    for template in (None, copy.OPTIONS_DEFAULT):
        if template:
            choose(page, "#options-template", template)
            expect(page.locator("#options-shown pre")).to_have_count(0)
            expect(page.locator("#why tr")).to_have_count(0)  # it was that of the other template
        expect(page.locator(".s-view a")).to_be_visible()
        page.locator("#why-button").click()
        expect(odds).to_have_count(1)
        found.append(odds.text_content())
    assert found[0] != found[1]


def test_what_a_model_does_not_read_is_said_to_be_unread(open_page: Callable[..., Page]) -> None:
    text = "a long and winding story . " * 150
    page = open_page("&models=gpt2-mini")
    page.get_by_label("Text to compare").fill(text)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".s-view")).to_be_visible()
    page.get_by_label("gradient").check()
    page.locator("#why-button").click()
    expect(page.locator("#why .s-unread").first).to_be_visible()
    assert sideways(page) == []


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_a_visitor_shows_demonstrations_edits_them_and_passes_them_on(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(f"{MODELS}&template=zhao", scheme=scheme, size=size)
    lines = page.get_by_label(copy.OPTIONS_DEMONSTRATIONS)
    expect(page.locator("#options-shots")).to_be_visible()  # a link with options opens them
    expect(lines).not_to_be_visible()
    page.locator("#options-shots").get_by_label("2", exact=True).check()
    expect(lines).to_have_value(draw_lines("2", "0"))
    first = draw_lines("2", "0").splitlines()[0].removeprefix("+ ").lower()
    expect(_prompt(page, "gpt2-mini")).to_contain_text(f"review: {first}\nsentiment: positive\n\n")
    page.locator("#options-draw").get_by_label("3", exact=True).check()
    expect(lines).to_have_value(draw_lines("2", "3"))
    expect(_facts(page, "gpt2-mini")).to_contain_text("2-shot, first-lesson, seed 3")
    expect(_facts(page, "distilbert-mini")).to_contain_text(
        "demonstrations ignored: the method takes none"
    )
    expect(page.locator('[data-dot="gpt2-mini"] text')).to_contain_text("2-shot")
    lines.fill("+ A joy.\n− A bore.\n+ Lovely.")
    lines.blur()
    expect(_facts(page, "gpt2-mini")).to_contain_text("3-shot, edited")
    expect(_prompt(page, "gpt2-mini")).to_contain_text("review: a bore.\nsentiment: negative\n\n")
    assert sideways(page) == []
    link = page.locator(".s-view a").get_attribute("href") or ""
    again = open_page(link.replace("?", "&"), scheme=scheme, size=size)
    expect(again.get_by_label(copy.OPTIONS_DEMONSTRATIONS)).to_have_value(
        "+ A joy.\n− A bore.\n+ Lovely."
    )
    expect(_facts(again, "gpt2-mini")).to_contain_text("3-shot, edited")
    again.get_by_label(copy.OPTIONS_DEMONSTRATIONS).fill("A joy.")
    again.get_by_label(copy.OPTIONS_DEMONSTRATIONS).blur()
    expect(again.locator("#compare-answers")).to_contain_text("Demonstration 1 says no label")
