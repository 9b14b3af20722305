from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sentiment.data.loading import CAPABILITY_TITLES, load_examples
from sentiment.errors import DataError
from sentiment.evaluation.evaluate import build_result
from sentiment.evaluation.results import Result
from sentiment.evaluation.texts import fetch_texts, find_parts, find_texts
from sentiment.inference.scoring import score
from tests.support.builders import FakeClassifier


@pytest.fixture
def result(sst2: Path) -> Result:
    examples = load_examples("sst2", directory=sst2)
    return build_result(FakeClassifier(), examples, score(FakeClassifier(), examples.texts))


def test_texts_come_from_the_folder_in_the_order_of_the_answers(
    result: Result, sst2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_texts(result) is None
    monkeypatch.setenv("SENTIMENT_DATA", str(sst2))
    expected = load_examples("sst2").texts
    assert find_texts(result) == list(expected)
    turned = replace(result, frame=result.frame[::-1])
    assert find_texts(turned) == list(expected[::-1])


def test_texts_that_are_not_those_that_were_answered_are_not_shown(
    result: Result, sst2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTIMENT_DATA", str(sst2))
    other = replace(result, info=replace(result.info, fingerprint="0" * 16))
    assert find_texts(other) is None
    with pytest.raises(DataError, match="is not what was evaluated"):
        fetch_texts(other)


def test_the_hub_that_cannot_be_asked_is_one_sentence(result: Result) -> None:
    with pytest.raises(DataError, match="could not be read from the Hugging Face Hub"):
        fetch_texts(result)


def test_the_challenge_set_comes_with_the_project_and_parts_by_capability() -> None:
    examples = load_examples("challenge")
    answered = build_result(FakeClassifier(), examples, score(FakeClassifier(), examples.texts))
    texts = find_texts(answered)
    assert texts == list(examples.texts)
    parts = find_parts(answered, texts)
    assert [part.name for part in parts] == ["all texts", *CAPABILITY_TITLES.values()]
    assert sum(part.mask.sum() for part in parts[1:]) == len(texts)
