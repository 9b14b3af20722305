"""Thresholds a zero-shot model could be given without a single label.

A language model leans towards one label's words whatever the text. Each method below estimates
that lean and takes it off. With two fixed labels that means one constant off the log-odds: the
threshold moves, the ranking of the texts and AUROC stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sentiment.classifier import Classifier, NetworkClassifier
from sentiment.encoding import TemplateEncoder, Tokenized
from sentiment.labels import POSITIVE

CONTENT_FREE = ("N/A", "", "[MASK]")  # the inputs of Zhao et al. 2021


def compute_thresholds(classifier: Classifier, p_positive: np.ndarray) -> dict[str, float]:
    """Log-odds above which a text is positive; the model's own threshold is 0.

    - `contextual` (Zhao et al. 2021): what the model says of texts without content.
    - `pmi_dc` (Holtzman et al. 2021): what it says of the template without a text; only for models
      that are asked with one.
    - `batch_mean` (Zhou et al. 2023): what it says on average of the texts scored, `p_positive`
      (n,), so that it depends on their share of positive ones.
    """
    thresholds = {
        "contextual": _mean_log_odds(classifier, classifier.tokenize(CONTENT_FREE)),
        "batch_mean": _log_odds(float(p_positive.mean())),
    }
    if isinstance(classifier, NetworkClassifier) and isinstance(classifier.encode, TemplateEncoder):
        thresholds["pmi_dc"] = _mean_log_odds(classifier, [classifier.encode.premise()])
    return thresholds


def _mean_log_odds(classifier: Classifier, tokenized: Sequence[Tokenized]) -> float:
    """Log-odds of the mean probability, as Zhao et al. average."""
    return _log_odds(float(classifier.predict(tokenized)[:, POSITIVE].mean()))


def _log_odds(p: float) -> float:
    tiny = np.finfo(np.float64).tiny
    return float(np.log(max(p, tiny)) - np.log(max(1 - p, tiny)))
