"""What a training says of itself while it goes on; loads without torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class StepReport:
    """Where a training stands; sent to `on_report` whenever a loss is logged."""

    step: int
    steps: int
    epoch: float
    loss: float
    examples_per_second: float


@dataclass(frozen=True)
class EpochReport:
    """What an epoch came to on the texts that are watched; sent to `on_report` after each."""

    step: int
    epoch: float
    loss: float
    accuracy: float  # 0 to 1


OnReport = Callable[[StepReport | EpochReport], None]
