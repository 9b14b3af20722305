"""Models asked in this process: one text or many, loaded when they are first asked."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol

from sentiment.errors import SentimentError
from sentiment.inference.explanation import Method
from sentiment.labels import LABELS
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import (
    BatchPrediction,
    Explanation,
    Later,
    Pending,
    Prediction,
    failed_explanation,
    failed_prediction,
)
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, TEMPLATES, PromptOptions, Template

if TYPE_CHECKING:  # stand beside torch
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.inference.scoring import Scores
    from sentiment.models.classifier import Classifier
    from sentiment.zero_shot.calibration import Calibrator

logger = logging.getLogger(__name__)


class Predictor(Protocol):
    """What predicts: `LocalPredictor` in this process, or `WorkerPredictor` in another."""

    def begin(
        self, model: ModelInfo, text: str, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Pending:
        """What `model` says of `text`, on its way."""
        ...

    def answer_many(
        self, model: ModelInfo, texts: Sequence[str], asking: PromptOptions = DEFAULT_OPTIONS
    ) -> list[Prediction]:
        """What `model` says of each of `texts`; BrokenProcessPool where another process died."""
        ...

    def residents(self) -> list[str]:
        """Names of the models in memory; BrokenProcessPool where another process died."""
        ...

    def score(self, model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        """What `model` says of `texts`; BrokenProcessPool where another process died of it."""
        ...

    def explain(
        self, model: ModelInfo, text: str, method: Method, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Explanation:
        """Why it says so; BrokenProcessPool where another process died of it."""
        ...


class LocalPredictor:
    """Asks models in this process; they are loaded when they are first asked."""

    def __init__(self, loader: ClassifierLoader | None = None) -> None:
        self._given_loader = loader
        self._lock = threading.Lock()

    @property
    def _loader(self) -> ClassifierLoader:
        with self._lock:
            if self._given_loader is None:
                from sentiment.inference.loader import ClassifierLoader

                self._given_loader = ClassifierLoader()
            return self._given_loader

    @cached_property
    def _calibrator(self) -> Calibrator:
        from sentiment.zero_shot.calibration import Calibrator

        return Calibrator()

    def _load(self, model: ModelInfo, asking: PromptOptions) -> Classifier:
        """`model`; a zero-shot one as it is asked, its method saying what it cannot follow."""
        classifier = self._loader.load(model.source, called=model.name)
        if model.kind != "zero-shot":
            return classifier
        if asking.template:
            classifier = self._ask_with(asking.template, model, classifier)
        return self._calibrator.calibrate(classifier, asking.calibration)

    def _ask_with(self, template: Template, model: ModelInfo, own: Classifier) -> Classifier:
        """`model` asked with `template` where that serves it, else in its `own` way."""
        from sentiment.models.classifier import annotate

        served = TEMPLATES[own.template].method if own.template else None
        if served == template.method:
            return self._loader.load_zero_shot(model.source, template=template, called=model.name)
        why = f"the template is a {template.method}" if served else "it takes no template"
        return annotate(own, f"asked its own way: {why}")

    def begin(
        self, model: ModelInfo, text: str, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Pending:
        """The answer of `model`, to be waited for."""
        return Later(partial(self.answer, model, text, asking))

    def answer(
        self, model: ModelInfo, text: str, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Prediction:
        """What `model` says of `text`; a zero-shot model is asked as `asking` says."""
        return self.answer_many(model, [text], asking)[0]

    def answer_many(
        self, model: ModelInfo, texts: Sequence[str], asking: PromptOptions = DEFAULT_OPTIONS
    ) -> list[Prediction]:
        """What `model` says of each of `texts`; where that fails, of each by itself.

        The time of an answer is its share of the whole.
        """
        from sentiment.inference.scoring import score

        try:
            classifier = self._load(model, asking)
            started = time.perf_counter()
            scores = score(classifier, texts)
            ms = 1000 * (time.perf_counter() - started) / len(texts)
            prompts = [classifier.shown(text) if classifier.template else "" for text in texts]
        except SentimentError as error:
            problem = str(error)
        except Exception as error:  # one broken model must not take the others down
            logger.exception("%s failed", model.name)
            problem = f"{model.name} failed: {type(error).__name__}."
        else:
            return [
                _to_answer(model, classifier.method, scores, i, ms, prompt)
                for i, prompt in enumerate(prompts)
            ]
        if len(texts) > 1:  # one odd text must not take the others down
            return [self.answer(model, text, asking) for text in texts]
        return [failed_prediction(model, problem)]

    def residents(self) -> list[str]:
        """Names of the models in memory, that used last at the end."""
        with self._lock:
            loader = self._given_loader  # made with the first answer
        return loader.residents() if loader else []

    def score(self, model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        """What `model` says of `texts`."""
        from sentiment.inference.scoring import score

        try:
            scores = score(self._loader.load(model.source, called=model.name), texts)
        except SentimentError as error:
            return BatchPrediction(problem=str(error))
        except Exception as error:  # as above
            logger.exception("%s failed", model.name)
            return BatchPrediction(problem=f"{model.name} failed: {type(error).__name__}.")
        return BatchPrediction(
            p_positive=tuple(scores.p_positive.tolist()),
            tokens_read=tuple(scores.tokens_read.tolist()),
            tokens_total=tuple(scores.tokens_total.tolist()),
        )

    def explain(
        self, model: ModelInfo, text: str, method: Method, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Explanation:
        """What each part of `text` contributes to the answer of `model`."""
        from sentiment.inference.attribution import explain

        try:
            found = explain(self._load(model, asking), text, method=method)
        except SentimentError as error:
            return failed_explanation(model, str(error))
        except Exception as error:  # as above
            logger.exception("%s failed", model.name)
            return failed_explanation(model, f"{model.name} failed: {type(error).__name__}.")
        return Explanation(model.name, model.kind, model.backbone, attribution=found)


def _to_answer(
    model: ModelInfo, method: str, scores: Scores, i: int, ms: float, prompt: str
) -> Prediction:
    """The answer to text number `i`."""
    p_negative, p_positive = (float(p) for p in scores.probabilities[i])
    return Prediction(
        model=model.name,
        kind=model.kind,
        backbone=model.backbone,
        label=LABELS[int(scores.predictions[i])],
        p_negative=p_negative,
        p_positive=p_positive,
        ms=round(ms, 2),
        tokens_read=int(scores.tokens_read[i]),
        tokens_total=int(scores.tokens_total[i]),
        method=method,
        prompt=prompt,
    )
