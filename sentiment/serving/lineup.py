"""The line-up: the models shown side by side, and their predictions for one text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
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

_POLL_SECONDS = 0.1  # between two looks at whether somebody still waits


class LineUp:
    """The models on this machine, and their predictions."""

    def __init__(
        self, predictor: Predictor | None = None, batcher: DynamicBatcher | None = None
    ) -> None:
        """Use `predictor`; with a `batcher`, requests for single texts are batched."""
        self._predictor = predictor or LocalPredictor()
        self._batcher = batcher

    def models(self, own: Sequence[ModelInfo] = ()) -> list[ModelInfo]:
        """List all available models, each backbone's zero-shot model before its fine-tuned ones.

        Args:
            own: models of one visit, which no other visit lists.
        """
        return list_models(own)

    def default_models(self, own: Sequence[ModelInfo] = ()) -> list[ModelInfo]:
        """List the default models of a comparison.

        These are all zero-shot models, the bundled fine-tuned model of each backbone with the
        highest accuracy on single sentences, and all models that were trained here.
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

    def default_pair(self) -> list[ModelInfo]:
        """List the most accurate small model of a comparison after its zero-shot backbone."""
        small = [model for model in self.default_models() if not model.is_large]
        accuracies = _sentence_accuracies()
        tuned = [model for model in small if model.name in accuracies and model.kind != "zero-shot"]
        if not tuned:
            return small[:2]
        best = max(tuned, key=lambda model: accuracies[model.name])
        return [model for model in small if model.name in (best.name, best.backbone)]

    def select(self, names: Sequence[str] | None, own: Sequence[ModelInfo] = ()) -> list[ModelInfo]:
        """Find the models called `names`, in the order of the line-up; without names, the default.

        Names are looked up in the line-up only: user input never becomes a path or a download.

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
        """Predict `text` with `model`; a failure is reported in the prediction's `error`.

        Args:
            options: zero-shot settings; the prediction lists those that do not apply.
        """
        return next(self.predict_each([model], text, options))

    def predict_each(
        self,
        models: Sequence[ModelInfo],
        text: str,
        options: PromptOptions = DEFAULT_OPTIONS,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[Prediction]:
        """Predict `text` with each of `models`; with a batcher, the first to answer comes first.

        Closing the iterator cancels the predictions that have not started.

        Args:
            is_stopped: asked while an answer is waited for; if it returns True, no more come.
        """
        if self._batcher is None:
            yield from (self._predict(model, text, options) for model in models)
            return
        usable = [model for model in models if not model.error]
        waiting = {self._batcher.submit(model, text, options): model for model in usable}
        try:
            yield from (failed_prediction(m, m.error) for m in models if m.error)
            while waiting and not is_stopped():
                done, _ = wait(waiting, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in [own for own in waiting if own in done]:
                    yield _read(waiting.pop(future), future)
        finally:
            for future in waiting:
                future.cancel()

    def _predict(self, model: ModelInfo, text: str, options: PromptOptions) -> Prediction:
        if model.error:
            return failed_prediction(model, model.error)
        try:
            return self._predictor.predict(model, text, options)
        except BrokenProcessPool:
            return failed_prediction(model, _describe_crash(model))

    def score(self, model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        """Predict a few `texts` with `model`; a failure is reported in `error`."""
        if model.error:
            return BatchPrediction(error=model.error)
        try:
            predictions = self._predictor.predict_many(model, texts)
        except BrokenProcessPool:
            return BatchPrediction(error=_describe_crash(model))
        problem = next((p.error for p in predictions if p.error), "")
        if problem:
            return BatchPrediction(error=problem)
        return BatchPrediction(
            p_positive=tuple(p.p_positive for p in predictions),
            tokens_read=tuple(p.tokens_read for p in predictions),
            tokens_total=tuple(p.tokens_total for p in predictions),
            p_neutral=tuple(p.p_neutral for p in predictions if p.p_neutral is not None),
        )

    def explain(
        self,
        model: ModelInfo,
        text: str,
        method: AttributionMethod,
        options: PromptOptions = DEFAULT_OPTIONS,
    ) -> Explanation:
        """Attribute the prediction of `model` for `text` to its words."""
        if model.error:
            return failed_explanation(model, model.error)
        try:
            return self._predictor.explain(model, text, method, options)
        except BrokenProcessPool:
            return failed_explanation(model, _describe_crash(model))

    def loaded_models(self) -> list[str]:
        """List the names of the models in memory, the most recently used last."""
        try:
            return self._predictor.loaded_models()
        except BrokenProcessPool:
            return []


def _read(model: ModelInfo, future: Future[Prediction]) -> Prediction:
    try:
        return future.result()
    except BrokenProcessPool:
        return failed_prediction(model, _describe_crash(model))


def _describe_crash(model: ModelInfo) -> str:
    return f"{model.name} ended its process. Try another text."


def _sentence_accuracies() -> dict[str, float]:
    """Compute the accuracy on `SENTENCES` of every model with saved predictions on it."""
    split = DATASETS[SENTENCES].evaluation_split
    return {
        result.info.model: result.accuracy
        for result in find_results()[0]
        if (result.info.dataset, result.info.split) == (SENTENCES, split)
        and result.info.is_of(result.info.model)
    }
