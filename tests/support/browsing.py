"""A real browser on the running app: where Chromium is, how it starts, which sizes it gets."""

from __future__ import annotations

import re
import shutil

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request, expect

VIEWPORTS = {"desktop": (1280, 900), "phone": (390, 844), "projector": (1920, 1080)}
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Whether the page scrolls sideways, and every text that sticks out of it: Gradio hides what does,
# so that the page would not scroll. Parts that scroll by themselves may hold more than is seen.
_SIDEWAYS = """() => {
  const page = document.documentElement;
  const found = page.scrollWidth > page.clientWidth ? ["the page scrolls"] : [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const own = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !own.checkVisibility()) continue;
    if (own.closest("script, style, [aria-hidden=true]")) continue;
    range.selectNodeContents(walker.currentNode);
    const { left, right, width } = range.getBoundingClientRect();
    if (width < 1 || (left > -1 && right < page.clientWidth + 1)) continue;
    let part = own;
    while (part && !/auto|scroll/.test(getComputedStyle(part).overflowX)
      && getComputedStyle(part).textOverflow !== "ellipsis") part = part.parentElement;
    if (!part || part === page || part === document.body)
      found.push(`${own.outerHTML.slice(0, 120)} ${left} to ${right}`);
  }
  return found;
}"""


def find_chromium() -> str | None:
    """Path of this machine's Chromium, or None."""
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def launch_chromium(playwright: Playwright, executable: str) -> Browser:
    """A headless browser that contacts nothing of its own accord."""
    return playwright.chromium.launch(
        executable_path=executable,
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-sync",
            "--disable-background-networking",
            "--disable-component-update",
        ],
    )


def new_context(browser: Browser, *, scheme: str, size: str) -> BrowserContext:
    """A fresh window of the named size that prefers the `light` or the `dark` scheme."""
    width, height = VIEWPORTS[size]
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )


def open_app(page: Page, address: str) -> None:
    """Open the app, and wait until it has done what it does when it is opened.

    A link's models and options arrive with answers of the server; who presses Compare before they
    are there compares others.
    """
    working: set[Request] = set()
    page.on("request", lambda request: working.add(request) if _is_work(request) else None)
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda request: working.discard(request))
    with page.expect_event("requestfinished", lambda request: _is_work(request) and not working):
        page.goto(address)
    # A link may open another tab at once.
    page.get_by_label("Text to compare").wait_for(state="attached")


def _is_work(request: Request) -> bool:
    return request.method == "POST" and "/gradio_api/" in request.url


def open_tab(page: Page, name: str) -> None:
    """Open the tab called `name`; on a phone the row of tabs scrolls."""
    tab = page.get_by_role("tab", name=name, exact=True)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def choose(page: Page, box: str, option: str | re.Pattern[str]) -> None:
    """Choose `option`, its whole title or a pattern, in the dropdown at the selector `box`."""
    page.locator(f"{box} input").click()
    page.get_by_role("option", name=option, exact=True).click()
    expect(page.get_by_role("option")).to_have_count(0)


def sideways(page: Page) -> list[str]:
    """What does not fit the width of the page: nothing, if all is well."""
    return list(page.evaluate(_SIDEWAYS))
