"""Add title, social card, colours, fonts, script and header to the page of Gradio."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sentiment.paths import ASSETS
from sentiment.ui.render.theme import css_variables
from sentiment.ui.text import shared as copy

FIRST_STYLE = ASSETS / "first.css"
SCRIPTS = sorted(ASSETS.glob("*.js"), key=lambda path: (path.stem != "page", path.stem))
CARD = ASSETS / "social-card.png"
CARD_SIZE = (1200, 630)
CARD_PATH = "/social-card.png"

HEADER = (
    '<header class="s-header"><h1>Sentiment, side by <b>side</b></h1><div class="s-tools">'
    f'<button type="button" data-act="present" aria-pressed="false">{copy.PRESENT}</button>'
    f'<button type="button" data-act="scheme" aria-label="{copy.SCHEME}" title="{copy.SCHEME}">◐'
    "</button></div></header>"
)
FONTS = ASSETS / "fonts"
_A_YEAR = "public, max-age=31536000, immutable"
# Gradio tells of itself there, and does not fill in the address.
_ITS_TAGS = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')


def asset_routes() -> list[Route]:
    """Build the routes of the social card and of the fonts."""
    kept = {"cache-control": _A_YEAR}

    def send(path: Path, media_type: str, headers: dict[str, str] | None = None) -> Any:
        return lambda request: FileResponse(path, media_type=media_type, headers=headers)

    fonts = [
        Route(f"/fonts/{path.name}", send(path, "font/woff2", kept))
        for path in sorted(FONTS.glob("*.woff2"))
    ]
    return [Route(CARD_PATH, send(CARD, "image/png")), *fonts]


class FirstPaint:
    """ASGI middleware that adds title, colours and header to the page.

    Gradio hands over what `launch(head=…)` got once its own script runs: too late for the first
    paint, and never for those who read tags only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite the response if it is the page; pass others on."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        opening: Message = {}
        body = b""

        async def rewrite(message: Message) -> None:
            nonlocal opening, body
            if message["type"] != "http.response.body":
                opening = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            page = _complete(body, _address(scope))
            MutableHeaders(scope=opening)["content-length"] = str(len(page))
            await send(opening)
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, rewrite)


def _address(scope: Scope) -> str:
    """Return the public URL of the page, which differs from that of a Space's container."""
    host = os.environ.get("SPACE_HOST")
    return f"https://{host}/" if host else str(Request(scope).base_url)


def _complete(page: bytes, address: str) -> bytes:
    """Insert the additions into head and body of Gradio's `page`."""
    page = _ITS_TAGS.sub(b"", page)
    # After Gradio's first style, which knows the system's scheme only.
    page = page.replace(b"</style>", f"</style>{_tags(address)}{_head()}".encode(), 1)
    return page.replace(b"<gradio-app", _shell().encode() + b"<gradio-app", 1)


def _tags(address: str) -> str:
    card = f"{address.rstrip('/')}{CARD_PATH}"
    width, height = CARD_SIZE
    named = {"description": copy.DESCRIPTION, "twitter:card": "summary_large_image"}
    properties = {
        "og:type": "website",
        "og:url": address,
        "og:title": copy.TITLE,
        "og:description": copy.DESCRIPTION,
        "og:image": card,
        "og:image:width": str(width),
        "og:image:height": str(height),
        "og:image:alt": copy.CARD_ALT,
    }
    return f"<title>{escape(copy.TITLE)}</title>" + "".join(
        f'<meta {kind}="{name}" content="{escape(content)}">'
        for kind, own in (("name", named), ("property", properties))
        for name, content in own.items()
    )


@lru_cache(maxsize=1)
def _head() -> str:
    style = FIRST_STYLE.read_text(encoding="utf-8")
    scripts = "".join(f"<script>{path.read_text(encoding='utf-8')}</script>" for path in SCRIPTS)
    font = '<link rel="preload" href="fonts/source-sans-3-latin.woff2" as="font" crossorigin>'
    return f"{font}<style>{css_variables()}{style}</style>{scripts}"


def _shell() -> str:
    """Return the header that is shown until the app has loaded."""
    needs = f"<noscript><p>{escape(copy.NEEDS_SCRIPT)}</p></noscript>"
    return f'<div class="s-first">{HEADER}{needs}</div>'
