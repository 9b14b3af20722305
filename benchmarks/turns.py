"""Measure ways of doing the same work in turn, and say how their medians compare."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sentiment.runtime.hardware import describe_hardware
from sentiment.runtime.provenance import versions

Ways = Mapping[str, Callable[[], object]]


def take_turns(ways: Ways, *, rounds: int) -> dict[str, list[float]]:
    """Seconds of each way, `rounds` times each, one after the other in every round.

    A way may return its own seconds, where not all it does is to be measured.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            started = time.perf_counter()
            own = work()
            taken = own if isinstance(own, float) else time.perf_counter() - started
            seconds[name].append(taken)
    return seconds


def report(
    claim: str,
    seconds: Mapping[str, list[float]],
    *,
    ours: str,
    is_json: bool,
    **facts: Any,
) -> None:
    """Print the medians and, of every other way, how many times as long it takes as `ours`.

    Beside the ratio of the medians stand the lowest and the highest of a single round.
    """
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    ratios = {name: median / medians[ours] for name, median in medians.items() if name != ours}
    rounds = {
        name: [a / b for a, b in zip(seconds[name], seconds[ours], strict=True)] for name in ratios
    }
    if is_json:
        said = {
            "claim": claim,
            "seconds": dict(seconds),
            "ratios": ratios,
            "ratios of the rounds": rounds,
            **facts,
            "hardware": describe_hardware(),
            "versions": versions(),
            "date": datetime.now(UTC).date().isoformat(),
        }
        print(json.dumps(said, indent=2))
        return
    print(claim)
    for name, median in medians.items():
        ratio = "" if name == ours else f"  {ratios[name]:.2f} × as long"
        if name != ours:
            ratio += f" ({min(rounds[name]):.2f} to {max(rounds[name]):.2f})"
        print(f"  {name:<44} {median:8.3f} s{ratio}")
    for name, value in facts.items():
        print(f"  {name}: {value}")
