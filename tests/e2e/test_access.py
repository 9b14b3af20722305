"""The app without a mouse, without eyes for colour, and with a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import sideways
from tests.support.touring import TABS, fill_tab, open_everything, open_tab

CONTROLS = {"button", "checkbox", "combobox", "link", "radio", "searchbox", "slider", "spinbutton"}
CONTROLS |= {"switch", "tab", "textbox"}

# What the keyboard has to reach: of a group of radio buttons, the one that is chosen.
_TO_REACH = """() => {
  const all = document.querySelectorAll(
    "a[href], button:not([disabled]), input:not([disabled]), textarea, select, summary");
  return [...all].filter((own) => own.checkVisibility({ visibilityProperty: true })
    && own.tabIndex >= 0 && !(own.type === "radio" && !own.checked)
    && !own.closest("[aria-hidden=true], [inert]")
    && own.getBoundingClientRect().width > 1).map((own, i) => (own.dataset.reach = String(i)));
}"""
_FOCUSED = """() => {
  const own = document.activeElement;
  const style = getComputedStyle(own);
  const kind = [own.tagName, own.type, own.getAttribute("role")].filter(Boolean).join(" ");
  const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const offset = parseFloat(style.outlineOffset);
  const outer = own.getBoundingClientRect();
  let cut = 0; // sides on which a part that hides what overflows it hides the outline, too
  for (let part = own.parentElement; part && part !== document.body; part = part.parentElement) {
    if (getComputedStyle(part).overflow === "visible") continue;
    const box = part.getBoundingClientRect();
    cut = Math.max(cut, [box.left - outer.left + offset, box.top - outer.top + offset,
      outer.right + offset - box.right, outer.bottom + offset - box.bottom]
      .filter((hidden) => hidden > 0.5).length);
  }
  return { kind, isOutlined, cut, reach: own.dataset.reach || "", isBody: own === document.body,
    ink: style.outlineColor, opacity: style.opacity, name: (own.innerText || "").slice(0, 40) };
}"""
_FROM_THE_TOP = """() => {
  const start = document.body.insertBefore(document.createElement("i"), document.body.firstChild);
  start.tabIndex = -1;
  start.focus();
}"""
_HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .filter((own) => own.checkVisibility()).map((own) => Number(own.tagName[1]))"""


def _press_tab_through(page: Page, most: int = 400) -> list[dict[str, str]]:
    """What has the focus after each press of Tab, from the top of the page to its end."""
    page.evaluate(_FROM_THE_TOP)
    seen = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused["isBody"] or (seen and focused["reach"] and focused == seen[0]):
            break
        seen.append(focused)
    return seen


def test_the_page_names_its_language_and_itself(open_page: Callable[..., Page]) -> None:
    page = open_page()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.title() == "Sentiment, side by side"


@pytest.mark.parametrize("name", TABS)
def test_every_tab_is_filled_named_outlined_and_fits(
    open_page: Callable[..., Page], tmp_path: Path, name: str
) -> None:
    """A walk through the tabs: each shows what it can, to whoever cannot see it, too."""
    page = open_page()
    fill_tab(page, name, tmp_path)
    controls, nameless = _controls(page)
    assert len(controls) > len(TABS)
    assert nameless == []
    levels = page.evaluate(_HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [(one, other) for one, other in pairwise(levels) if other > one + 1] == []
    assert sideways(page) == []


def _controls(page: Page) -> tuple[list[Any], list[Any]]:
    """All controls as a screen reader finds them, and those without a name."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    controls = [n for n in nodes if not n["ignored"] and n["role"]["value"] in CONTROLS]
    nameless = [n for n in controls if not n.get("name", {}).get("value", "").strip()]
    return controls, [
        session.send("DOM.describeNode", {"backendNodeId": n["backendDOMNodeId"]})["node"]
        for n in nameless
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", TABS)
def test_the_keyboards_focus_is_seen_wherever_it_is(
    open_page: Callable[..., Page], tmp_path: Path, name: str
) -> None:
    page = open_page()
    open_tab(page, name)
    open_everything(page)
    focused = _press_tab_through(page)
    assert len({own["kind"] for own in focused}) > 1
    assert [own for own in focused if not own["isOutlined"] or own["opacity"] == "0"] == []
    assert [own for own in focused if own["cut"] > 1] == []


def test_tab_reaches_everything_in_compare(open_page: Callable[..., Page]) -> None:
    page = open_page()
    open_tab(page, "Compare")
    page.get_by_role("button", name="Negation").click()
    expect(page.locator("#compare-answers .s-view a")).to_contain_text("Not+once")
    open_everything(page)
    wanted = set(page.evaluate(_TO_REACH))
    assert len(wanted) > 20
    reached = {own["reach"] for own in _press_tab_through(page)}
    missed = sorted(wanted - reached)
    shown = [page.locator(f"[data-reach='{i}']").first.evaluate("e => e.outerHTML") for i in missed]
    assert shown == []


def test_nothing_moves_where_the_system_asks_for_rest(open_page: Callable[..., Page]) -> None:
    page = open_page()
    longest = """() => Math.max(...[...document.querySelectorAll("*")].flatMap((own) => {
      const style = getComputedStyle(own);
      const times = `${style.transitionDuration}, ${style.animationDuration}`.split(", ");
      return times.map((time) => parseFloat(time) * (time.endsWith("ms") ? 0.001 : 1));
    }))"""
    assert page.evaluate(longest) > 0.05
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(longest) < 0.001
