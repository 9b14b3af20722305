"""Dynamic batching: concurrent requests for the same model share a batch.

There is no batching delay: a batch holds the requests that arrived during the previous batch.
Requests for large models have a queue of their own, so that those for small ones do not wait.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import Prediction
from sentiment.serving.predictor import Predictor
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, PromptOptions

MAX_BATCH_SIZE = 32  # texts


@dataclass(frozen=True, eq=False)
class _Request:
    """A request for the prediction of a text."""

    model: ModelInfo
    options: PromptOptions
    text: str
    future: Future[Prediction] = field(default_factory=Future)


class DynamicBatcher:
    """Dynamic batcher over a predictor; the oldest request determines the model of a batch."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._requests: list[_Request] = []
        self._has_come = threading.Condition()
        for is_large in (False, True):
            threading.Thread(
                target=self._work, args=(is_large,), name="batcher", daemon=True
            ).start()

    def submit(
        self, model: ModelInfo, text: str, options: PromptOptions = DEFAULT_OPTIONS
    ) -> Future[Prediction]:
        """Submit `text` to `model`; return a future.

        A future that is cancelled before its batch starts is not computed.
        """
        request = _Request(model, options, text)
        with self._has_come:
            self._requests.append(request)
            self._has_come.notify_all()
        return request.future

    def _work(self, is_large: bool) -> None:
        while True:
            batch = [
                r for r in self._next_batch(is_large) if r.future.set_running_or_notify_cancel()
            ]
            if not batch:
                continue
            model, options = batch[0].model, batch[0].options
            try:
                predictions = self._predictor.predict_many(
                    model, [request.text for request in batch], options
                )
            except BaseException as error:  # goes to every request; the next batch starts
                for request in batch:
                    request.future.set_exception(error)
                continue
            for request, prediction in zip(batch, predictions, strict=True):
                request.future.set_result(prediction)

    def _next_batch(self, is_large: bool) -> list[_Request]:
        """Take the requests with the model and the options of the oldest one of this size."""

        def oldest_request() -> _Request | None:
            return next((r for r in self._requests if r.model.is_large == is_large), None)

        with self._has_come:
            while (oldest := oldest_request()) is None:
                self._has_come.wait()
            same = [
                request
                for request in self._requests
                if (request.model, request.options) == (oldest.model, oldest.options)
            ][:MAX_BATCH_SIZE]
            taken_ids = set(map(id, same))
            self._requests = [r for r in self._requests if id(r) not in taken_ids]
            return same
