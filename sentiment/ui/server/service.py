"""Manage the server lifecycle: `/health` is 200 once a model is ready, SIGTERM drains requests."""

from __future__ import annotations

import logging
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sentiment.labels import POSITIVE, PROBES
from sentiment.paths import BUNDLED
from sentiment.serving.lineup import LineUp

logger = logging.getLogger(__name__)

HEALTH_PATH = "/health"
ENDING = "The app is ending. Try again in a minute."
_GRACE = 0.5  # seconds between a job's acceptance and the request that listens to it
_RETRY = 5.0  # seconds until a model that could not answer is asked again
_ANSWERS = re.compile(r"/gradio_api/(queue/data|call/[^/]+/[^/]+)/?$")  # of jobs already accepted
_FOREVER = re.compile(r"/gradio_api/(heartbeat/|mcp)")  # requests that end with their client


class ServerLifecycle:
    """State of the server: whether a model is ready, and whether it is shutting down."""

    def __init__(self, lineup: LineUp) -> None:
        self._lineup = lineup
        self._has_answered = threading.Event()
        self._is_end_asked = False
        self._is_ending = False
        self._open = 0  # requests being answered; counted in the server's one event loop

    def begin(self) -> None:
        """Retry a bundled model in a thread until it is ready."""
        threading.Thread(target=self._ask, name="first-answer", daemon=True).start()

    def _ask(self) -> None:
        while not self._has_answered.is_set():
            bundled = [m for m in self._lineup.default_models() if m.folder.parent == BUNDLED]
            answers = [self._lineup.predict(model, PROBES[POSITIVE]) for model in bundled[:1]]
            if any(not answer.error for answer in answers):
                self._has_answered.set()
                return
            logger.error("No bundled model answers: %s", [answer.error for answer in answers])
            time.sleep(_RETRY)

    def route(self) -> Route:
        """Answer `/health`: 200 if a model is ready, else 503."""

        def health(_: Request) -> JSONResponse:
            if self._has_answered.is_set():
                return JSONResponse({"status": "ok"})
            return JSONResponse({"status": "starting"}, status_code=503)

        return Route(HEALTH_PATH, health)

    def wait_for_end(self, seconds: float) -> None:
        """Return on Ctrl-C, or on SIGTERM once all requests are finished.

        What takes longer than `seconds` is given up; a second SIGTERM gives it up at once.
        """

        def end(_signal: int, _frame: FrameType | None) -> None:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self._is_end_asked = True  # no lock: the thread that is interrupted may hold it

        signal.signal(signal.SIGTERM, end)
        try:
            while not self._is_end_asked:
                time.sleep(0.1)
            self.drain(seconds)
        except KeyboardInterrupt:
            return

    def drain(self, seconds: float) -> bool:
        """Reject new requests; return whether all others finished within `seconds`."""
        self._is_ending = True
        deadline = time.monotonic() + seconds
        last_busy = time.monotonic()
        while time.monotonic() < deadline:
            if self._open:
                last_busy = time.monotonic()
            elif time.monotonic() - last_busy > _GRACE:
                return True
            time.sleep(0.05)
        return False

    def accepts(self, scope: Scope) -> bool:
        """Return whether to accept the request: while shutting down, only those for results."""
        if not self._is_ending:
            return True
        return scope["method"] == "GET" and bool(_ANSWERS.search(scope["path"]))

    @contextmanager
    def counted(self, scope: Scope) -> Iterator[None]:
        """Count a request as active, so that shutdown waits for it, unless it is an open stream."""
        counts = not _FOREVER.search(scope["path"])
        self._open += counts
        try:
            yield
        finally:
            self._open -= counts


class DrainMiddleware:
    """ASGI middleware that counts active requests and rejects new ones during shutdown."""

    def __init__(self, app: ASGIApp, service: ServerLifecycle) -> None:
        self.app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 503 during shutdown."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif self._service.accepts(scope):
            with self._service.counted(scope):
                await self.app(scope, receive, send)
        else:
            refusal = JSONResponse({"detail": ENDING}, 503, headers={"Retry-After": "60"})
            await refusal(scope, receive, send)
