"""A real browser on the running app: where Chromium is, how it starts, which sizes it gets."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, BrowserContext, Playwright

VIEWPORTS = {"desktop": (1180, 900), "phone": (390, 844), "projector": (1920, 1080)}
_NAMES = ("chromium", "chromium-browser", "google-chrome")


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
