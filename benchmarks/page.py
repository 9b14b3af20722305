"""The page in a browser: how long visitors wait for what they see, each beside a blank Gradio page.

Starts the app in this process, as the browser tests do, and a Gradio page with one text box. Both
are warm: everything was opened once before. Headless Chromium measures from outside.

python -m benchmarks.page [--rounds N] [--rows N] [--tabs NAME ...] [--link QUERY] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import gradio as gr
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.rows import many_texts
from sentiment.runtime.hardware import describe_hardware
from sentiment.runtime.logs import silence_libraries
from sentiment.runtime.provenance import versions
from tests.support.browsing import find_chromium, launch_chromium, new_context
from tests.support.serving import running_app

ANSWERS = "#compare-answers [data-model]"
FINAL = "#compare-answers:not(:has(.s-waiting, [aria-busy=true])) [data-model]"
TEXT = "A warm film, though half an hour too long."
# What a visitor has come for in each tab.
PICTURES = {
    "Lesson": "#lesson-screen",
    "Train": "#train-start",
    "Scores": "#scores-table table",
    "Examples": "#examples article",
    "Batch": "#batch-models .token",
    "Models": "#models-tree .s-card",
}
BATCH_MODELS = ("gpt2-mini", "llama-mini")
_PATIENCE = 300_000  # milliseconds
_PAINT = """() => new Promise((resolve) => {
  const look = () => performance.getEntriesByName("first-contentful-paint")[0];
  if (look()) return resolve(look().startTime);
  new PerformanceObserver(() => look() && resolve(look().startTime))
    .observe({ type: "paint", buffered: true });
})"""

_IS_ANSWERED = """([before, final]) => document.querySelector(final)
  && document.querySelector("#compare-answers").innerHTML !== before"""

Measured = dict[str, list[float]]  # seconds of every round, by what was waited for


@contextmanager
def blank_page() -> Iterator[str]:
    """The address of a Gradio page with one text box, which is what any app pays."""
    with gr.Blocks(analytics_enabled=False) as demo:
        gr.Textbox(label="Text", elem_id="blank")
    _, url, _ = demo.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    try:
        yield url
    finally:
        demo.close()


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """A window that has nothing in its cache."""
    context = new_context(browser, scheme="light", size="desktop")
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    try:
        yield page
    finally:
        context.close()


def seconds_until(page: Page, selector: str, act: Callable[[], object]) -> float:
    """Seconds from `act` until the first match of `selector` can be seen."""
    started = time.perf_counter()
    act()
    page.locator(selector).first.wait_for()
    return time.perf_counter() - started


def measure_blank(browser: Browser, url: str, measured: Measured) -> None:
    """First paint and first component of the blank page."""
    with fresh_page(browser) as page:
        shown = seconds_until(page, "#blank", lambda: page.goto(url))
        _add(measured, "blank page, first paint", page.evaluate(_PAINT) / 1000)
        _add(measured, "blank page, its text box", shown)


def measure_app(browser: Browser, url: str, tabs: list[str], measured: Measured) -> None:
    """First paint, first answer, a warm answer, and the first look at each of `tabs`."""
    with fresh_page(browser) as page:
        answered = seconds_until(page, ANSWERS, lambda: page.goto(url))
        _add(measured, "first paint", page.evaluate(_PAINT) / 1000)
        _add(measured, "first answer of the page", answered)
        page.wait_for_function(_IS_ANSWERED, arg=["", FINAL])
        _add(measured, "warm answer of Compare", _answer(page))
        for name in tabs:
            tab = page.get_by_role("tab", name=name, exact=True)
            _add(measured, f"tab {name}", seconds_until(page, PICTURES[name], tab.click))


def _answer(page: Page) -> float:
    """Seconds from pressing Compare until the last model has answered another text."""
    page.get_by_label("Text to compare").fill(TEXT)
    before = page.locator("#compare-answers").inner_html()
    started = time.perf_counter()
    page.locator("#compare-button").click()
    page.wait_for_function(_IS_ANSWERED, arg=[before, FINAL])
    return time.perf_counter() - started


def measure_batch(browser: Browser, url: str, rows: int, measured: Measured) -> None:
    """A file of `rows` sentences, scored by two small models."""
    with fresh_page(browser) as page, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.csv"
        quoted = ('"' + text.replace('"', "'") + '"' for text in many_texts(rows, 0))
        path.write_text("\n".join(["text", *quoted]), encoding="utf-8")
        page.goto(url)
        page.get_by_role("tab", name="Batch", exact=True).click()
        _choose_models(page)
        page.locator("#batch-file input[type=file]").set_input_files(path)
        page.locator("#batch-file").get_by_text("texts").first.wait_for()
        done = page.get_by_text(f"{rows:,} of {rows:,} rows").first
        started = time.perf_counter()
        page.locator("#batch-start").click()
        done.wait_for()
        _add(measured, f"{rows} rows, {len(BATCH_MODELS)} models", time.perf_counter() - started)


def _choose_models(page: Page) -> None:
    """Leave only `BATCH_MODELS` chosen in Batch."""
    tokens = page.locator("#batch-models .token")
    tokens.first.wait_for()
    page.locator("#batch-models .remove-all").click()
    box = page.locator("#batch-models input")
    for number, name in enumerate(BATCH_MODELS):
        box.click()
        page.get_by_role("option", name=name, exact=True).click()
        tokens.nth(number).wait_for()
    page.keyboard.press("Escape")


def _add(measured: Measured, name: str, seconds: float) -> None:
    measured.setdefault(name, []).append(seconds)


def find_ratio(name: str, medians: dict[str, float]) -> float | None:
    """Find how many times as long as on the blank page something takes; None for the rest."""
    against = {
        "first paint": "blank page, first paint",
        "first answer of the page": "blank page, its text box",
    }
    return medians[name] / medians[against[name]] if name in against else None


def print_table(measured: Measured, *, is_json: bool) -> None:
    """Print medians, the slowest round and the ratios."""
    medians = {name: statistics.median(taken) for name, taken in measured.items()}
    if is_json:
        ratios = {name: ratio for name in medians if (ratio := find_ratio(name, medians))}
        said = {
            "claim": "the page in a browser",
            "seconds": measured,
            "medians": medians,
            "ratios": ratios,
            "hardware": describe_hardware(),
            "versions": versions(),
            "date": datetime.now(UTC).date().isoformat(),
        }
        print(json.dumps(said, indent=2))
        return
    print(f"{'waited for':<32} {'median':>9} {'slowest':>9} {'blank page':>11}")
    for name, median in medians.items():
        ratio = find_ratio(name, medians)
        shown = f"{ratio:9.2f} ×" if ratio else ""
        print(f"{name:<32} {median:7.2f} s {max(measured[name]):7.2f} s {shown:>11}")


def main() -> None:
    """Measure in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each (5)")
    parser.add_argument("--rows", type=int, default=200, help="rows of the file in Batch (200)")
    parser.add_argument(
        "--tabs", nargs="*", choices=list(PICTURES), default=list(PICTURES), help="tabs (all)"
    )
    parser.add_argument(
        "--link", default="", help="open the page by this query, such as ?text=Fine. (none)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    silence_libraries()
    executable = find_chromium()
    if executable is None:
        raise SystemExit("Chromium is not installed.")
    measured: Measured = {}
    with running_app() as app, blank_page() as blank, sync_playwright() as playwright:
        browser = launch_chromium(playwright, executable)
        for number in range(options.rounds + 1):
            taken = measured if number else {}  # the first round loads models and warms caches
            measure_blank(browser, blank, taken)
            measure_app(browser, app + options.link, options.tabs, taken)
            measure_batch(browser, app, options.rows, taken)
        browser.close()
    print_table(measured, is_json=options.json)


if __name__ == "__main__":
    main()
