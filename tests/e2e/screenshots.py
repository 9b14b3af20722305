"""Take the screenshots of the README, and those a person looks at before a release.

.venv/bin/python -m tests.e2e.screenshots assets/screenshots
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from sentiment.quiet import quiet_libraries
from sentiment.ui.text import EXAMPLES
from tests.browsing import find_chromium, launch_chromium, new_context
from tests.serving import running_app

TEXT = EXAMPLES[2][1]  # praise after a "but": the models part ways
LOOKS = (("light", "desktop"), ("dark", "desktop"), ("light", "phone"), ("light", "projector"))


def take(page: Page, folder: Path, look: str) -> None:
    """Compare before and after a text was sent, then Scores and Examples."""
    page.screenshot(path=folder / f"start-{look}.png", full_page=True)
    page.get_by_label("Text to compare").fill(TEXT)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".s-say strong").first).to_be_visible(timeout=60_000)
    page.mouse.move(0, 0)
    page.screenshot(path=folder / f"compare-{look}.png", full_page=True)
    page.get_by_role("tab", name="Scores").click()
    expect(page.locator("#threshold .trace").first).to_be_attached(timeout=60_000)
    page.wait_for_timeout(2000)  # plotly fits its figures to their columns
    page.screenshot(path=folder / f"scores-{look}.png", full_page=True)
    top = page.locator("#model-a").bounding_box()
    end = page.locator("#cost-said").bounding_box()
    width = page.viewport_size["width"] if page.viewport_size else 1180
    if top and end:
        part = {"x": 0, "y": top["y"] - 60, "width": width, "height": end["y"] - top["y"] + 60}
        page.screenshot(path=folder / f"verdict-{look}.png", full_page=True, clip=part)
    page.get_by_role("tab", name="Examples").click()
    page.locator("#examples-group").get_by_label("Challenge set").check()
    expect(page.locator("#examples-parts table")).to_be_visible(timeout=60_000)
    page.wait_for_timeout(500)
    page.screenshot(path=folder / f"examples-{look}.png", full_page=True)
    page.locator("#examples-parts").screenshot(path=folder / f"challenge-{look}.png")


def main(folder: Path) -> int:
    """Take every screenshot; 1 where Chromium is missing."""
    executable = find_chromium()
    if executable is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 1
    quiet_libraries()
    folder.mkdir(parents=True, exist_ok=True)
    with running_app() as url, sync_playwright() as playwright:
        browser = launch_chromium(playwright, executable)
        for scheme, size in LOOKS:
            page = new_context(browser, scheme=scheme, size=size).new_page()
            page.goto(f"{url}?__theme={scheme}")
            page.get_by_label("Text to compare").wait_for(timeout=60_000)
            page.wait_for_timeout(1000)
            take(page, folder, scheme if size == "desktop" else size)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
