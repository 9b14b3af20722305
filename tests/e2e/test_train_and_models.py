"""Training in front of a class, and adding models, in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sentiment.paths import BUNDLED
from sentiment.ui.text import shared
from sentiment.ui.text import workshop as copy
from tests.support.browsing import choose, open_tab, sideways
from tests.support.builders import tiny_whole

LOOKS = [
    ("light", "desktop"),
    pytest.param("dark", "desktop", marks=pytest.mark.slow),
    pytest.param("dark", "phone", marks=pytest.mark.slow),
]
MADE = "gpt2-mini-head-300-first-lesson"


def _look_at(page: Page, address: str) -> None:
    open_tab(page, "Models")
    expect(page.locator(".s-card").first).to_be_visible()
    page.get_by_role("button", name="Add a model").click()
    page.locator("#models-address textarea, #models-address input").first.fill(address)
    page.locator("#models-check").click()


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_a_class_trains_a_model_and_compares_it(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(scheme=scheme, size=size)
    open_tab(page, "Train")
    choose(page, "#train-backbone", "gpt2-mini")
    page.get_by_label(copy.TRAIN_TUNINGS["head"]).check()
    expect(page.get_by_label("number input for Epochs")).to_have_value("10")
    page.locator("#train-start").click()
    expect(page.locator("#train-progress")).to_contain_text(re.compile(r"Step \d+ of 190"))
    expect(page.locator("#train-progress .s-parts + p")).to_contain_text("frozen 5,387,776")
    expect(page.locator("#train-outcome")).to_contain_text(
        re.compile(r"fine-tuned\s*accuracy 0\.\d{3}")
    )
    expect(page.locator("#train-outcome")).to_contain_text("exact McNemar")
    expect(page.locator(".s-curve circle")).to_have_count(10)
    assert sideways(page) == []

    page.locator("#train-compare").click()
    cells = page.locator("#compare-answers .s-cell")
    expect(cells).to_have_count(2)
    made = page.locator(f'#compare-answers [data-model="{MADE}"]')
    expect(made).to_contain_text("Head")
    expect(made).to_contain_text("trained on First lesson")
    expect(made.locator(".s-verdict")).to_be_visible()
    open_tab(page, "Models")
    card = page.locator(f'.s-card[data-model="{MADE}"]')
    expect(card).to_contain_text("trained in this visit")

    other = open_page(scheme=scheme, size=size)  # another visit knows nothing of it
    other.get_by_role("button", name=shared.MODELS_TITLE).click()
    expect(other.get_by_label("gpt2-mini", exact=True)).to_be_visible()
    expect(other.get_by_label(MADE)).to_have_count(0)


def test_a_training_is_stopped_and_nothing_is_kept(open_page: Callable[..., Page]) -> None:
    page = open_page()
    open_tab(page, "Train")
    expect(page.locator("#train-progress")).to_contain_text("press Train")
    page.locator("#train-stop").click()
    expect(page.locator("#train-progress")).to_contain_text(copy.TRAIN_IDLE)
    page.get_by_label(copy.TRAIN_TUNINGS["full"]).check()
    page.locator("#train-start").click()
    expect(page.locator("#train-progress")).to_contain_text(re.compile(r"Step \d+ of 57"))
    page.locator("#train-stop").click()
    expect(page.locator("#train-progress")).to_contain_text("No checkpoint was kept")
    expect(page.locator("#train-compare")).to_have_count(0)
    open_tab(page, "Models")
    expect(page.locator(".s-card").first).to_be_visible()
    expect(page.locator(".s-card", has_text="trained in this visit")).to_have_count(0)


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_a_folder_is_looked_at_confirmed_and_compared(
    open_page: Callable[..., Page], tmp_path: Path, scheme: str, size: str
) -> None:
    tiny_whole(tmp_path / "found", {0: "LABEL_0", 1: "LABEL_1"})
    page = open_page(scheme=scheme, size=size)
    _look_at(page, str(tmp_path / "found"))
    found = page.locator("#models-found")
    expect(found).to_contain_text(
        "LABEL_0”, “LABEL_1”; their names do not say which one is positive"
    )
    expect(found.locator("li")).to_have_count(2)
    assert sideways(page) == []
    page.locator("#models-confirm").click()
    expect(found).to_contain_text("found is added")
    expect(page.locator('.s-card[data-model="found"]')).to_contain_text("added from a folder")
    open_tab(page, "Compare")
    page.get_by_label("Text to compare").fill("a great film .")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator('#compare-answers [data-model="found"] .s-verdict')).to_be_visible()
    assert sideways(page) == []


def test_labels_full_of_markup_are_shown_as_text(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    tiny_whole(tmp_path / "odd", {0: "<img src=x onerror=alert(1)>", 1: "<b>bold</b>"})
    page = open_page()
    _look_at(page, str(tmp_path / "odd"))
    expect(page.locator("#models-found")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#models-found img, #models-found b")).to_have_count(0)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "Type a Hub id such as owner/name"),
        ("one two", "Give a Hub id such as owner/name."),
        ("/nowhere/at/all", "There is no folder '/nowhere/at/all' on this machine."),
    ],
)
def test_what_cannot_be_added_is_said(
    open_page: Callable[..., Page], address: str, said: str
) -> None:
    page = open_page()
    _look_at(page, address)
    expect(page.locator("#models-found [role=alert]")).to_contain_text(said)
    expect(page.locator("#models-confirm")).to_have_count(0)


def test_a_broken_model_says_so_and_the_others_stay(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    shutil.copytree(BUNDLED / "llama-mini-sst2-head", tmp_path / "torn")
    (tmp_path / "torn" / "head.safetensors").write_bytes(b"not weights")
    page = open_page()
    _look_at(page, str(tmp_path / "torn"))
    expect(page.locator("#models-found [role=alert]")).to_contain_text("head.safetensors")
    expect(page.locator('.s-card[data-model="llama-mini-sst2-head"]')).to_be_visible()


def test_the_models_in_memory_are_named(open_page: Callable[..., Page]) -> None:
    page = open_page("&models=gpt2-mini&text=A+warm+film.")
    expect(page.locator("#compare-answers .s-verdict")).to_be_visible()
    open_tab(page, "Models")
    residents = page.locator("#models-residents")
    expect(residents).to_contain_text(re.compile(r"In memory \(at most 16\): .*gpt2-mini"))
