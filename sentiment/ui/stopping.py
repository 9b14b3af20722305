"""Work that its visitor can stop: it looks between its parts, so that what is done is kept.

Gradio's own `cancels` tears a generator that is still computing, and shows an error in its place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import gradio as gr


class Stops:
    """Whether each visit wants its work to end."""

    def __init__(self) -> None:
        self._asked: dict[str, threading.Event] = {}

    def announce(self, request: gr.Request) -> None:
        """Work is about to wait for its turn: it can be stopped from now on."""
        self._asked[str(request.session_hash)] = threading.Event()

    def begin(self, request: gr.Request) -> Callable[[], bool]:
        """What tells the work of this visit whether to end."""
        return self._asked.setdefault(str(request.session_hash), threading.Event()).is_set

    def end(self, request: gr.Request) -> None:
        """The work of this visit is over."""
        self._asked.pop(str(request.session_hash), None)

    def ask(self, request: gr.Request) -> bool:
        """Ask the work of this visit to end; False where there is none."""
        asked = self._asked.get(str(request.session_hash))
        if asked is not None:
            asked.set()
        return asked is not None
