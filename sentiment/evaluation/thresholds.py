"""Decision thresholds on the log-odds: confusion counts, accuracy curve and tuning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sentiment.evaluation.reliability import two_folds
from sentiment.labels import NEGATIVE, POSITIVE
from sentiment.probabilities import log_odds


@dataclass(frozen=True)
class ConfusionCounts:
    """Confusion matrix at one decision threshold."""

    true_negative: int
    false_positive: int
    false_negative: int
    true_positive: int

    @property
    def n(self) -> int:
        """Return the number of texts."""
        return self.true_negative + self.false_positive + self.false_negative + self.true_positive

    @property
    def accuracy(self) -> float:
        """Return the accuracy."""
        return (self.true_negative + self.true_positive) / self.n


@dataclass(frozen=True)
class TunedThreshold:
    """A decision threshold tuned with labels, and its cross-validated accuracy."""

    threshold: float  # log-odds; mean of both halves
    accuracy: float  # of each half at the threshold of the other half


def confusion_at(threshold: float, gold: np.ndarray, p_positive: np.ndarray) -> ConfusionCounts:
    """Compute the confusion matrix at the log-odds `threshold` for labels `gold` (n,)."""
    predicted = log_odds(p_positive) > threshold
    is_positive = gold == POSITIVE
    return ConfusionCounts(
        true_negative=int((~predicted & ~is_positive).sum()),
        false_positive=int((predicted & ~is_positive).sum()),
        false_negative=int((~predicted & is_positive).sum()),
        true_positive=int((predicted & is_positive).sum()),
    )


def threshold_curve(gold: np.ndarray, p_positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute all distinct thresholds and the accuracy at each; both (distinct log-odds + 1,).

    The thresholds are midpoints of neighbouring log-odds, and one beyond each end.
    """
    odds = log_odds(p_positive)
    order = np.argsort(odds, kind="stable")
    values, starts = np.unique(odds[order], return_index=True)
    below_negative = np.concatenate([[0], np.cumsum(gold[order] == NEGATIVE)])
    below_positive = np.concatenate([[0], np.cumsum(gold[order] == POSITIVE)])
    counts_below = np.append(starts, len(odds))  # texts below each threshold
    correct = below_negative[counts_below] + below_positive[-1] - below_positive[counts_below]
    midpoints = (values[1:] + values[:-1]) / 2
    thresholds = np.concatenate([[values[0] - 1], midpoints, [values[-1] + 1]])
    return thresholds, correct / len(odds)


def tune_threshold(gold: np.ndarray, p_positive: np.ndarray) -> TunedThreshold | None:
    """Tune the threshold by two-fold cross-validation; None if there are too few texts."""
    if len(gold) < 2:
        return None
    tuned, correct = [], 0
    for test, fit in two_folds(len(gold)):
        thresholds, accuracies = threshold_curve(gold[fit], p_positive[fit])
        best = thresholds[accuracies == accuracies.max()]
        tuned.append(float(best[np.argmin(np.abs(best))]))  # of ties, the one nearest to 0
        counts = confusion_at(tuned[-1], gold[test], p_positive[test])
        correct += counts.true_negative + counts.true_positive
    return TunedThreshold(float(np.mean(tuned)), correct / len(gold))
