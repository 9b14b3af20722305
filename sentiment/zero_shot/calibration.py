"""Label-free calibration of zero-shot models: decision thresholds on the log-odds.

A language model is biased towards the words of one label, whatever the text. Each method below
estimates this bias and subtracts it from the log-odds: the decision threshold changes, the ranking
of the texts and AUROC do not.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from torch import Tensor

from sentiment.labels import POSITIVE
from sentiment.method import Calibration
from sentiment.models.classifier import Classifier, NetworkClassifier
from sentiment.models.encoding import Tokenized
from sentiment.probabilities import log_odds
from sentiment.zero_shot.encoder import TemplateEncoder

CONTENT_FREE = ("N/A", "", "[MASK]")  # the inputs of Zhao et al. 2021
KEPT_THRESHOLDS = 64  # of the latest classifiers: custom templates are unlimited


def compute_thresholds(classifier: Classifier, p_positive: np.ndarray) -> dict[str, float]:
    """Compute the thresholds: log-odds above which a text is positive; uncalibrated it is 0.

    - `contextual` and `pmi_dc`: see `compute_threshold`.
    - `batch_mean` (after Zhou et al. 2023): the mean log-odds over the scored texts, given by
      `p_positive` (n,); it depends on their share of positive ones. Their mean of probabilities is
      close to it, unless most probabilities are near 1.
    """
    thresholds = {"batch_mean": float(log_odds(p_positive).mean())}
    for calibration in ("contextual", "pmi_dc"):
        threshold = compute_threshold(classifier, calibration)
        if threshold is not None:
            thresholds[calibration] = threshold
    return thresholds


def compute_threshold(classifier: Classifier, calibration: Calibration) -> float | None:
    """Compute the threshold of one calibration method; None where it does not apply.

    - `none`: 0.
    - `contextual` (Zhao et al. 2021): the prediction for content-free texts.
    - `pmi_dc` (Holtzman et al. 2021): the prediction for the template without a text; only for
      models with a prompt template.
    """
    match calibration:
        case "none":
            return 0.0
        case "contextual":
            return _mean_log_odds(classifier, classifier.tokenize(CONTENT_FREE))
        case "pmi_dc":
            encoder = _template_encoder(classifier)
            return _mean_log_odds(classifier, [encoder.premise()]) if encoder else None
    raise ValueError(f"Unknown calibration {calibration!r}.")


def shift_threshold(classifier: NetworkClassifier, threshold: float) -> NetworkClassifier:
    """Subtract `threshold` from the log-odds of `classifier`; the ranking of texts is unchanged."""

    def logits(ids: Tensor, mask: Tensor) -> Tensor:
        scores = classifier.logits(ids, mask)
        shift = scores.new_zeros(2)
        shift[POSITIVE] = threshold
        return scores - shift

    return replace(classifier, logits=logits)


class Calibrator:
    """Calibration of zero-shot classifiers, with a cache of thresholds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thresholds: dict[tuple[object, ...], float | None] = {}

    def calibrate(self, classifier: Classifier, calibration: Calibration) -> Classifier:
        """Shift the decision threshold of `classifier`.

        Where the calibration does not apply, it is returned unchanged, with the calibration `none`
        in its `method`.
        """
        if calibration == "none" or not isinstance(classifier, NetworkClassifier):
            return classifier
        threshold = self._find(classifier, calibration)
        if threshold is None:
            return classifier
        method = replace(classifier.method, calibration=calibration)
        return replace(shift_threshold(classifier, threshold), method=method, threshold=threshold)

    def _find(self, classifier: NetworkClassifier, calibration: Calibration) -> float | None:
        key = (classifier.name, classifier.weights_hash, classifier.method, calibration)
        with self._lock:
            if key in self._thresholds:
                return self._thresholds[key]
        threshold = compute_threshold(classifier, calibration)
        with self._lock:
            self._thresholds[key] = threshold
            while len(self._thresholds) > KEPT_THRESHOLDS:
                del self._thresholds[next(iter(self._thresholds))]
        return threshold


def _template_encoder(classifier: Classifier) -> TemplateEncoder | None:
    """Return the template encoder of `classifier`, None if it has none."""
    encode = classifier.encode if isinstance(classifier, NetworkClassifier) else None
    return encode if isinstance(encode, TemplateEncoder) else None


def _mean_log_odds(classifier: Classifier, tokenized: Sequence[Tokenized]) -> float:
    """Compute the log-odds of the mean probability, averaged as in Zhao et al. 2021."""
    return _log_odds(float(classifier.predict(tokenized)[:, POSITIVE].mean()))


def _log_odds(p: float) -> float:
    tiny = np.finfo(np.float64).tiny
    return float(np.log(max(p, tiny)) - np.log(max(1 - p, tiny)))
