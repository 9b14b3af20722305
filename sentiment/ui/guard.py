"""Refuse requests that would make the server fetch an address: files are uploaded."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REFUSAL = "Upload the file; an address is not fetched."


class NoAddresses:
    """ASGI middleware: a JSON body with a file whose path is an address is answered 422.

    Stands behind the limit of the body's size, so that a body can be held in memory.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body of a POST, and pass it on where nothing in it is to be fetched."""
        if scope["type"] != "http" or scope["method"] != "POST" or _is_upload(scope):
            await self.app(scope, receive, send)
            return
        messages: list[Message] = []
        body = b""
        while True:
            message = await receive()
            messages.append(message)
            body += message.get("body", b"")
            if message["type"] != "http.request" or not message.get("more_body"):
                break
        if _names_address(body):
            await JSONResponse({"detail": REFUSAL}, status_code=422)(scope, receive, send)
            return

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, replay, send)


def _is_upload(scope: Scope) -> bool:
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    return bool(kinds) and kinds[0].startswith(b"multipart/")


def _names_address(body: bytes) -> bool:
    if b"path" not in body and b"\\u" not in body:
        return False
    try:
        return _has_address(json.loads(body))
    except (ValueError, RecursionError):
        return False  # no JSON: whoever reads it says so


def _has_address(value: Any) -> bool:
    """Whether a file anywhere in `value` is an address; iterative, for bodies nested deeply."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            path = found.get("path")
            if isinstance(path, str) and path.strip().lower().startswith(("http:", "https:")):
                return True
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)
    return False
