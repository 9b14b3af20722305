"""Metrics of one model on labelled texts: pure functions over labels and probabilities.

scikit-learn and scipy are imported in the functions that use them, because they are slow to load
and the page reads saved predictions before it shows a metric.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sentiment.errors import DataError
from sentiment.labels import NEGATIVE, POSITIVE
from sentiment.probabilities import is_positive

CONFIDENCE = 0.95
SIGNIFICANCE = 0.05
RESAMPLES = 2000
BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Interval:
    """Bounds of a 95 % interval, on the scale of its metric."""

    low: float
    high: float


@dataclass(frozen=True)
class Metrics:
    """Scores of one model on n labelled texts; precision, recall and F1 are of the positive label.

    `confusion` counts texts, rows by gold label and columns by prediction, negative first.
    Balanced accuracy, MCC and AUROC are None where all texts have one gold label, for which they
    are not defined; F1 is None where no text is positive, by its gold label or its prediction.
    """

    n: int
    accuracy: float
    accuracy_interval: Interval  # Wilson
    majority_accuracy: float  # of always predicting the more frequent gold label
    balanced_accuracy: float | None  # mean recall of both labels
    balanced_accuracy_interval: Interval | None  # bootstrap over texts
    precision: float
    precision_interval: Interval  # bootstrap over texts
    recall: float
    recall_interval: Interval  # bootstrap over texts
    f1: float | None
    f1_interval: Interval | None  # bootstrap over texts
    mcc: float | None
    mcc_interval: Interval | None  # bootstrap over texts, -1 to 1
    auroc: float | None
    auroc_interval: Interval | None  # bootstrap over texts
    confusion: tuple[tuple[int, int], tuple[int, int]]

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain dictionaries and lists, ready for JSON."""
        return asdict(self)


def compute_metrics(gold: np.ndarray, p_positive: np.ndarray) -> Metrics:
    """Score the probabilities `p_positive` (n,) against the labels `gold` (n,).

    A text is predicted positive above 0.5. Precision and recall are 0 where their denominator is 0.

    Raises:
        DataError: there are no texts, sizes differ, or a label or probability is invalid.
    """
    from sklearn.metrics import (
        confusion_matrix,
        matthews_corrcoef,
        precision_recall_fscore_support,
        roc_auc_score,
    )

    check_predictions(gold, p_positive)
    predictions = is_positive(p_positive).astype(np.int64)
    confusion = confusion_matrix(gold, predictions, labels=[NEGATIVE, POSITIVE])
    precision, recall, f1, _ = precision_recall_fscore_support(
        gold, predictions, labels=[POSITIVE], average=None, zero_division=0.0
    )
    n = len(gold)
    correct = int(np.trace(confusion))
    intervals = _bootstrap_intervals(confusion)
    has_both_labels = len(np.unique(gold)) == 2
    has_f1 = confusion[NEGATIVE, NEGATIVE] < n
    return Metrics(
        n=n,
        accuracy=correct / n,
        accuracy_interval=wilson_interval(correct, n),
        majority_accuracy=int(confusion.sum(axis=1).max()) / n,
        balanced_accuracy=_balanced_accuracy(confusion) if has_both_labels else None,
        balanced_accuracy_interval=intervals["balanced_accuracy"] if has_both_labels else None,
        precision=float(precision[0]),
        precision_interval=intervals["precision"],
        recall=float(recall[0]),
        recall_interval=intervals["recall"],
        f1=float(f1[0]) if has_f1 else None,
        f1_interval=intervals["f1"] if has_f1 else None,
        mcc=float(matthews_corrcoef(gold, predictions)) if has_both_labels else None,
        mcc_interval=intervals["mcc"] if has_both_labels else None,
        auroc=float(roc_auc_score(gold, p_positive)) if has_both_labels else None,
        auroc_interval=_bootstrap_auroc_interval(gold, p_positive) if has_both_labels else None,
        confusion=(
            (int(confusion[0, 0]), int(confusion[0, 1])),
            (int(confusion[1, 0]), int(confusion[1, 1])),
        ),
    )


