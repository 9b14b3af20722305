"""Probabilities, log-odds and the label that a probability predicts."""

from __future__ import annotations

import numpy as np

_TINY = 1e-12  # the log loss of a wrong prediction with probability 0 would be infinite


def clip_certainty(p_positive: np.ndarray) -> np.ndarray:
    """Clip probabilities (n,) away from 0 and 1."""
    return np.clip(p_positive, _TINY, 1 - _TINY)


def log_odds(p_positive: np.ndarray) -> np.ndarray:
    """Compute the log-odds (n,) of probabilities (n,), clipped away from 0 and 1."""
    clipped = clip_certainty(p_positive)
    return np.log(clipped) - np.log1p(-clipped)


def sigmoid(odds: np.ndarray) -> np.ndarray:
    """Compute the probabilities (n,) of log-odds (n,)."""
    probabilities: np.ndarray = 1 / (1 + np.exp(-odds))
    return probabilities


def is_positive(p_positive: np.ndarray) -> np.ndarray:
    """Return whether probabilities (n,) predict the positive label: above 0.5, not at it."""
    return p_positive > 0.5
