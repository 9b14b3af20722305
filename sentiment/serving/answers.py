"""What a model predicts for a text, and why; a model that fails says so in a sentence.

Importing this module loads neither torch nor pandas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sentiment.inference.explanation import Attribution
from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo

Ignored = Literal["template", "calibration"]


@dataclass(frozen=True)
class Prediction:
    """What one model predicts for one text; `problem` is a sentence where it could not."""

    model: str
    kind: str
    backbone: str
    label: str = ""
    p_negative: float = 0.0
    p_positive: float = 0.0
    ms: float = 0.0  # tokenizing and computing, without loading
    tokens_read: int = 0
    tokens_total: int = 0
    method: Method | None = None  # None where there is no prediction
    threshold: float = 0.0  # log-odds that calibration took off those of positive
    label_tokens: tuple[int, ...] = ()  # of the label words, negative and positive
    ignored: tuple[Ignored, ...] = ()  # zero-shot settings that this model cannot follow
    prompt: str = ""  # what the network read, where a template stands around the text
    error: str = ""


@dataclass(frozen=True)
class BatchPrediction:
    """What one model predicts for a few texts, in their order; `problem` where it could not."""

    p_positive: tuple[float, ...] = ()
    tokens_read: tuple[int, ...] = ()
    tokens_total: tuple[int, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Explanation:
    """Why one model predicts what it does for one text; `problem` where it cannot be explained."""

    model: str
    kind: str
    backbone: str
    attribution: Attribution | None = None
    error: str = ""


def failed_prediction(model: ModelInfo, error: str) -> Prediction:
    """Build the prediction of a model that has none."""
    return Prediction(model=model.name, kind=model.kind, backbone=model.backbone, error=error)


def failed_explanation(model: ModelInfo, error: str) -> Explanation:
    """Build the explanation of a model that has none."""
    return Explanation(model.name, model.kind, model.backbone, error=error)
