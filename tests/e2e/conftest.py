"""A real browser on the running app; requests that leave the machine and page errors are kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sentiment.evaluation.results import load_result, save_result
from sentiment.paths import BUNDLED
from tests.support.browsing import find_chromium, launch_chromium, new_context, open_app
from tests.support.serving import running_app

TRAINED = "my-own-head"

expect.set_options(timeout=60_000)  # a busy machine is no defect


def _train_one(folder: Path) -> None:
    """What a training leaves behind: a head of its own name, scored on held-out sentences."""
    shutil.copytree(BUNDLED / "distilbert-mini-sst2-head", folder / TRAINED)
    for path in (folder / TRAINED / "predictions").glob("*.parquet"):
        result = load_result(path)
        tuned = {"model": TRAINED} if result.info.kind == "fine-tuned" else {}
        moved = {"split": "train-held-out", "fingerprint": "0" * 16, **tuned}
        save_result(replace(result, info=replace(result.info, **moved)), path)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    _train_one(folder)
    return folder


@pytest.fixture(autouse=True)
def _trained_here(trained: Path, _isolated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTIMENT_CHECKPOINTS", str(trained))


@pytest.fixture(scope="session")
def url(trained: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIMENT_CHECKPOINTS", str(trained))
        patch.delenv("SENTIMENT_DATA", raising=False)  # the app is built before a test asks for it
        with running_app() as address:
            yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        message = "Chromium is not installed; `make test` installs it where apt-get is there."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        launched = launch_chromium(playwright, executable)
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Open the app; when the test ends, no request has left the machine and no error was thrown."""
    with ExitStack() as stack:
        outside: list[str] = []
        errors: list[str] = []

        def open_(query: str = "", *, scheme: str = "light", size: str = "desktop") -> Page:
            context = new_context(browser, scheme=scheme, size=size)
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("request", lambda request: _note(request.url, outside))
            open_app(page, f"{url}?__theme={scheme}{query}")
            return page

        yield open_
        assert outside == []
        assert errors == []


def _note(address: str, outside: list[str]) -> None:
    parts = urlsplit(address)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
        outside.append(address)
