"""Handle SIGINT and SIGTERM, so that a state can be saved before the process exits."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def collect_signals() -> Iterator[list[int]]:
    """Collect the first SIGINT or SIGTERM in a list; a second one ends the process.

    Only the main thread receives signals; in other threads the list stays empty.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return

    def handle(number: int, _frame: FrameType | None) -> None:
        if received:
            os._exit(128 + number)
        received.append(number)

    handled = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.getsignal(number) for number in handled}
    for number in handled:
        signal.signal(number, handle)
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def raise_for(number: int) -> None:
    """Raise the exception for the signal `number`.

    Raises:
        KeyboardInterrupt: for SIGINT.
        SystemExit: for any other, with 128 plus its number.
    """
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
