"""Work that its visitor can stop: it looks between its parts, so that what is done is kept.

Gradio's own `cancels` tears a generator that is still computing, and shows an error in its place.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import gradio as gr

# Settings of events that no API lists and that show no progress bar of Gradio's.
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
INSTANT: dict[str, Any] = {**PRIVATE, "queue": False}  # answered at once, beside the queue
# The values as the page sent them: the choices of a dropdown may have changed since, and Gradio
# would answer "Error" in place of the result.
UNCHECKED: dict[str, Any] = {**PRIVATE, "preprocess": False}
EXPLAIN_QUEUE = "why"  # the line of explanations, which take as long as many answers
BATCH_QUEUE = "batch"  # the line of files, beside that of single texts, which it would hold up
TEXT_QUEUE = "model-work"  # the line of those who ask about one text
TEXT_QUEUE_SIZE = (
    32  # of them at a time, so that what they ask the same model can be answered together
)
_MAX_ANNOUNCED = 8  # presses of one visit that are remembered


class CancelTokens:
    """Queued and running jobs of each session, with their stop requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._announced: dict[str, list[Event]] = defaultdict(list)
        self._running: dict[str, list[Event]] = defaultdict(list)

    def announce(self, request: gr.Request) -> None:
        """Register a job that is about to be queued, so that it can be stopped.

        Of a second press on a button whose work is running nothing comes; what was announced by it
        must not stop what is begun later, so a stop that nobody heard is forgotten here.
        """
        visit = str(request.session_hash)
        with self._lock:
            heard = [own for own in self._announced[visit] if not own.is_set()]
            self._announced[visit] = [*heard, Event()][-_MAX_ANNOUNCED:]

    @contextmanager
    def run(self, request: gr.Request, *, is_only: bool = False) -> Iterator[Callable[[], bool]]:
        """Run a job of this session; yield a function that returns whether to stop.

        Args:
            is_only: stop the other jobs of this session, whose results would come too late.
        """
        visit = str(request.session_hash)
        with self._lock:
            for earlier in self._running[visit] if is_only else ():
                earlier.set()
            waiting = self._announced[visit]
            own = waiting.pop(0) if waiting else Event()
            self._running[visit].append(own)
        try:
            yield own.is_set
        finally:
            with self._lock:
                self._running[visit].remove(own)
                for kept in (self._running, self._announced):
                    if not kept[visit]:
                        del kept[visit]

    def ask(self, request: gr.Request) -> bool:
        """Stop all jobs of this session; return False if there are none."""
        visit = str(request.session_hash)
        with self._lock:
            found = [*self._announced.get(visit, ()), *self._running.get(visit, ())]
        for own in found:
            own.set()
        return bool(found)
