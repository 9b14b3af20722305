"""Walk through the tabs of the app in a browser, and fill each so that there is much to see."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support import browsing

TEXT = "A dull , lifeless film , but the songs are wonderful ."
TABS = ("Compare", "Lesson", "Train", "Scores", "Examples", "Batch", "Models")

_SETTLED = """() => new Promise((resolve) => {
  const end = () => { observer.disconnect(); resolve(); };
  const restart = () => { clearTimeout(quiet); quiet = setTimeout(end, 700); };
  const observer = new MutationObserver(restart);
  let quiet = setTimeout(end, 700);
  setTimeout(end, 20000);
  observer.observe(document.body,
    { subtree: true, childList: true, attributes: true, characterData: true });
})"""
_OPEN_ALL = """() => {
  for (const part of document.querySelectorAll("details")) part.open = true;
  for (const part of document.querySelectorAll("button.label-wrap:not(.open)"))
    if (part.checkVisibility()) part.click();
}"""


def wait_until_settled(page: Page) -> None:
    """Wait until nothing in the page has changed for a while."""
    page.evaluate(_SETTLED)


def open_tab(page: Page, name: str) -> None:
    """Open the tab called `name`, and wait until what it shows at first is there."""
    browsing.open_tab(page, name)
    ready = {
        "Scores": "#matrices button",
        "Examples": "#examples article",
        "Batch": "#batch-models .token",
    }
    if name in ready:
        expect(page.locator(ready[name]).first).to_be_attached()
    wait_until_settled(page)


def open_everything(page: Page) -> None:
    """Unfold whatever is folded away in the open tab."""
    page.evaluate(_OPEN_ALL)
    wait_until_settled(page)


def fill_compare(page: Page, text: str = TEXT) -> None:
    """Let every model answer `text`, and explain it by gradients, which is quick."""
    page.get_by_label("Text to compare").fill(text)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("#compare-answers .s-verdict").first).to_be_visible()
    expect(page.locator("#compare-answers .s-waiting")).to_have_count(0)
    open_everything(page)
    page.get_by_label("gradient × input").check()
    page.locator("#why-button").click()
    expect(page.locator("#why .s-why-check").first).to_be_visible()
    expect(page.locator("#why")).not_to_contain_text("is running")
    open_everything(page)


def fill_batch(page: Page, folder: Path, text: str = TEXT) -> None:
    """Score a small file with labels, so that metrics, matrices and rows are shown."""
    path = folder / "mine.csv"
    rows = [f'"{text}",{i % 2}\n' for i in range(12)]
    path.write_text("text,label\n" + "".join(rows), encoding="utf-8")
    page.locator("#batch-file input[type=file]").set_input_files(path)
    expect(page.locator("#batch-file")).to_contain_text("mine")
    page.locator("#batch-start").click()
    expect(page.locator("#batch-progress")).to_contain_text("12 of 12 rows scored")
    open_everything(page)


def fill_tab(page: Page, name: str, folder: Path) -> None:
    """Open the tab called `name` and bring about what it can show, as far as that is quick."""
    open_tab(page, name)
    if name == "Compare":
        fill_compare(page)
    elif name == "Batch":
        fill_batch(page, folder)
    elif name == "Examples":
        expect(page.locator("#examples-parts")).to_contain_text("Negation")
    open_everything(page)
