"""Reject invalid requests, requests that name a URL as a file, and requests to a full queue."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from typing import Any
from urllib.parse import unquote

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sentiment.limits import MAX_WAITING

REFUSAL = "Upload the file; an address is not fetched."
NO_REQUEST = "The body must be a JSON object with a list named data."
NO_SESSION = "session_hash must be 1 to 100 letters, digits, - or _."
NO_CANCEL = "To cancel, give session_hash, fn_index and event_id."
FULL = "Too many people are asking at once. Try again in a few seconds."
TOO_FEW = "This endpoint takes {needed} values in data; {came} came."
NO_EVENT = "There is no such endpoint."
_CALL = re.compile(r"/gradio_api/(call|api|run)/([^/]*)/?$")  # the last two by fn_index, too
_ASKING = re.compile(r"/gradio_api/(call|api|run|queue/join|cancel|component_server)\b")
_QUEUED = re.compile(r"/gradio_api/(call|queue/join)\b")
_CANCEL = re.compile(r"/gradio_api/cancel/?$")
_SESSION = re.compile(r"[\w-]{1,100}", re.ASCII)


class QueueLimit:
    """ASGI middleware that answers 503 to requests for events while the queue is full.

    Gradio says the same, but opens a session for each before it looks at the queue, and a session
    takes 30 ms of the event loop. So those who are let in enter one by one, and between two of them
    those who are not are told so.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._entering = 0  # requests let in that may not stand in the queue yet
        self._door = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if the queue has room."""
        is_http = scope["type"] == "http" and scope["method"] == "POST"
        if not is_http or not _QUEUED.search(scope["path"]):
            await self.app(scope, receive, send)
        elif len(scope["app"].get_blocks()._queue) + self._entering >= MAX_WAITING:
            refusal = JSONResponse({"detail": FULL}, 503, headers={"Retry-After": "10"})
            await refusal(scope, receive, send)
        else:
            self._entering += 1
            try:
                async with self._door:
                    await self.app(scope, receive, send)
            finally:
                self._entering -= 1


class RequestValidator:
    """ASGI middleware that answers 404 or 422 with a message to invalid requests.

    Stands behind the limit of the body's size, so that a body can be held in memory.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Validate the body of a POST request and pass it on."""
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
        status, problem = _find_problem(scope, body)
        if problem:
            await JSONResponse({"detail": problem}, status_code=status)(scope, receive, send)
            return

        completed = _add_defaults(scope, body)
        if completed != body:
            messages = [{"type": "http.request", "body": completed}]
            scope = {**scope, "headers": _set_length(scope["headers"], len(completed))}

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, replay, send)


def _is_upload(scope: Scope) -> bool:
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    is_form = bool(kinds) and kinds[0].startswith(b"multipart/")
    return is_form and not _ASKING.search(scope["path"])


def _find_problem(scope: Scope, body: bytes) -> tuple[int, str]:
    """Return status and message of the error in a request; an empty message if there is none."""
    is_asking = bool(_ASKING.search(scope["path"]))
    if not is_asking and b"path" not in body and b"\\u" not in body:
        return 200, ""
    odd: list[str] = []  # NaN and Infinity, which Python reads and JSON does not know
    try:
        content = json.loads(body, parse_constant=odd.append)
    except (ValueError, RecursionError):
        return (422, NO_REQUEST) if is_asking else (200, "")  # whoever reads it says so
    if _has_address(content):
        return 422, REFUSAL
    if is_asking and odd:
        return 422, NO_REQUEST
    return _find_odd(scope, content) if is_asking else (200, "")


def _find_odd(scope: Scope, content: Any) -> tuple[int, str]:
    """Describe the error in a request for an event of the running demo."""
    if not isinstance(content, dict):
        return 422, NO_REQUEST
    called, is_cancel = _CALL.search(scope["path"]), bool(_CANCEL.search(scope["path"]))
    if not _is_formed(content, needs_data=not (called or is_cancel)):
        return 422, NO_REQUEST
    if is_cancel and not _names_event(content):
        return 422, NO_CANCEL
    session = content.get("session_hash")
    if session is not None and not (isinstance(session, str) and _SESSION.fullmatch(session)):
        return 422, NO_SESSION
    asked = _find_event(scope, content)
    if asked is None:
        return (404, NO_EVENT) if called or content.get("fn_index") is not None else (200, "")
    needed = len(asked.inputs) - len(_find_defaults(asked))
    came = len(content.get("data", []))
    if came < needed and not is_cancel:
        return 422, TOO_FEW.format(needed=needed, came=came)
    return 200, ""


def _find_event(scope: Scope, content: dict[str, Any]) -> Any:
    """Find the event of the running demo that a request is for, None if there is none."""
    functions = scope["app"].get_blocks().fns
    called, index = _CALL.search(scope["path"]), content.get("fn_index")
    if called and (index is None or called[1] == "call"):
        name = unquote(called[2])
        return next((own for own in functions.values() if own.api_name == name), None)
    return functions.get(index) if type(index) is int else None


def _find_defaults(asked: Any) -> list[Any]:
    """Find the default values of an endpoint's last parameters; events of the page have none."""
    if asked.fn is None or not isinstance(asked.api_name, str):
        return []
    parameters = list(inspect.signature(asked.fn).parameters.values())[: len(asked.inputs)]
    return [own.default for own in parameters if own.default is not inspect.Parameter.empty]


def _add_defaults(scope: Scope, body: bytes) -> bytes:
    """Add the default values of parameters that a call leaves out at its end.

    Gradio takes as many values as there are parameters, so that a call from before a parameter was
    added would fail.
    """
    if not _CALL.search(scope["path"]):
        return body
    content = json.loads(body)
    asked = _find_event(scope, content)
    missing = len(asked.inputs) - len(content["data"]) if asked and "data" in content else 0
    defaults = _find_defaults(asked) if missing > 0 else []
    if not 0 < missing <= len(defaults):
        return body
    data = [*content["data"], *defaults[-missing:]]
    return json.dumps({**content, "data": data}).encode()


def _set_length(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    """Set the length of the body in the headers of a request."""
    others = [(name, value) for name, value in headers if name != b"content-length"]
    return [*others, (b"content-length", str(length).encode())]


def _is_formed(content: dict[str, Any], *, needs_data: bool) -> bool:
    """Return whether the fields that Gradio reads have valid types."""
    return isinstance(content.get("data", None if needs_data else []), list) and isinstance(
        content.get("trigger_id"), int | None
    )


def _names_event(content: dict[str, Any]) -> bool:
    """Return whether a cancel request names its event."""
    names = (content.get("session_hash"), content.get("event_id"))
    return all(isinstance(own, str) and _SESSION.fullmatch(own) for own in names) and isinstance(
        content.get("fn_index"), int
    )


def _has_address(value: Any) -> bool:
    """Return whether `value` contains a file that is a URL; iterative, for deeply nested bodies."""
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
