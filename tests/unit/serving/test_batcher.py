"""Texts that wait for the same model are answered in one batch, each with its own answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import pytest

from sentiment.errors import InputError
from sentiment.inference.scoring import score
from sentiment.models.catalogue import ModelInfo, read_info
from sentiment.paths import BUNDLED
from sentiment.serving.answers import Prediction
from sentiment.serving.batcher import MAX_BATCH_SIZE, DynamicBatcher
from sentiment.serving.lineup import LineUp
from sentiment.serving.predictor import LocalPredictor
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, PromptOptions
from tests.support.builders import FakeClassifier

A = ModelInfo("a", BUNDLED, "fine-tuned", "a")
B = replace(A, name="b")
LARGE = replace(A, name="large", backbone="large", parameters=135_000_000)
TEXTS = [f"text {number} {'long ' * (number % 7)}" for number in range(40)]


class _Slow:
    """Notes its batches; the first waits until `go` is set, so that others gather."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[str]]] = []
        self.go, self.begun = threading.Event(), threading.Event()

    def predict_many(
        self, model: ModelInfo, texts: Sequence[str], asking: PromptOptions = DEFAULT_OPTIONS
    ) -> list[Prediction]:
        """Predictions that name their text; a text called "bad" fails the batch."""
        self.batches.append((model.name, list(texts)))
        self.begun.set()
        self.go.wait(30)
        if "bad" in texts:
            raise InputError("no")
        return [Prediction(model.name, "fine-tuned", "a", prompt=text) for text in texts]


def _gather(slow: _Slow, asked: list[tuple[ModelInfo, str]]) -> list[object]:
    """Answers, or what was raised, when all of `asked` wait behind a first text."""
    batcher = DynamicBatcher(slow)  # type: ignore[arg-type]

    def ask(own: tuple[ModelInfo, str]) -> object:
        try:
            return batcher.submit(*own).result().prompt
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(len(asked) + 1) as pool:
        first = pool.submit(ask, (A, "first"))
        assert slow.begun.wait(30)
        others = []
        for number, own in enumerate(asked, start=1):
            others.append(pool.submit(ask, own))
            while len(batcher._requests) < number:  # in this order
                pass
        slow.go.set()
        assert first.result(30) == "first"
        return [other.result(30) for other in others]


def test_what_waits_for_the_same_model_is_one_batch() -> None:
    slow = _Slow()
    asked = [(A, "one"), (B, "two"), (A, "three"), (B, "four")]
    assert _gather(slow, asked) == ["one", "two", "three", "four"]
    assert slow.batches == [("a", ["first"]), ("a", ["one", "three"]), ("b", ["two", "four"])]


def test_a_small_model_does_not_wait_for_a_large_one() -> None:
    slow = _Slow()

    def answer(model: ModelInfo, texts: Sequence[str], asking: PromptOptions) -> list[Prediction]:
        if model.is_large:
            return _Slow.predict_many(slow, model, texts, asking)
        return [Prediction(model.name, model.kind, model.backbone)] * len(texts)

    predictor = SimpleNamespace(predict_many=answer, loaded_models=list)
    lineup = LineUp(predictor, DynamicBatcher(predictor))  # type: ignore[arg-type]
    answers = lineup.predict_each([LARGE, A, B], "a text")
    assert {next(answers).model, next(answers).model} == {"a", "b"}
    assert slow.begun.wait(30)
    assert slow.batches == [("large", ["a text"])]
    slow.go.set()
    assert [answer.model for answer in answers] == ["large"]


def test_who_no_longer_waits_is_let_go_while_a_large_model_computes() -> None:
    slow, is_stopped = _Slow(), threading.Event()
    lineup = LineUp(slow, DynamicBatcher(slow))  # type: ignore[arg-type]
    answers = lineup.predict_each([LARGE], "a text", is_stopped=is_stopped.is_set)
    threading.Timer(0.05, is_stopped.set).start()
    assert list(answers) == []
    assert slow.begun.is_set()
    slow.go.set()


def test_a_batch_has_an_end() -> None:
    slow = _Slow()
    asked = [(A, text) for text in TEXTS]
    assert _gather(slow, asked) == TEXTS
    assert [len(texts) for _, texts in slow.batches] == [1, MAX_BATCH_SIZE, 40 - MAX_BATCH_SIZE]


def test_a_batch_that_fails_tells_all_who_wait_and_the_next_is_answered() -> None:
    assert _gather(_Slow(), [(A, "bad"), (A, "good"), (B, "fine")]) == ["no", "no", "fine"]


def test_what_nobody_waits_for_any_more_is_not_computed() -> None:
    slow = _Slow()
    batcher = DynamicBatcher(slow)  # type: ignore[arg-type]
    first = batcher.submit(A, "first")
    assert slow.begun.wait(30)
    left, stays = batcher.submit(B, "left"), batcher.submit(B, "stays")
    alone = batcher.submit(A, "alone")
    assert left.cancel()
    assert alone.cancel()
    slow.go.set()
    assert [own.result().prompt for own in (first, stays)] == ["first", "stays"]
    assert slow.batches == [("a", ["first"]), ("b", ["stays"])]


def test_answers_of_a_crowd_are_those_of_one_by_one() -> None:
    predictor = LocalPredictor()
    models = [read_info(BUNDLED / name) for name in ("gpt2-mini", "llama-mini-sst2-head")]
    alone = {(m.name, t): predictor.predict(m, t).p_positive for m in models for t in TEXTS}
    batcher = DynamicBatcher(predictor)
    asked = [(model, text) for text in TEXTS for model in models]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda own: batcher.submit(*own).result(), asked))
    for (model, text), answer in zip(asked, answers, strict=True):
        assert answer.model == model.name
        assert answer.p_positive == pytest.approx(alone[model.name, text], abs=1e-5)


def test_one_odd_text_does_not_take_the_others_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_on_odd(classifier: FakeClassifier, texts: Sequence[str]) -> object:
        if "odd" in texts:
            raise ZeroDivisionError
        return score(classifier, texts)

    predictor = LocalPredictor()
    monkeypatch.setattr(predictor, "_load", lambda model, asking: FakeClassifier())
    monkeypatch.setattr("sentiment.inference.scoring.score", fail_on_odd)
    answers = predictor.predict_many(A, ["a great film", "odd", "a dull film"])
    assert [answer.label for answer in answers] == ["positive", "", "negative"]
    assert answers[1].error == "a failed: ZeroDivisionError."
