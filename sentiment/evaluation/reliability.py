"""Calibration of probabilities: log loss, Brier score, ECE and temperature scaling.

Pure functions over labels and probabilities; scikit-learn and scipy are imported in the functions
that use them, as in `metrics`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sentiment.evaluation.metrics import check_predictions
from sentiment.labels import POSITIVE
from sentiment.probabilities import clip_certainty, log_odds, sigmoid

BINS = 15
_HALVES_SEED = 0


@dataclass(frozen=True)
class Bin:
    """The texts whose probability of the positive label lies from `low` to `high`."""

    low: float
    high: float
    n: int
    mean_predicted: float  # mean probability of the positive label
    fraction_positive: float  # share of gold positive texts


@dataclass(frozen=True)
class Reliability:
    """Calibration metrics on n texts; lower is better."""

    n: int
    nll: float  # mean negative log-likelihood of the gold label, in nats
    brier: float  # mean squared error of the probability of the positive label
    ece: float  # expected calibration error over the bins, 0 to 1
    bins: tuple[Bin, ...]  # without empty ones

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain dictionaries and lists, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class TemperatureScaled:
    """Probabilities after temperature scaling, and the temperature."""

    p_positive: np.ndarray  # (n,)
    temperature: float  # above 1: the model was overconfident
    is_held_out: bool  # fitted on a part of train that the model was not trained on
    other_temperature: float | None = None  # of the second half in two-fold fitting


def compute_reliability(gold: np.ndarray, p_positive: np.ndarray) -> Reliability:
    """Compute NLL, Brier score and ECE of `p_positive` (n,) against the labels `gold` (n,).

    ECE (Naeini et al. 2015) in 15 bins of equal width over the probability of the positive label:
    the distance between mean prediction and fraction of positives, weighted by the number of texts.

    Raises:
        DataError: there are no texts, sizes differ, or a label or probability is invalid.
    """
    from sklearn.metrics import brier_score_loss, log_loss

    check_predictions(gold, p_positive)
    clipped = clip_certainty(p_positive)
    bin_index = np.minimum((p_positive * BINS).astype(int), BINS - 1)
    bins = []
    for i in range(BINS):
        inside = bin_index == i
        if inside.any():
            bins.append(
                Bin(
                    low=i / BINS,
                    high=(i + 1) / BINS,
                    n=int(inside.sum()),
                    mean_predicted=float(p_positive[inside].mean()),
                    fraction_positive=float((gold[inside] == POSITIVE).mean()),
                )
            )
    return Reliability(
        n=len(gold),
        nll=float(log_loss(gold, clipped, labels=[0, 1])),
        brier=float(brier_score_loss(gold, p_positive, labels=[0, 1])),
        ece=sum(b.n * abs(b.mean_predicted - b.fraction_positive) for b in bins) / len(gold),
        bins=tuple(bins),
    )


def fit_temperature(gold: np.ndarray, p_positive: np.ndarray) -> float:
    """Fit the temperature that maximises the likelihood of the labels (Guo et al. 2017).

    It is bounded to 0.05 to 20: without bounds, a model that is always correct, or no better than
    chance, would lead to 0 or infinity.

    Raises:
        DataError: there are no texts, sizes differ, or a label or probability is invalid.
    """
    from scipy.optimize import minimize_scalar

    check_predictions(gold, p_positive)
    odds = log_odds(p_positive)
    signs = np.where(gold == POSITIVE, 1.0, -1.0)

    def loss(log_temperature: float) -> float:
        return float(np.logaddexp(0, -signs * odds / np.exp(log_temperature)).mean())

    optimum = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(optimum.x))


def apply_temperature(p_positive: np.ndarray, temperature: float) -> np.ndarray:
    """Divide the log-odds of `p_positive` (n,) by `temperature`; predicted labels stay the same."""
    return sigmoid(log_odds(p_positive) / temperature)


def two_folds(n: int) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Split n texts into two seeded random halves: (first, second), (second, first)."""
    order = np.random.default_rng(_HALVES_SEED).permutation(n)
    first, second = np.array_split(order, 2)
    return (first, second), (second, first)


def scale_temperature(
    gold: np.ndarray,
    p_positive: np.ndarray,
    held_out: tuple[np.ndarray, np.ndarray] | None = None,
) -> TemperatureScaled:
    """Scale `p_positive` (n,) by a temperature that was fitted on other texts.

    Args:
        held_out: gold labels and probabilities of a part of train the model was not trained on.
            Without one, each half of the texts is scaled by the temperature of the other half.

    Raises:
        DataError: a label or probability is invalid, or there are too few texts for two halves.
    """
    if held_out is not None:
        temperature = fit_temperature(*held_out)
        return TemperatureScaled(
            apply_temperature(p_positive, temperature), temperature, is_held_out=True
        )
    scaled = np.empty(len(gold))
    temperatures = []
    for test, fit in two_folds(len(gold)):
        temperatures.append(fit_temperature(gold[fit], p_positive[fit]))
        scaled[test] = apply_temperature(p_positive[test], temperatures[-1])
    return TemperatureScaled(
        scaled, temperatures[0], is_held_out=False, other_temperature=temperatures[1]
    )
