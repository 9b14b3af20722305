"""Every text of every tab stands out from what lies behind it, as WCAG asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.touring import TABS, fill_tab, open_everything, open_tab, wait_until_settled

MEASURE = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


def _too_faint(page: Page) -> tuple[int, list[dict[str, Any]]]:
    """How many texts were measured, and those of too little contrast."""
    found = page.evaluate(MEASURE)
    return len(found), [text for text in found if text["ratio"] < text["needed"]]


@pytest.mark.slow
@pytest.mark.parametrize("name", TABS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out(
    open_page: Callable[..., Page], tmp_path: Path, scheme: str, name: str
) -> None:
    page = open_page(scheme=scheme)
    fill_tab(page, name, tmp_path)
    count, faint = _too_faint(page)
    assert count > 15
    assert faint == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_step_of_the_lesson_stands_out(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(scheme=scheme)
    start = page.url
    for step in range(1, 7):
        page.goto(f"{start}&step={step}")
        expect(page.locator("#lesson-screen")).to_be_visible()
        wait_until_settled(page)
        open_everything(page)
        count, faint = _too_faint(page)
        assert (step, count > 15, faint) == (step, True, [])


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_empty_or_refused_stands_out(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(scheme=scheme)
    assert _too_faint(page)[1] == []
    page.get_by_label("Text to compare").fill("")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert _too_faint(page)[1] == []
    open_tab(page, "Batch")
    page.locator("#batch-start").click()
    expect(page.locator("#batch-progress .s-alert")).to_be_visible()
    assert _too_faint(page)[1] == []


@pytest.mark.parametrize(
    ("style", "ratio"),
    [
        ("color: #777; background: #fff", 4.48),
        ("color: rgba(0, 0, 0, 0.5); background: #fff", 3.98),
        ("color: #000; background: linear-gradient(#fff, #777)", 4.69),
        ("color: #000; background: #fff; opacity: 0.5", 3.98),
        ("color: color-mix(in srgb, #000 50%, #fff); background: #fff", 3.98),
    ],
)
def test_the_measure_is_that_of_wcag(
    open_page: Callable[..., Page], style: str, ratio: float
) -> None:
    page = open_page()
    page.set_content(f'<body style="background: #fff"><p style="{style}">text</p></body>')
    (measured,) = page.evaluate(MEASURE)
    assert measured["ratio"] == pytest.approx(ratio, abs=0.03)
    assert measured["needed"] == 4.5
