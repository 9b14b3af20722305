"""The line-up: the models shown side by side, and their answers to one text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

from sentiment.data.sources import DATASETS, SENTENCES, dataset_title
from sentiment.errors import InputError
from sentiment.evaluation.results import find_results
from sentiment.inference.explanation import Method
from sentiment.limits import MAX_MODELS
from sentiment.models.catalogue import ModelInfo, list_models
from sentiment.paths import BUNDLED
from sentiment.recipes import TUNING_TITLES
from sentiment.serving.answers import (
    BatchPrediction,
    Explanation,
    Pending,
    Prediction,
    failed_explanation,
    failed_prediction,
)
from sentiment.serving.predictor import LocalPredictor, Predictor
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, PromptOptions


class LineUp:
    """The models on this machine, and what they answer."""

    def __init__(self, answering: Predictor | None = None) -> None:
        self._answering = answering or LocalPredictor()

    def models(self, own: Sequence[ModelInfo] = ()) -> list[ModelInfo]:
        """All models there are now, each backbone's zero-shot side before its tuned ones.

        Args:
            own: those of one visit, which nobody else sees.
        """
        return list_models(own)

    def shown(self, own: Sequence[ModelInfo] = ()) -> list[ModelInfo]:
        """The models of a comparison for which none were chosen.

        Every pretrained model, of the bundled models trained from each the one most often right
        about single sentences, which is what people type, and all that was trained here.
        """
        models = self.models(own)
        bundled = [m for m in models if m.kind == "fine-tuned" and m.folder.parent == BUNDLED]
        accuracies = _sentence_accuracies()
        best: dict[str, ModelInfo] = {}
        for model in sorted(bundled, key=lambda m: accuracies.get(m.name, 0.0)):
            best[model.backbone] = model
        return [
            model
            for model in models
            if model.kind != "baseline" and (model not in bundled or model in best.values())
        ]

    def choose(self, names: Sequence[str] | None, own: Sequence[ModelInfo] = ()) -> list[ModelInfo]:
        """The models called `names`, in the order of the line-up; without names, `shown`.

        Names are looked up in the line-up only: nothing a visitor sends becomes a path or a
        download.

        Raises:
            InputError: a name is not in the line-up.
        """
        if not names:
            return self.shown(own)
        models = self.models(own)
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            raise InputError("The models must be a list of names.")
        if len(names) > MAX_MODELS:
            raise InputError(f"{len(names)} models were named; the limit is {MAX_MODELS}.")
        known = {model.name for model in models}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise InputError(
                f"No model named {unknown[0][:80]!r} here. Choose from: {', '.join(sorted(known))}."
            )
        return [model for model in models if model.name in names]

    def answer(
        self, model: ModelInfo, text: str, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Prediction:
        """What `model` says of `text`; a model that fails answers with its problem.

        Args:
            asking: how a zero-shot model is asked; what it cannot follow, its method says.
        """
        return next(self.answer_each([model], text, asking))

    def answer_each(
        self, models: Sequence[ModelInfo], text: str, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Iterator[Prediction]:
        """What each of `models` says of `text`, all asked at once and heard in their order.

        Whoever ends the iterator waits for none of those that have not begun.
        """
        begun = [
            None if model.problem else self._answering.begin(model, text, asking)
            for model in models
        ]
        try:
            for model, pending in zip(models, begun, strict=True):
                yield (
                    _settle(model, pending) if pending else failed_prediction(model, model.problem)
                )
        finally:
            for pending in begun:
                if pending:
                    pending.cancel()

    def residents(self) -> list[str]:
        """Names of the models in memory, that used last at the end."""
        try:
            return self._answering.residents()
        except BrokenProcessPool:
            return []

    def score(self, model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        """What `model` says of a few `texts`; a model that fails says so."""
        if model.problem:
            return BatchPrediction(problem=model.problem)
        try:
            return self._answering.score(model, texts)
        except BrokenProcessPool:
            return BatchPrediction(problem=_ended(model))

    def explain(
        self, model: ModelInfo, text: str, method: Method, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Explanation:
        """Why `model` answers `text` as it does; a model that fails says so."""
        if model.problem:
            return failed_explanation(model, model.problem)
        try:
            return self._answering.explain(model, text, method, asking)
        except BrokenProcessPool:
            return failed_explanation(model, _ended(model))


def _settle(model: ModelInfo, pending: Pending) -> Prediction:
    try:
        answer = pending.result()
    except BrokenProcessPool:
        return failed_prediction(model, _ended(model))
    return answer if answer.problem else replace(answer, method=_describe(model, answer.method))


def _ended(model: ModelInfo) -> str:
    return f"{model.name} ended its process. Try another text."


def _sentence_accuracies() -> dict[str, float]:
    """Accuracy on `SENTENCES` of every model with saved predictions there."""
    split = DATASETS[SENTENCES].evaluation_split
    return {
        result.info.model: result.accuracy
        for result in find_results()[0]
        if (result.info.dataset, result.info.split) == (SENTENCES, split)
    }


def _describe(model: ModelInfo, method: str) -> str:
    """How the answer came about, in a few words that fit under it."""
    if model.kind == "zero-shot":
        return method
    if model.kind == "baseline":
        return f"{method}, trained on {dataset_title(model.dataset)}"
    if not model.dataset:  # from elsewhere, where nothing is said of its training
        return method
    tuned = TUNING_TITLES.get(model.tuning, model.tuning)
    share = 100 * model.trainable / max(1, model.parameters)
    shown = f"{share:.2f}" if share < 100 else "100"
    said = f"{tuned}, {shown} % of weights trained on {dataset_title(model.dataset)}"
    return f"{said}, after {model.start}" if model.start else said
