"""One text, one model, one answer; a model that fails answers with its problem.

Importing this module loads neither torch nor pandas: torch comes with the first answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sentiment.inference.explanation import Attribution
from sentiment.models.catalogue import ModelInfo


@dataclass(frozen=True)
class Prediction:
    """What one model says of one text; `problem` is a sentence where it could not answer."""

    model: str
    kind: str
    backbone: str
    label: str = ""
    p_negative: float = 0.0
    p_positive: float = 0.0
    ms: float = 0.0  # tokenizing and computing, without loading
    tokens_read: int = 0
    tokens_total: int = 0
    method: str = ""
    prompt: str = ""  # what the network read, where a template stands around the text
    problem: str = ""


class Pending(Protocol):
    """An answer on its way."""

    def result(self) -> Prediction:
        """The answer, waited for; BrokenProcessPool where another process died of it."""
        ...

    def cancel(self) -> bool:
        """Nobody waits any more; what is being computed goes on."""
        ...


@dataclass(frozen=True)
class Later:
    """An answer that is computed when it is waited for."""

    work: Callable[[], Prediction]

    def result(self) -> Prediction:
        """The answer, computed now."""
        return self.work()

    def cancel(self) -> bool:
        """Nothing has begun."""
        return True


@dataclass(frozen=True)
class BatchPrediction:
    """What one model says of a few texts, in their order; `problem` where it could not answer."""

    p_positive: tuple[float, ...] = ()
    tokens_read: tuple[int, ...] = ()
    tokens_total: tuple[int, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Explanation:
    """Why one model answers one text as it does; `problem` where it could not be explained."""

    model: str
    kind: str
    backbone: str
    attribution: Attribution | None = None
    problem: str = ""


def failed_prediction(model: ModelInfo, problem: str) -> Prediction:
    """The answer of a model that has none."""
    return Prediction(model=model.name, kind=model.kind, backbone=model.backbone, problem=problem)


def failed_explanation(model: ModelInfo, problem: str) -> Explanation:
    """The explanation of an answer that has none."""
    return Explanation(model.name, model.kind, model.backbone, problem=problem)
