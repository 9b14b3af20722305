"""Conversions between probabilities and log-odds."""

from __future__ import annotations

import numpy as np

_TINY = 1e-12  # no certainty: it would cost infinitely much where it is wrong


def log_odds(p_positive: np.ndarray) -> np.ndarray:
    """Log-odds (n,) of probabilities (n,); certainties are taken for almost certain."""
    clipped = np.clip(p_positive, _TINY, 1 - _TINY)
    return np.log(clipped) - np.log1p(-clipped)
