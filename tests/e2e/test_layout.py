"""The page before Gradio has loaded, on a projector, on a phone, and with unusual texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sentiment.ui.render.theme import PALETTE
from tests.support.browsing import new_context, sideways
from tests.support.touring import (
    TABS,
    fill_batch,
    fill_compare,
    fill_tab,
    open_tab,
    wait_until_settled,
)

ARABIC = "كان الفيلم رائعًا حقًا ، والممثلون ممتازون !"
HEBREW = "הסרט היה משעמם מאוד , ולא צחקתי אפילו פעם אחת ."
TEXTS = {
    "a word of 5,000 letters": "x" * 5000,
    "a long text": "a fine film , " * 1400,
    "Arabic": ARABIC,
}
_PAPERS = """() => [document.documentElement, document.body]
  .map((own) => getComputedStyle(own).backgroundColor)"""
_STARTS_RIGHT = """(own) => {
  const range = document.createRange();
  const first = document.createTreeWalker(own, NodeFilter.SHOW_TEXT).nextNode();
  range.setStart(first, 0);
  range.setEnd(first, 1);
  const [letter, box] = [range.getBoundingClientRect(), own.getBoundingClientRect()];
  return letter.left > (box.left + box.right) / 2;
}"""


def _rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def _box(locator: Locator) -> dict[str, float]:
    box = locator.bounding_box()
    assert box is not None
    return dict(box)


@pytest.mark.parametrize(("system", "scheme"), [("light", "dark"), ("dark", "light")])
@pytest.mark.parametrize(
    "size",
    ["desktop", *(pytest.param(size, marks=pytest.mark.slow) for size in ("phone", "projector"))],
)
def test_the_first_paint_is_the_page_without_its_controls(
    browser: Browser, url: str, system: str, scheme: str, size: str
) -> None:
    """While Gradio's script is on its way; the system prefers the other scheme."""
    context = new_context(browser, scheme=system, size=size)
    page = context.new_page()
    page.route("**/assets/index-*.js", lambda route: None)  # held until it is unrouted
    page.goto(f"{url}?__theme={scheme}", wait_until="commit")
    header = page.locator(".s-first h1")
    expect(header).to_be_visible()
    paper, ink = (_rgb(PALETTE[name][scheme == "dark"]) for name in ("paper", "ink"))
    assert page.evaluate(_PAPERS) == [paper, paper]
    expect(header).to_have_css("color", ink)
    page.evaluate("document.fonts.ready")
    before = _box(header)
    page.unroute("**/assets/index-*.js")
    page.get_by_label("Text to compare").wait_for()
    wait_until_settled(page)
    assert page.evaluate(_PAPERS) == [paper, paper]
    expect(header).to_be_hidden()
    assert _box(page.locator("gradio-app .s-header h1")) == pytest.approx(before, abs=1)
    context.close()


@pytest.mark.parametrize("size", ["desktop", "projector"])
def test_a_link_enlarges_the_page_for_a_projector(
    open_page: Callable[..., Page], size: str
) -> None:
    usual, large = (
        _box(open_page(query, size=size).get_by_role("tab", name="Compare"))["height"]
        for query in ("", "&view=projector")
    )
    assert large / usual == pytest.approx(1.4 if size == "desktop" else 1.4 / 1.25, abs=0.02)


def test_the_open_tab_is_in_sight_on_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page("&tab=models", size="phone")
    expect(page.get_by_role("tab", name="Models", exact=True)).to_be_in_viewport(ratio=0.9)
    expect(page.get_by_role("tab", name="Compare", exact=True)).not_to_be_in_viewport()


@pytest.mark.slow
@pytest.mark.parametrize("query", ["", "&view=projector"], ids=["phone", "enlarged"])
@pytest.mark.parametrize("name", TABS)
def test_no_tab_scrolls_sideways_on_a_phone(
    open_page: Callable[..., Page], tmp_path: Path, name: str, query: str
) -> None:
    page = open_page(query, size="phone")
    fill_tab(page, name, tmp_path)
    assert sideways(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_unusual_texts_stay_within_a_phone(
    open_page: Callable[..., Page], tmp_path: Path, text: str
) -> None:
    page = open_page("&models=distilbert-mini,gpt2-mini", size="phone")
    fill_compare(page, text)
    assert sideways(page) == []
    open_tab(page, "Batch")
    fill_batch(page, tmp_path, text)
    assert sideways(page) == []
    open_tab(page, "Examples")
    page.get_by_label("Search").fill(text[:150])
    wait_until_settled(page)
    assert sideways(page) == []


@pytest.mark.parametrize(
    "text",
    [pytest.param(ARABIC, id="Arabic"), pytest.param(HEBREW, id="Hebrew", marks=pytest.mark.slow)],
)
def test_right_to_left_texts_start_on_the_right(open_page: Callable[..., Page], text: str) -> None:
    page = open_page("&models=gpt2-mini")
    fill_compare(page, text)
    assert page.locator(".s-prompt pre").first.evaluate(_STARTS_RIGHT)
    assert page.locator("#why tbody th [dir=auto]").first.evaluate(_STARTS_RIGHT)
    box = page.get_by_label("Text to compare")
    expect(box).to_have_css("unicode-bidi", "plaintext")
    expect(box).to_have_css("text-align", "start")


def test_left_to_right_texts_start_on_the_left(open_page: Callable[..., Page]) -> None:
    page = open_page("&models=gpt2-mini")
    fill_compare(page)
    assert not page.locator(".s-prompt pre").first.evaluate(_STARTS_RIGHT)
