"""Texts that wait for the same model at the same moment are answered in one batch.

Nobody is made to wait for company: a batch holds what came while the one before it was computed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from sentiment.inference.explanation import Method
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import BatchPrediction, Explanation, Pending, Prediction
from sentiment.serving.predictor import Predictor
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, PromptOptions

MAX_BATCH_SIZE = 32  # texts of a batch


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A text that waits for its answer."""

    model: ModelInfo
    asking: PromptOptions
    text: str
    answer: Future[Prediction] = field(default_factory=Future)


class DynamicBatcher:
    """Hands batches to `answering`, one at a time; whoever waits longest decides which model."""

    def __init__(self, answering: Predictor) -> None:
        self._answering = answering
        self._waiting: list[_Waiting] = []
        self._came = threading.Condition()
        threading.Thread(target=self._work, name="together", daemon=True).start()

    def begin(
        self, model: ModelInfo, text: str, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Pending:
        """What `model` says of `text`, computed beside whatever else waits for it."""
        own = _Waiting(model, asking, text)
        with self._came:
            self._waiting.append(own)
            self._came.notify()
        return own.answer

    def answer_many(
        self, model: ModelInfo, texts: Sequence[str], asking: PromptOptions = DEFAULT_OPTIONS
    ) -> list[Prediction]:
        """What `model` says of each of `texts`."""
        return self._answering.answer_many(model, texts, asking)

    def residents(self) -> list[str]:
        """Names of the models in memory."""
        return self._answering.residents()

    def score(self, model: ModelInfo, texts: Sequence[str]) -> BatchPrediction:
        """What `model` says of `texts`."""
        return self._answering.score(model, texts)

    def explain(
        self, model: ModelInfo, text: str, method: Method, asking: PromptOptions = DEFAULT_OPTIONS
    ) -> Explanation:
        """What each part of `text` contributes to the answer of `model`."""
        return self._answering.explain(model, text, method, asking)

    def _work(self) -> None:
        while True:
            batch = [own for own in self._next_batch() if own.answer.set_running_or_notify_cancel()]
            if not batch:  # nobody waits for it any more
                continue
            first, texts = batch[0], [own.text for own in batch]
            try:
                answers = self._answering.answer_many(first.model, texts, first.asking)
            except BaseException as error:  # each who waits is told, and the next batch begins
                for own in batch:
                    own.answer.set_exception(error)
                continue
            for own, answer in zip(batch, answers, strict=True):
                own.answer.set_result(answer)

    def _next_batch(self) -> list[_Waiting]:
        """What waits for the model and the way of asking of whoever waits longest."""
        with self._came:
            self._came.wait_for(lambda: bool(self._waiting))
            first = self._waiting[0]
            same = [
                own
                for own in self._waiting
                if (own.model, own.asking) == (first.model, first.asking)
            ][:MAX_BATCH_SIZE]
            taken = set(map(id, same))
            self._waiting = [own for own in self._waiting if id(own) not in taken]
            return same
