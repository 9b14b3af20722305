"""Models in a process of their own: the page opens while they load, and outlives their crash.

Importing this module loads nothing, so that the process can be started before anything else is.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache, partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

from sentiment.runtime.child_process import init_child
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, PromptOptions

if TYPE_CHECKING:
    from sentiment.inference.explanation import Method
    from sentiment.models.catalogue import ModelInfo
    from sentiment.serving.answers import BatchPrediction, Explanation, Pending, Prediction
    from sentiment.serving.predictor import LocalPredictor

Result = TypeVar("Result")


class WorkerPredictor:
    """A process that answers texts, started anew where it died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_settle)
        self._loaded = pool.submit(_load_bundled)
        return pool

    def wait_until_loaded(self) -> None:
        """Return when the bundled pretrained models are loaded, or the process died of it."""
        wait([self._loaded])

    def begin(
        self, model: ModelInfo, text: str, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Pending:
        """The answer of `model`, to be waited for."""
        from sentiment.serving.answers import Later

        return Later(partial(self.answer, model, text, asking))

    def answer(
        self, model: ModelInfo, text: str, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Prediction:
        """What `model` says of `text`; a zero-shot model is asked as `asking` says.

        Raises:
            BrokenProcessPool: the process died of it; the next text has a new one.
        """
        return self.answer_many(model, [text], asking)[0]

    def answer_many(
        self, model: ModelInfo, texts: Sequence[str], asking: PromptOptions = DEFAULT_OPTIONS
    ) -> list[Prediction]:
        """What `model` says of each of `texts`.

        Raises:
            BrokenProcessPool: the process died of them; the next texts have a new one.
        """
        return self._ask(_answer_many, model, texts, asking)

    def residents(self) -> list[str]:
        """Names of the models in memory.

        Raises:
            BrokenProcessPool: the process died before it could say.
        """
        return self._ask(_residents)

    def score(self, model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        """What `model` says of `texts`; all other work waits until it is done.

        Raises:
            BrokenProcessPool: the process died of it; the next texts have a new one.
        """
        return self._ask(_score, model, texts)

    def explain(
        self, model: ModelInfo, text: str, method: Method, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Explanation:
        """What each part of `text` contributes to the answer of `model`.

        Raises:
            BrokenProcessPool: the process died of it; the next text has a new one.
        """
        return self._ask(_explain, model, text, method, asking)

    def _ask(self, work: Callable[..., Result], *arguments: Any) -> Result:
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


def _settle() -> None:
    """Settle, and leave it to the parent to end: whoever ends a service may tell all processes."""
    init_child()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@lru_cache(maxsize=1)
def _asker() -> LocalPredictor:
    from sentiment.serving.predictor import LocalPredictor

    return LocalPredictor()


def _answer_many(model: ModelInfo, texts: Sequence[str], asking: PromptOptions) -> list[Prediction]:
    return _asker().answer_many(model, texts, asking)


def _residents() -> list[str]:
    return _asker().residents()


def _score(model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
    return _asker().score(model, texts)


def _explain(model: ModelInfo, text: str, method: Method, asking: PromptOptions) -> Explanation:
    return _asker().explain(model, text, method, asking)


def _load_bundled() -> None:
    """Let every pretrained model that is bundled answer once; those trained from it share it."""
    from sentiment.labels import POSITIVE, PROBES
    from sentiment.models.catalogue import list_models
    from sentiment.paths import BUNDLED

    for model in list_models():
        if model.folder.parent == BUNDLED and model.kind == "zero-shot":
            _asker().answer(model, PROBES[POSITIVE])
