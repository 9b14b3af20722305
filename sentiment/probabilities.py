"""Probabilities, log-odds and the label that a probability predicts."""

from __future__ import annotations

import numpy as np

_TINY = 1e-12  # no certainty: it would cost infinitely much where it is wrong


def clip_certainty(p_positive: np.ndarray) -> np.ndarray:
    """Clip probabilities (n,) to almost certain."""
    return np.clip(p_positive, _TINY, 1 - _TINY)


def log_odds(p_positive: np.ndarray) -> np.ndarray:
    """Compute the log-odds (n,) of probabilities (n,); certainties are taken for almost certain."""
    clipped = clip_certainty(p_positive)
    return np.log(clipped) - np.log1p(-clipped)


def sigmoid(odds: np.ndarray) -> np.ndarray:
    """Compute the probabilities (n,) of log-odds (n,)."""
    probabilities: np.ndarray = 1 / (1 + np.exp(-odds))
    return probabilities


def is_positive(p_positive: np.ndarray) -> np.ndarray:
    """Predict the label of probabilities (n,) as booleans: positive above 0.5, negative at it."""
    return p_positive > 0.5
