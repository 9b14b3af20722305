"""Take the screenshots of README and docs, and those a person looks at before a release.

.venv/bin/python -m tools.screenshots docs/screenshots   those of README and docs
.venv/bin/python -m tools.screenshots FOLDER all           every first screen, in every look
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect, sync_playwright

from sentiment.runtime.logs import silence_libraries
from tests.support.browsing import (
    VIEWPORTS,
    find_chromium,
    launch_chromium,
    new_context,
    open_app,
    open_tab,
)
from tests.support.serving import running_app
from tests.support.touring import TABS, wait_until_settled

LOOKS = [(scheme, size) for size in VIEWPORTS for scheme in ("light", "dark")]
SHOWN = {  # in README.md and docs/tour.md
    *(
        f"{name}-{look}"
        for name in ("compare", "verdict", "challenge")
        for look in ("light", "dark")
    ),
    *(f"{name}-light" for name in ("why", "batch", "models", "train", "lesson")),
    "compare-phone",
}


class Camera:
    """Takes the pictures of one look that are wanted."""

    def __init__(self, page: Page, folder: Path, look: str, *, is_all: bool) -> None:
        self.page, self.folder, self.look, self.is_all = page, folder, look, is_all

    def wants(self, name: str) -> bool:
        """Whether the picture `name` is to be taken in this look."""
        return self.is_all or f"{name}-{self.look}" in SHOWN

    def take(
        self,
        name: str,
        part: Locator | None = None,
        end: Locator | None = None,
        *,
        is_whole: bool = True,
    ) -> None:
        """The page, or from the top of `part` to the top of `end` or to its own end.

        Args:
            is_whole: the page to its end, not what the window shows of it.
        """
        if not self.wants(name):
            return
        if self.is_all:
            part, is_whole = None, False
            self.page.evaluate("window.scrollTo(0, 0)")
        self.page.mouse.move(0, 0)
        wait_until_settled(self.page)
        path = self.folder / f"{name}-{self.look}.png"
        if part is None:
            self.page.screenshot(path=path, full_page=is_whole)
        elif end is None:
            part.screenshot(path=path)
        else:
            top, bottom = part.bounding_box(), end.bounding_box()
            width = self.page.viewport_size["width"] if self.page.viewport_size else 1180
            if top and bottom:
                height = bottom["y"] - top["y"]
                clip: Any = {"x": 0, "y": top["y"] - 110, "width": width, "height": height + 110}
                self.page.screenshot(path=path, full_page=True, clip=clip)


def tour(camera: Camera) -> None:
    """Every tab of which a picture is wanted, each with something in it."""
    pictures: dict[str, tuple[Callable[[Camera], None], tuple[str, ...]]] = {
        "Compare": (_compare, ("compare", "why")),
        "Scores": (_scores, ("scores", "verdict")),
        "Examples": (_examples, ("examples", "challenge")),
        "Batch": (_batch, ("batch",)),
        "Models": (_models, ("models",)),
        "Train": (_train, ("train",)),
        "Lesson": (_lesson, ("lesson",)),
    }
    for name in TABS:
        show, taken = pictures[name]
        if any(camera.wants(own) for own in taken):
            open_tab(camera.page, name)
            show(camera)


def _compare(camera: Camera) -> None:
    """Take Compare as it opens, and the attributions of its text."""
    page = camera.page
    expect(page.locator(".s-say strong").first).to_be_visible(timeout=60_000)
    camera.take("compare")
    page.locator("#why-button").click()
    expect(page.locator("#why .s-why-check").first).to_be_visible(timeout=60_000)
    expect(page.locator("#why")).not_to_contain_text("is running", timeout=60_000)
    camera.take("why", page.locator("#why"))


def _scores(camera: Camera) -> None:
    page = camera.page
    expect(page.locator("#matrices button").first).to_be_attached(timeout=60_000)
    camera.take("scores")
    camera.take("verdict", page.locator("#pair-sentence"))


def _examples(camera: Camera) -> None:
    page = camera.page
    expect(page.locator("#examples-parts .s-heat")).to_be_visible(timeout=60_000)
    camera.take("examples")
    camera.take("challenge", page.locator("#examples-parts"))


def _batch(camera: Camera) -> None:
    page = camera.page
    page.locator("#batch-sample").click()
    expect(page.locator("#batch-preview")).to_contain_text("rows", timeout=60_000)
    page.locator("#batch-start").click()
    expect(page.locator("#batch-progress")).to_contain_text("rows scored", timeout=60_000)
    expect(page.locator("#batch-matrices button").first).to_be_visible(timeout=60_000)
    camera.take("batch", is_whole=False)


def _models(camera: Camera) -> None:
    expect(camera.page.locator(".s-tree").first).to_be_visible(timeout=60_000)
    camera.take("models", is_whole=False)


def _train(camera: Camera) -> None:
    page = camera.page
    page.locator("#train-start").click()
    expect(page.locator("#train-outcome")).to_contain_text("McNemar", timeout=300_000)
    camera.take("train")


def _lesson(camera: Camera) -> None:
    page = camera.page
    for _ in range(5):  # to the guess of the third step
        page.locator("#lesson-next").click()
    expect(page.locator("#lesson-chart .s-next")).to_have_count(1, timeout=60_000)
    camera.take("lesson", is_whole=False)


def _name_look(scheme: str, size: str) -> str:
    if size == "desktop":
        return scheme
    return size if scheme == "light" else f"{size}-{scheme}"


def main(folder: Path, *, is_all: bool = False) -> int:
    """Take every screenshot; 1 where Chromium is missing."""
    executable = find_chromium()
    if executable is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 1
    silence_libraries()
    folder.mkdir(parents=True, exist_ok=True)
    with running_app() as url, sync_playwright() as playwright:
        browser = launch_chromium(playwright, executable)
        for scheme, size in LOOKS:
            look = _name_look(scheme, size)
            if not is_all and not any(name.endswith(f"-{look}") for name in SHOWN):
                continue
            page = new_context(browser, scheme=scheme, size=size).new_page()
            view = "&view=projector" if size == "projector" else ""
            open_app(page, f"{url}?__theme={scheme}{view}")
            tour(Camera(page, folder, look, is_all=is_all))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), is_all="all" in sys.argv[2:]))
