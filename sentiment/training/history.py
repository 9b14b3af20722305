"""Read the training history in `run.json` by epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Epoch:
    """Losses and accuracy of one epoch."""

    number: int
    training_loss: float | None  # mean of the logged losses, None if there are none
    loss: float  # on the evaluation texts
    accuracy: float  # on the evaluation texts


def epochs_of(history: Sequence[Mapping[str, float]]) -> list[Epoch]:
    """List the epochs of `history` in order."""
    losses: dict[int, list[float]] = {}
    for entry in history:
        if "loss" in entry:
            losses.setdefault(math.ceil(entry["epoch"]), []).append(entry["loss"])
    return [
        Epoch(
            number=number,
            training_loss=sum(epoch_losses) / len(epoch_losses)
            if (epoch_losses := losses.get(number))
            else None,
            loss=entry["evaluation_loss"],
            accuracy=entry["evaluation_accuracy"],
        )
        for entry in history
        if "evaluation_loss" in entry and (number := round(entry["epoch"]))
    ]


def epoch_rows(history: Sequence[Mapping[str, float]]) -> list[tuple[str, str, str, str]]:
    """Build the table of epochs, with a header row; empty if there are none."""
    epochs = epochs_of(history)
    rows = [
        (
            str(epoch.number),
            "–" if epoch.training_loss is None else f"{epoch.training_loss:.4f}",
            f"{epoch.loss:.4f}",
            f"{epoch.accuracy:.4f}",
        )
        for epoch in epochs
    ]
    return [("epoch", "training loss", "loss", "accuracy"), *rows] if rows else []


@dataclass(frozen=True)
class StepReport:
    """Progress of a training run; passed to `on_report` whenever a loss is logged."""

    step: int
    steps: int
    epoch: float
    loss: float
    examples_per_second: float


@dataclass(frozen=True)
class EpochReport:
    """Loss and accuracy on the evaluation texts; passed to `on_report` after each epoch."""

    step: int
    epoch: float
    loss: float
    accuracy: float  # 0 to 1
    # Probability of the positive label of each evaluated text, in order.
    p_positive: tuple[float, ...] = field(default=(), repr=False)


OnReport = Callable[[StepReport | EpochReport], None]
