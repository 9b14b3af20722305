"""Where to draw the line: what a threshold on the log-odds makes of a model's answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sentiment.evaluation.reliability import two_folds
from sentiment.labels import NEGATIVE, POSITIVE
from sentiment.probabilities import log_odds


@dataclass(frozen=True)
class ConfusionCounts:
    """Texts by gold label and by what is said of them above one threshold."""

    true_negative: int
    false_positive: int
    false_negative: int
    true_positive: int

    @property
    def n(self) -> int:
        """Count all texts."""
        return self.true_negative + self.false_positive + self.false_negative + self.true_positive

    @property
    def accuracy(self) -> float:
        """Return the share of correct predictions."""
        return (self.true_negative + self.true_positive) / self.n


@dataclass(frozen=True)
class TunedThreshold:
    """A threshold that was chosen with labels, scored on other texts than it was chosen on."""

    threshold: float  # log-odds; the mean of those of both halves
    accuracy: float  # of each half with the threshold of the other


def confusion_at(threshold: float, gold: np.ndarray, p_positive: np.ndarray) -> ConfusionCounts:
    """Count the confusion matrix at the log-odds `threshold` for labels `gold` (n,)."""
    said = log_odds(p_positive) > threshold
    is_positive = gold == POSITIVE
    return ConfusionCounts(
        true_negative=int((~said & ~is_positive).sum()),
        false_positive=int((said & ~is_positive).sum()),
        false_negative=int((~said & is_positive).sum()),
        true_positive=int((said & is_positive).sum()),
    )


def threshold_curve(gold: np.ndarray, p_positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute every threshold that makes a difference, and its accuracy; both (distinct + 1,).

    A threshold stands in the middle between two neighbouring log-odds, or one beyond the ends.
    """
    odds = log_odds(p_positive)
    order = np.argsort(odds, kind="stable")
    values, starts = np.unique(odds[order], return_index=True)
    below_negative = np.concatenate([[0], np.cumsum(gold[order] == NEGATIVE)])
    below_positive = np.concatenate([[0], np.cumsum(gold[order] == POSITIVE)])
    borders = np.append(starts, len(odds))  # texts below each threshold
    right = below_negative[borders] + below_positive[-1] - below_positive[borders]
    middle = (values[1:] + values[:-1]) / 2
    thresholds = np.concatenate([[values[0] - 1], middle, [values[-1] + 1]])
    return thresholds, right / len(odds)


def tune_threshold(gold: np.ndarray, p_positive: np.ndarray) -> TunedThreshold | None:
    """Tune the threshold on labels, each half for the other; None if there are too few texts."""
    if len(gold) < 2:
        return None
    found, right = [], 0
    for own, other in two_folds(len(gold)):
        thresholds, accuracies = threshold_curve(gold[other], p_positive[other])
        best = thresholds[accuracies == accuracies.max()]
        found.append(float(best[np.argmin(np.abs(best))]))  # of equals the nearest to none at all
        counts = confusion_at(found[-1], gold[own], p_positive[own])
        right += counts.true_negative + counts.true_positive
    return TunedThreshold(float(np.mean(found)), right / len(gold))
