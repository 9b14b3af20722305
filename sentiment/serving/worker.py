"""The predictor in child processes: the page opens while models load, and survives a crash.

Importing this module does not load torch, so that the processes can be started first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

from sentiment.runtime.child_process import (
    ignore_sigterm,
    init_child,
    lower_priority,
    sigterm_blocked,
)
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, PromptOptions

if TYPE_CHECKING:
    from sentiment.inference.explanation import AttributionMethod
    from sentiment.models.catalogue import ModelInfo
    from sentiment.serving.answers import Explanation, Prediction
    from sentiment.serving.predictor import LocalPredictor

Result = TypeVar("Result")


class WorkerPredictor:
    """Predictor that runs in two child processes, which are restarted after a crash.

    Large models have a process of their own with low priority, so that small ones neither wait
    for them nor share the processor evenly. It starts with the first request for a large model.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools = {is_large: _start(is_large) for is_large in (False, True)}
        self._resident: dict[bool, list[str]] = {False: [], True: []}  # names, by `is_large`
        self._loaded = _submit(self._pools[False], _load_bundled)
        self._loaded.add_done_callback(self._note_bundled)

    def _note_bundled(self, loading: Future[list[str]]) -> None:
        if not loading.exception():
            self._resident[False] = loading.result()

    def wait_until_loaded(self) -> None:
        """Wait until the small bundled backbones are loaded, or the process has crashed."""
        wait([self._loaded])

    def predict(
        self, model: ModelInfo, text: str, options: PromptOptions = DEFAULT_OPTIONS
    ) -> Prediction:
        """Predict `text` with `model`."""
        return self.predict_many(model, [text], options)[0]

    def predict_many(
        self, model: ModelInfo, texts: Sequence[str], options: PromptOptions = DEFAULT_OPTIONS
    ) -> list[Prediction]:
        """Predict `texts` with `model` in one batch; calls for models of its size wait."""
        return self._run(_predict_many, model, texts, options)

    def explain(
        self,
        model: ModelInfo,
        text: str,
        method: AttributionMethod,
        options: PromptOptions = DEFAULT_OPTIONS,
    ) -> Explanation:
        """Attribute the prediction of `model` for `text` to its words."""
        return self._run(_explain, model, text, method, options)

    def loaded_models(self) -> list[str]:
        """List the models that were in memory at the last answer, without waiting for another."""
        return [name for names in self._resident.values() for name in names]

    def _run(
        self, work: Callable[..., tuple[Result, list[str]]], model: ModelInfo, *arguments: Any
    ) -> Result:
        is_large = model.is_large
        with self._lock:
            pool = self._pools[is_large]
        try:
            result, self._resident[is_large] = _submit(pool, work, model, *arguments).result()
            return result
        except BrokenProcessPool:
            with self._lock:
                if self._pools[is_large] is pool:
                    self._pools[is_large] = _start(is_large)
                    self._resident[is_large] = []
            raise

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            for pool in self._pools.values():
                pool.shutdown(wait=True, cancel_futures=True)


def _start(is_large: bool) -> ProcessPoolExecutor:
    """Prepare the process of the small or the large models; it starts with its first work."""
    return ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), initializer=_init_worker, initargs=(is_large,)
    )


def _submit(
    pool: ProcessPoolExecutor, work: Callable[..., Result], *arguments: Any
) -> Future[Result]:
    """Submit work; a process that starts for it blocks SIGTERM until it ignores it."""
    with sigterm_blocked():
        return pool.submit(work, *arguments)


def _init_worker(is_large: bool) -> None:
    """Initialize the process and ignore signals: its parent stops it."""
    init_child()
    ignore_sigterm()
    if is_large:
        lower_priority()


@lru_cache(maxsize=1)
def _predictor() -> LocalPredictor:
    from sentiment.serving.predictor import LocalPredictor

    return LocalPredictor()


def _predict_many(
    model: ModelInfo, texts: Sequence[str], options: PromptOptions
) -> tuple[list[Prediction], list[str]]:
    return _predictor().predict_many(model, texts, options), _predictor().loaded_models()


def _explain(
    model: ModelInfo, text: str, method: AttributionMethod, options: PromptOptions
) -> tuple[Explanation, list[str]]:
    return _predictor().explain(model, text, method, options), _predictor().loaded_models()


def _load_bundled() -> list[str]:
    """Load every small bundled backbone and predict once; fine-tuned models share it."""
    from sentiment.labels import POSITIVE, PROBES
    from sentiment.models.catalogue import list_models
    from sentiment.paths import BUNDLED

    for model in list_models():
        if model.folder.parent == BUNDLED and model.kind == "zero-shot" and not model.is_large:
            _predictor().predict(model, PROBES[POSITIVE])
    return _predictor().loaded_models()
