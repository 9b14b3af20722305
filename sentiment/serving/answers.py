"""Predictions and explanations of one model, with an error message if it failed.

Importing this module loads neither torch nor pandas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sentiment.inference.explanation import Attribution
from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo

Ignored = Literal["template", "chat", "calibration", "shots"]


@dataclass(frozen=True)
class Prediction:
    """Prediction of one model for one text; `error` is a message if it failed."""

    model: str
    kind: str
    backbone: str
    label: str = ""
    p_negative: float = 0.0
    p_positive: float = 0.0
    ms: float = 0.0  # tokenization and inference, without loading the model
    tokens_read: int = 0
    tokens_total: int = 0
    method: Method | None = None  # None where there is no prediction
    threshold: float = 0.0  # log-odds that calibration subtracted
    label_tokens: tuple[int, ...] = ()  # of the label words, negative and positive
    ignored: tuple[Ignored, ...] = ()  # zero-shot settings that do not apply to this model
    prompt: str = ""  # the truncated prompt, if there is a template
    p_neutral: float | None = None  # mass of its neutral labels, not part of the probabilities
    error: str = ""


@dataclass(frozen=True)
class BatchPrediction:
    """Predictions of one model for a few texts, in their order; `error` if it failed."""

    p_positive: tuple[float, ...] = ()
    tokens_read: tuple[int, ...] = ()
    tokens_total: tuple[int, ...] = ()
    error: str = ""
    p_neutral: tuple[float, ...] = ()  # mass of neutral labels, empty if the model has none


@dataclass(frozen=True)
class Explanation:
    """Attribution of one model's prediction for one text; `error` if it failed."""

    model: str
    kind: str
    backbone: str
    attribution: Attribution | None = None
    error: str = ""


def failed_prediction(model: ModelInfo, error: str) -> Prediction:
    """Build the prediction of a model that failed."""
    return Prediction(model=model.name, kind=model.kind, backbone=model.backbone, error=error)


def failed_explanation(model: ModelInfo, error: str) -> Explanation:
    """Build the explanation of a model that failed."""
    return Explanation(model.name, model.kind, model.backbone, error=error)
