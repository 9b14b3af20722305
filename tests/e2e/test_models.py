"""The tree of models, its drawer and its links, and adding a model, in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sentiment.paths import BUNDLED
from sentiment.ui.text import models as copy
from tests.support.browsing import open_tab, sideways
from tests.support.builders import tiny_whole

LOOKS = [
    ("light", "desktop"),
    pytest.param("dark", "desktop", marks=pytest.mark.slow),
    pytest.param("dark", "phone", marks=pytest.mark.slow),
]
LORA = "distilbert-mini-sst2-lora"


def _open(page: Page) -> None:
    open_tab(page, "Models")
    expect(page.locator("#models-tree .s-card").first).to_be_visible()


def _look_at(page: Page, address: str) -> None:
    _open(page)
    page.locator("#models-address textarea, #models-address input").first.fill(address)
    page.locator("#models-check").click()


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
def test_a_pressed_model_opens_the_drawer_and_the_address_follows(
    open_page: Callable[..., Page], scheme: str, size: str
) -> None:
    page = open_page(scheme=scheme, size=size)
    _open(page)
    node = page.locator(f'#models-tree [data-open="{LORA}"]')
    node.click()
    expect(page.locator("#models-facts h2")).to_have_text(LORA)
    expect(page.locator("#models-facts")).to_contain_text("trainable 812,162 (3.47 %)")
    expect(page.locator("#models-card table").first).to_be_attached()
    expect(page).to_have_url(re.compile(rf"tab=models&model={LORA}$"))
    expect(node).to_have_attribute("aria-expanded", "true")
    assert sideways(page) == []
    tree, drawer = (
        page.locator(part).bounding_box() for part in ("#models-tree", "#models-drawer")
    )
    assert tree
    assert drawer
    if size == "phone":
        assert drawer["y"] >= tree["y"] + tree["height"]
    else:
        assert drawer["x"] >= tree["x"] + tree["width"]
    page.locator("#models-facts .s-close").click()
    expect(page.locator("#models-drawer")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"tab=models$"))
    expect(node).to_have_attribute("aria-expanded", "false")


def test_a_link_opens_a_model(open_page: Callable[..., Page]) -> None:
    page = open_page("&tab=models&model=gpt2-mini")
    expect(page.locator("#models-facts h2")).to_have_text("gpt2-mini")
    expect(page.locator('#models-tree [aria-expanded="true"]')).to_have_count(1)
    page.locator('#models-tree [data-open="llama-mini"]').click()
    expect(page.locator("#models-facts h2")).to_have_text("llama-mini")
    page.keyboard.press("Escape")
    expect(page.locator("#models-drawer")).to_have_count(0)


def test_a_link_to_a_model_that_is_not_here_says_so(open_page: Callable[..., Page]) -> None:
    page = open_page("&tab=models&model=<b>nothing</b>")
    expect(page.locator("#models-facts [role=alert]")).to_contain_text(
        "There is no model named '<b>nothing</b>' here."
    )


def test_the_picture_is_in_the_first_screen(open_page: Callable[..., Page]) -> None:
    page = open_page("&tab=models")
    expect(page.locator("#models-tree .s-card").first).to_be_visible()
    last = page.locator("#models-tree .s-axis").last.bounding_box()
    assert last
    assert last["y"] < 900


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
    expect(page.locator("#models-stop")).to_have_count(0)
    assert sideways(page) == []
    page.locator("#models-confirm").click()
    expect(found).to_contain_text("found is added")
    expect(page.locator('.s-card[data-model="found"]')).to_contain_text("added from a folder")
    open_tab(page, "Compare")
    page.get_by_label("Text to compare").fill("a great film .")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator('#compare-answers .s-verdict[data-model="found"]')).to_be_visible()
    assert sideways(page) == []


def test_labels_of_unknown_meaning_are_asked_for(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    names = ["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"]
    tiny_whole(tmp_path / "four", dict(enumerate(names)), labels=4)
    page = open_page()
    _look_at(page, str(tmp_path / "four"))
    found = page.locator("#models-found")
    expect(found).to_contain_text("say what each label means")
    expect(page.locator("#models-confirm")).to_have_count(0)
    page.locator("#models-say").click()
    expect(found).to_contain_text("at least one is negative and one positive")
    expect(page.locator("#models-labels input")).to_have_count(4)
    for name, side in zip(names, ("negative", "neutral", "neutral", "positive"), strict=True):
        page.locator("#models-labels").get_by_label(name).click()
        page.get_by_role("option", name=side, exact=True).last.click()
        expect(page.locator("#models-labels").get_by_label(name)).to_have_value(side)
    page.locator("#models-say").click()
    expect(found).to_contain_text("four is added")
    expect(page.locator('.s-card[data-model="four"]')).to_contain_text("added from a folder")
    expect(page.locator("#models-say")).to_have_count(0)
    assert sideways(page) == []


def test_labels_and_cards_full_of_markup_are_shown_as_text(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    folder = tiny_whole(tmp_path / "odd", {0: "<img src=x onerror=alert(1)>", 1: "<b>bold</b>"})
    (folder / "README.md").write_text("# Odd\n<img src=x>\n![x](https://example.org/x.png)\n")
    page = open_page()
    _look_at(page, str(folder))
    expect(page.locator("#models-found")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#models-found img, #models-found b")).to_have_count(0)
    page.locator("#models-confirm").click()
    page.locator('#models-tree [data-open="odd"]').click()
    expect(page.locator("#models-facts pre")).to_contain_text("![x](https://example.org/x.png)")
    expect(page.locator("#models-drawer img")).to_have_count(0)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "Type a Hub id such as owner/name"),
        ("one two", "Give a Hub id such as owner/name."),
        ("/nowhere/at/all", "There is no folder '/nowhere/at/all' on this machine."),
        ("twitter-sentiment", "Its id is OWNER/twitter-sentiment"),
        ("https://huggingface.co/datasets/owner/name", "That is a link to a data set."),
        ("https://huggingface.co/owner/name/tree/main", "The Hub cannot be reached."),
        ("bert-base-uncased", "The Hub cannot be reached."),
    ],
)
def test_what_cannot_be_added_is_said(
    open_page: Callable[..., Page], address: str, said: str
) -> None:
    page = open_page()
    _look_at(page, address)
    expect(page.locator("#models-found [role=alert]")).to_contain_text(said)
    expect(page.locator("#models-found")).not_to_contain_text("Errno")
    expect(page.locator("#models-confirm")).to_have_count(0)


def test_a_suggestion_fills_in_its_id(open_page: Callable[..., Page]) -> None:
    page = open_page()
    _open(page)
    chips = page.locator("#models-ideas [data-fill]")
    expect(chips).to_have_count(3)
    chips.first.click()
    expect(page.get_by_label(copy.ADDRESS_OR_FOLDER)).to_have_value(copy.SUGGESTIONS[0])


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
