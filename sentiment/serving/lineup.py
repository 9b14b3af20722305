"""The line-up: the models shown side by side, and their predictions for one text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

from sentiment.data.sources import DATASETS, SENTENCES
from sentiment.errors import InputError
from sentiment.evaluation.results import find_results
from sentiment.inference.explanation import AttributionMethod
from sentiment.limits import MAX_MODELS
from sentiment.models.catalogue import ModelInfo, list_models
from sentiment.paths import BUNDLED
from sentiment.serving.answers import (
    BatchPrediction,
    Explanation,
    Prediction,
    failed_explanation,
    failed_prediction,
)
from sentiment.serving.batcher import DynamicBatcher
from sentiment.serving.predictor import LocalPredictor, Predictor
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, PromptOptions


class LineUp:
    """The models on this machine, and their predictions."""

    def __init__(
        self, predictor: Predictor | None = None, batcher: DynamicBatcher | None = None
    ) -> None:
        """Use `predictor`; with a `batcher` over it, single texts wait in batches."""
        self._predictor = predictor or LocalPredictor()
        self._batcher = batcher

    def models(self, own: Sequence[ModelInfo] = ()) -> list[ModelInfo]:
        """List all models there are now, each backbone's zero-shot side before its tuned ones.

        Args:
            own: those of one visit, which nobody else sees.
        """
        return list_models(own)

    def default_models(self, own: Sequence[ModelInfo] = ()) -> list[ModelInfo]:
        """List the models of a comparison for which none were chosen.

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

    def select(self, names: Sequence[str] | None, own: Sequence[ModelInfo] = ()) -> list[ModelInfo]:
        """Find the models called `names`, in the order of the line-up; without names, the default.

        Names are looked up in the line-up only: nothing a visitor sends becomes a path or a
        download.

        Raises:
            InputError: a name is not in the line-up.
        """
        if not names:
            return self.default_models(own)
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

    def predict(
        self, model: ModelInfo, text: str, options: PromptOptions = DEFAULT_OPTIONS
    ) -> Prediction:
        """Predict `text` with `model`; a model that fails says so.

        Args:
            options: zero-shot settings; the prediction names those that the model cannot follow.
        """
        return next(self.predict_each([model], text, options))

    def predict_each(
        self, models: Sequence[ModelInfo], text: str, options: PromptOptions = DEFAULT_OPTIONS
    ) -> Iterator[Prediction]:
        """Predict `text` with each of `models`, all submitted at once where there is a batcher.

        Closing the iterator cancels the predictions that have not begun.
        """
        if self._batcher is None:
            yield from (self._predict(model, text, options) for model in models)
            return
        submit = self._batcher.submit
        futures = [None if m.error else submit(m, text, options) for m in models]
        try:
            for model, future in zip(models, futures, strict=True):
                yield _wait_for(model, future)
        finally:
            for future in futures:
                if future:
                    future.cancel()

    def _predict(self, model: ModelInfo, text: str, options: PromptOptions) -> Prediction:
        if model.error:
            return failed_prediction(model, model.error)
        try:
            return self._predictor.predict(model, text, options)
        except BrokenProcessPool:
            return failed_prediction(model, _ended(model))

    def score(self, model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        """Predict a few `texts` with `model`; a model that fails says so."""
        if model.error:
            return BatchPrediction(error=model.error)
        try:
            predictions = self._predictor.predict_many(model, texts)
        except BrokenProcessPool:
            return BatchPrediction(error=_ended(model))
        problem = next((p.error for p in predictions if p.error), "")
        if problem:
            return BatchPrediction(error=problem)
        return BatchPrediction(
            p_positive=tuple(p.p_positive for p in predictions),
            tokens_read=tuple(p.tokens_read for p in predictions),
            tokens_total=tuple(p.tokens_total for p in predictions),
        )

    def explain(
        self,
        model: ModelInfo,
        text: str,
        method: AttributionMethod,
        options: PromptOptions = DEFAULT_OPTIONS,
    ) -> Explanation:
        """Attribute the prediction of `model` for `text` to its words; a failure is a sentence."""
        if model.error:
            return failed_explanation(model, model.error)
        try:
            return self._predictor.explain(model, text, method, options)
        except BrokenProcessPool:
            return failed_explanation(model, _ended(model))

    def loaded_models(self) -> list[str]:
        """List the names of the models in memory, the one used last at the end."""
        try:
            return self._predictor.loaded_models()
        except BrokenProcessPool:
            return []


def _wait_for(model: ModelInfo, future: Future[Prediction] | None) -> Prediction:
    if future is None:
        return failed_prediction(model, model.error)
    try:
        return future.result()
    except BrokenProcessPool:
        return failed_prediction(model, _ended(model))


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
