"""Few-shot results over several draws of the demonstrations: each draw, mean and deviation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import mean, stdev
from typing import Any

from sentiment.evaluation.results import Result
from sentiment.evaluation.thresholds import confusion_at

COLUMNS = {  # metric and its title
    "accuracy": "accuracy",
    "batch_mean_accuracy": "at the batch mean",
    "auroc": "AUROC",
}


@dataclass(frozen=True)
class DrawMetrics:
    """Metrics of one draw; a metric that is not defined is None."""

    seed: int
    accuracy: float
    batch_mean_accuracy: float | None  # with the threshold at the batch mean
    auroc: float | None


@dataclass(frozen=True)
class DrawSummary:
    """The metrics of all draws of one model, in the order of the draws."""

    draws: tuple[DrawMetrics, ...]

    def values(self, metric: str) -> list[float]:
        """Return the values of a metric of `COLUMNS`, empty where a draw has none."""
        found = [getattr(draw, metric) for draw in self.draws]
        return [] if None in found else found

    def mean(self, metric: str) -> float | None:
        """Compute the mean of a metric over the draws."""
        values = self.values(metric)
        return mean(values) if values else None

    def deviation(self, metric: str) -> float | None:
        """Compute the standard deviation of a metric, with n − 1 in its denominator."""
        values = self.values(metric)
        return stdev(values) if len(values) > 1 else None

    def to_dict(self) -> dict[str, Any]:
        """Convert to JSON values."""
        return {
            "draws": [asdict(draw) for draw in self.draws],
            "mean": {metric: self.mean(metric) for metric in COLUMNS},
            "standard_deviation": {metric: self.deviation(metric) for metric in COLUMNS},
        }


def summarize_draws(results: Sequence[Result]) -> DrawSummary:
    """Summarize the results of one model with several draws of demonstrations."""
    return DrawSummary(tuple(map(_measure, results)))


def group_draws(results: Sequence[Result]) -> list[list[Result]]:
    """Group results that differ in the draw alone, in the order of their first ones."""
    groups: dict[tuple[object, ...], list[Result]] = {}
    for place, result in enumerate(results):
        method = result.info.method
        key: tuple[object, ...] = (place,)
        if method.shots and not method.shots_digest:
            key = (result.info.model, method.shots, method.shots_from, method.template)
        groups.setdefault(key, []).append(result)
    return list(groups.values())


def _measure(result: Result) -> DrawMetrics:
    threshold = result.info.thresholds.get("batch_mean")
    moved = None
    if threshold is not None:
        moved = confusion_at(threshold, result.gold, result.p_positive).accuracy
    return DrawMetrics(
        seed=result.info.method.shots_seed,
        accuracy=result.accuracy,
        batch_mean_accuracy=moved,
        auroc=result.metrics.auroc,
    )
