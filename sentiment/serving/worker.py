"""The predictor in a child process: the page opens while models load, and survives a crash.

Importing this module does not load torch, so that the process can be started first.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

from sentiment.runtime.child_process import init_child
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, PromptOptions

if TYPE_CHECKING:
    from sentiment.inference.explanation import AttributionMethod
    from sentiment.models.catalogue import ModelInfo
    from sentiment.serving.answers import Explanation, Prediction
    from sentiment.serving.predictor import LocalPredictor

Result = TypeVar("Result")


class WorkerPredictor:
    """Predictor that runs in a child process, which is restarted after a crash."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_init_worker)
        self._loaded = pool.submit(_load_bundled)
        return pool

    def wait_until_loaded(self) -> None:
        """Wait until the bundled backbones are loaded, or the process has crashed."""
        wait([self._loaded])

    def predict(
        self, model: ModelInfo, text: str, options: PromptOptions = DEFAULT_OPTIONS
    ) -> Prediction:
        """Predict `text` with `model`."""
        return self.predict_many(model, [text], options)[0]

    def predict_many(
        self, model: ModelInfo, texts: Sequence[str], options: PromptOptions = DEFAULT_OPTIONS
    ) -> list[Prediction]:
        """Predict `texts` with `model` in one batch; other calls wait until it is done."""
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
        """List the names of the models in memory, the most recently used last."""
        return self._run(_loaded_models)

    def _run(self, work: Callable[..., Result], *arguments: Any) -> Result:
        with self._lock:
            pool = self._pool
        try:
            return pool.submit(work, *arguments).result()
        except BrokenProcessPool:
            with self._lock:
                if self._pool is pool:
                    self._pool = self._start()
            raise

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _init_worker() -> None:
    """Initialize the process and ignore signals: its parent stops it."""
    init_child()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@lru_cache(maxsize=1)
def _predictor() -> LocalPredictor:
    from sentiment.serving.predictor import LocalPredictor

    return LocalPredictor()


def _predict_many(
    model: ModelInfo, texts: Sequence[str], options: PromptOptions
) -> list[Prediction]:
    return _predictor().predict_many(model, texts, options)


def _explain(
    model: ModelInfo, text: str, method: AttributionMethod, options: PromptOptions
) -> Explanation:
    return _predictor().explain(model, text, method, options)


def _loaded_models() -> list[str]:
    return _predictor().loaded_models()


def _load_bundled() -> None:
    """Load every bundled backbone and predict once; fine-tuned models share it."""
    from sentiment.labels import POSITIVE, PROBES
    from sentiment.models.catalogue import list_models
    from sentiment.paths import BUNDLED

    for model in list_models():
        if model.folder.parent == BUNDLED and model.kind == "zero-shot":
            _predictor().predict(model, PROBES[POSITIVE])