def _balanced_accuracy(confusion: np.ndarray) -> float:
    """Compute the mean recall of both labels, which both occur."""
    return float((confusion.diagonal() / confusion.sum(axis=1)).mean())


def check_predictions(gold: np.ndarray, p_positive: np.ndarray) -> None:
    """Check labels and probabilities before metrics are computed.

    Raises:
        DataError: there are no texts, sizes differ, or a label or probability is invalid.
    """
    if len(gold) != len(p_positive):
        raise DataError(f"{len(gold)} labels but {len(p_positive)} probabilities.")
    if not len(gold):
        raise DataError("There is nothing to score: no labelled texts.")
    if not np.isin(gold, (NEGATIVE, POSITIVE)).all():
        unlabelled = int((~np.isin(gold, (NEGATIVE, POSITIVE))).sum())
        raise DataError(f"{unlabelled} of {len(gold)} texts have no label.")
    check_probabilities(p_positive)


def check_probabilities(p_positive: np.ndarray) -> None:
    """Check that all values are probabilities.

    Raises:
        DataError: a value lies outside 0 to 1, or is NaN.
    """
    if not ((p_positive >= 0) & (p_positive <= 1)).all():
        raise DataError("Probabilities must lie between 0 and 1.")


def wilson_interval(successes: int, n: int) -> Interval:
    """Compute Wilson's 95 % interval of a proportion (Wilson 1927)."""
    from scipy.stats import binomtest

    bounds = binomtest(successes, n).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(bounds.low), float(bounds.high))


def _bootstrap_intervals(confusion: np.ndarray) -> dict[str, Interval]:
    """Compute percentile bootstrap intervals of the metrics of a confusion matrix.

    Resampling n texts with replacement is the same as drawing the four counts from a multinomial
    distribution. Resamples for which F1 is not defined are left out of its interval.
    """
    n = int(confusion.sum())
    draws = np.random.default_rng(BOOTSTRAP_SEED).multinomial(
        n, confusion.ravel() / n, size=RESAMPLES
    )
    tn, fp, fn, tp = draws.T.astype(float)
    margins = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    recalls = _ratio(tp, tp + fn), _ratio(tn, tn + fp)
    samples = {
        "balanced_accuracy": (recalls[0] + recalls[1]) / 2,
        "mcc": _ratio(tp * tn - fp * fn, margins),
        "precision": _ratio(tp, tp + fp),
        "recall": recalls[0],
        "f1": _ratio(2 * tp, 2 * tp + fp + fn)[tn < n],
    }
    return {name: percentile_interval(own) for name, own in samples.items() if len(own)}


def percentile_interval(samples: np.ndarray) -> Interval:
    """Compute the central 95 % interval of bootstrap `samples`."""
    low, high = np.quantile(samples, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(low), float(high))


def _bootstrap_auroc_interval(gold: np.ndarray, p_positive: np.ndarray) -> Interval:
    """Compute the percentile bootstrap interval of AUROC.

    AUROC is the share of (positive, negative) pairs that the scores rank correctly. Texts are
    sorted once; a resample changes only their counts. Resamples with one label are left out.
    """
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    n = len(gold)
    order = np.argsort(p_positive, kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    is_positive = gold[order] == POSITIVE
    starts = np.flatnonzero(np.diff(p_positive[order], prepend=-1.0))  # of each distinct score
    samples = []
    for _ in range(RESAMPLES):
        counts = np.bincount(rank[rng.integers(0, n, n)], minlength=n)
        positives = counts * is_positive
        negatives = counts - positives
        if len(starts) < n:  # ties count half
            positives, negatives = (
                np.add.reduceat(side, starts) for side in (positives, negatives)
            )
        pairs = positives.sum() * negatives.sum()
        if pairs:
            below = np.cumsum(negatives) - negatives
            samples.append(float((positives * (2 * below + negatives)).sum() / (2 * pairs)))
    return percentile_interval(np.array(samples))


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
