"""The predictor protocol, and the predictor that runs in this process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from sentiment.errors import RecipeError, SentimentError
from sentiment.inference.explanation import AttributionMethod
from sentiment.labels import LABELS
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import (
    Explanation,
    Ignored,
    Prediction,
    failed_explanation,
    failed_prediction,
)
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, PromptOptions, Template

if TYPE_CHECKING:  # import torch
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.inference.scoring import Scores
    from sentiment.models.classifier import Classifier
    from sentiment.zero_shot.calibration import Calibrator

logger = logging.getLogger(__name__)


class Predictor(Protocol):
    """Protocol of predictors: `LocalPredictor` in this process, `WorkerPredictor` in another.

    A failure of a model is reported in the `error` of its predictions. Every method raises
    BrokenProcessPool if the other process crashed.
    """

    def predict(
        self, model: ModelInfo, text: str, options: PromptOptions = DEFAULT_OPTIONS
    ) -> Prediction:
        """Predict `text` with `model`; `options` are for zero-shot models."""
        ...

    def predict_many(
        self, model: ModelInfo, texts: Sequence[str], options: PromptOptions = DEFAULT_OPTIONS
    ) -> list[Prediction]:
        """Predict `texts` with `model` in one batch, in their order."""
        ...

    def explain(
        self,
        model: ModelInfo,
        text: str,
        method: AttributionMethod,
        options: PromptOptions = DEFAULT_OPTIONS,
    ) -> Explanation:
        """Attribute the prediction of `model` for `text` to its words."""
        ...

    def loaded_models(self) -> list[str]:
        """List the names of the models in memory, the most recently used last."""
        ...


class LocalPredictor:
    """Predictor that runs in this process; a model is loaded when it is first used."""

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

    def predict(
        self, model: ModelInfo, text: str, options: PromptOptions = DEFAULT_OPTIONS
    ) -> Prediction:
        """Predict `text` with `model`."""
        return self.predict_many(model, [text], options)[0]

    def predict_many(
        self, model: ModelInfo, texts: Sequence[str], options: PromptOptions = DEFAULT_OPTIONS
    ) -> list[Prediction]:
        """Predict `texts` with `model` in one batch; if it fails, one by one.

        The latency of a prediction is the time of the batch divided by its size.
        """
        try:
            classifier = self._load(model, options)
        except Exception as error:  # a failing model must not affect the others
            return [failed_prediction(model, _describe_failure(model, error))] * len(texts)
        try:
            return self._predict(model, classifier, texts, options)
        except Exception as error:  # as above
            if len(texts) == 1:
                return [failed_prediction(model, _describe_failure(model, error))]
        # A text that fails must not affect the others.
        return [self.predict(model, text, options) for text in texts]

    def explain(
        self,
        model: ModelInfo,
        text: str,
        method: AttributionMethod,
        options: PromptOptions = DEFAULT_OPTIONS,
    ) -> Explanation:
        """Attribute the prediction of `model` for `text` to its words."""
        from sentiment.inference.attribution import explain

        try:
            result = explain(self._load(model, options), text, method=method)
        except Exception as error:  # as above
            return failed_explanation(model, _describe_failure(model, error))
        return Explanation(model.name, model.kind, model.backbone, attribution=result)

    def loaded_models(self) -> list[str]:
        """List the names of the models in memory, the most recently used last."""
        with self._lock:
            loader = self._given_loader  # created with the first prediction
        return loader.loaded_models() if loader else []

    def _load(self, model: ModelInfo, options: PromptOptions) -> Classifier:
        """Load `model`; a zero-shot model with those of `options` that apply."""
        classifier = self._loader.load(model.source, display_name=model.name, labels=model.labels)
        if model.kind != "zero-shot":
            return classifier
        classifier = self._load_prompted(model, options) or classifier
        return self._calibrator.calibrate(classifier, options.calibration)

    def _load_prompted(self, model: ModelInfo, options: PromptOptions) -> Classifier | None:
        """Load `model` with a template or demonstrations; None if there are none that fit it.

        Where the template does not fit, the model keeps its own.
        """
        template, demonstrations = options.template, options.demonstrations
        for own, shots in ((template, demonstrations), (None, demonstrations), (template, None)):
            if own is None and shots is None:
                continue
            with suppress(RecipeError):
                return self._loader.load_zero_shot(
                    model.source, template=own, demonstrations=shots, display_name=model.name
                )
        return None

    def _predict(
        self,
        model: ModelInfo,
        classifier: Classifier,
        texts: Sequence[str],
        options: PromptOptions,
    ) -> list[Prediction]:
        from sentiment.inference.scoring import score

        started = time.perf_counter()
        scores = score(classifier, texts)
        ms = 1000 * (time.perf_counter() - started) / len(texts)
        has_prompt = bool(classifier.method.template)
        return [
            _to_prediction(
                model,
                classifier,
                scores,
                i,
                ms=round(ms, 2),
                prompt=classifier.decode_prompt(text) if has_prompt else "",
                options=options,
            )
            for i, text in enumerate(texts)
        ]


def _describe_failure(model: ModelInfo, error: Exception) -> str:
    if isinstance(error, SentimentError):
        return str(error)
    logger.error("%s failed", model.name, exc_info=error)
    return f"{model.name} failed: {type(error).__name__}."


def _find_ignored(classifier: Classifier, options: PromptOptions) -> tuple[Ignored, ...]:
    """List the `options` that do not apply to a zero-shot `classifier`."""
    method, template = classifier.method, options.template
    ignored: list[Ignored] = []
    if template and not _uses_template(classifier, template):
        ignored.append("chat" if template.is_chat and template.serves(method.kind) else "template")
    if options.calibration not in ("none", method.calibration):
        ignored.append("calibration")
    if options.demonstrations and not method.shots:
        ignored.append("shots")
    return tuple(ignored)


def _uses_template(classifier: Classifier, template: Template) -> bool:
    method = classifier.method
    return (method.prompt, method.label_words) == (template.text, template.label_words)


def _to_prediction(
    model: ModelInfo,
    classifier: Classifier,
    scores: Scores,
    i: int,
    *,
    ms: float,
    prompt: str,
    options: PromptOptions,
) -> Prediction:
    """Build the prediction for the text at index `i`."""
    p_negative, p_positive = (float(p) for p in scores.probabilities[i])
    return Prediction(
        model=model.name,
        kind="few-shot" if classifier.method.shots else model.kind,
        backbone=model.backbone,
        label=LABELS[int(scores.predictions[i])],
        p_negative=p_negative,
        p_positive=p_positive,
        ms=ms,
        tokens_read=int(scores.tokens_read[i]),
        tokens_total=int(scores.tokens_total[i]),
        method=classifier.method,
        threshold=classifier.threshold,
        label_tokens=classifier.label_tokens,
        ignored=_find_ignored(classifier, options) if model.kind == "zero-shot" else (),
        prompt=prompt,
        p_neutral=None if scores.p_neutral is None else float(scores.p_neutral[i]),
    )
