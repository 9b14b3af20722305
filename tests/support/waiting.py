"""Wait for a condition, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMEOUT = 120.0  # seconds, far more than anything takes: a busy machine is no defect


def wait_for(condition: Callable[[], object], what: str = "the condition") -> None:
    """Return as soon as `condition` holds; fail with `what` after `TIMEOUT` seconds."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about in {TIMEOUT:.0f} s"
        time.sleep(0.01)
