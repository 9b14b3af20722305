"""Thresholds a zero-shot model could be given without a single label.

A language model leans towards one label's words whatever the text. Each method below estimates
that lean and takes it off. With two fixed labels that means one constant off the log-odds: the
threshold moves, the ranking of the texts and AUROC stay as they are.
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
from sentiment.zero_shot.encoder import TemplateEncoder

CONTENT_FREE = ("N/A", "", "[MASK]")  # the inputs of Zhao et al. 2021
KEPT_THRESHOLDS = 64  # of the latest classifiers: visitors write templates without end


def compute_thresholds(classifier: Classifier, p_positive: np.ndarray) -> dict[str, float]:
    """Compute the thresholds: log-odds above which a text is positive; uncalibrated it is 0.

    - `contextual` and `pmi_dc`: as `compute_threshold` says.
    - `batch_mean` (Zhou et al. 2023): what it says on average of the texts scored, `p_positive`
      (n,), so that it depends on their share of positive ones.
    """
    thresholds = {"batch_mean": _log_odds(float(p_positive.mean()))}
    for calibration in ("contextual", "pmi_dc"):
        found = compute_threshold(classifier, calibration)
        if found is not None:
            thresholds[calibration] = found
    return thresholds


def compute_threshold(classifier: Classifier, calibration: Calibration) -> float | None:
    """Compute the threshold of one method; None where that does not apply.

    - `none`: the model's own, 0.
    - `contextual` (Zhao et al. 2021): what the model says of texts without content.
    - `pmi_dc` (Holtzman et al. 2021): what it says of the template without a text; only for models
      that are asked with one.
    """
    match calibration:
        case "none":
            return 0.0
        case "contextual":
            return _mean_log_odds(classifier, classifier.tokenize(CONTENT_FREE))
        case "pmi_dc":
            asked = _template_encoder(classifier)
            return _mean_log_odds(classifier, [asked.premise()]) if asked else None
    raise ValueError(f"Unknown calibration {calibration!r}.")


def shift_threshold(classifier: NetworkClassifier, threshold: float) -> NetworkClassifier:
    """Subtract `threshold` from the log-odds of `classifier`; its ranking of texts stays."""

    def logits(ids: Tensor, mask: Tensor) -> Tensor:
        found = classifier.logits(ids, mask)
        shift = found.new_zeros(2)
        shift[classifier.positive] = threshold
        return found - shift

    return replace(classifier, logits=logits)


class Calibrator:
    """Moves the line of zero-shot classifiers; each threshold is computed once and kept a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thresholds: dict[tuple[object, ...], float | None] = {}

    def calibrate(self, classifier: Classifier, calibration: Calibration) -> Classifier:
        """Shift the decision threshold of `classifier`; return it as it is where that is not
        possible, so that its `method` still says `none`."""
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
        found = compute_threshold(classifier, calibration)
        with self._lock:
            self._thresholds[key] = found
            while len(self._thresholds) > KEPT_THRESHOLDS:
                del self._thresholds[next(iter(self._thresholds))]
        return found


def _template_encoder(classifier: Classifier) -> TemplateEncoder | None:
    """Return the encoder that puts a template around texts, if `classifier` has one."""
    encode = classifier.encode if isinstance(classifier, NetworkClassifier) else None
    return encode if isinstance(encode, TemplateEncoder) else None


def _mean_log_odds(classifier: Classifier, tokenized: Sequence[Tokenized]) -> float:
    """Compute the log-odds of the mean probability, as Zhao et al. average."""
    return _log_odds(float(classifier.predict(tokenized)[:, POSITIVE].mean()))


def _log_odds(p: float) -> float:
    tiny = np.finfo(np.float64).tiny
    return float(np.log(max(p, tiny)) - np.log(max(1 - p, tiny)))
