"""Labelled texts are checked, and what is odd about them is said, before anything is trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentiment.data.checks import (
    check_apart,
    check_for_training,
    describe_overlap,
    describe_problems,
    describe_repeats,
)
from sentiment.data.examples import Examples
from sentiment.errors import DataError
from sentiment.recipes import find_recipe
from sentiment.training.data import prepare_data
from tests.support.commands import train

RECIPE = find_recipe("distilbert-mini-sst2-head")


def _examples(texts: list[str], labels: list[int], split: str = "file") -> Examples:
    return Examples("mine", split, tuple(texts), np.array(labels), np.arange(len(texts)))


def _write(path: Path, texts: list[str]) -> Path:
    rows = [f'"{text}",{i % 2}' for i, text in enumerate(texts)]
    path.write_text("\n".join(["text,label", *rows]))
    return path


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (["good", "fine"], [1, 1], "All 2 examples are positive"),
        (["good", "", "bad", ""], [1, 0, 0, 0], r"2 of 4 rows have no text \(rows 2, 4\)"),
        (["good", "bad"], [1, -1], r"1 of 2 rows have no label \(row 2\)"),
        ([], [], "There are no examples"),
    ],
)
def test_nothing_to_learn_from_is_refused(texts: list, labels: list, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_for_training(_examples(texts, labels))


def test_repeated_texts_are_counted_and_those_with_both_labels_named() -> None:
    assert describe_repeats(_examples(["a", "b"], [0, 1])) == ""
    said = describe_repeats(_examples(["a", "b", "a", "a", "b"], [0, 1, 0, 1, 1]))
    assert said == (
        "mine file repeats 2 texts in 3 further rows (rows 3, 4, 5); 1 of them have both labels."
    )


def test_texts_on_both_sides_are_counted_with_their_rows() -> None:
    train = _examples(["a", "b", "c"], [0, 1, 0], "train")
    assert describe_overlap(train, _examples(["d"], [1], "test")) == ""
    said = describe_overlap(train, _examples(["d", "c", "e", "a"], [1, 0, 1, 0], "test"))
    assert said == ("2 of 4 texts of mine test are also in mine train (rows 2, 4).")


def test_a_long_list_of_rows_is_cut_short() -> None:
    said = describe_repeats(_examples(["a"] * 9, [0] * 9))
    assert "in 8 further rows (rows 2, 3, 4, 5, 6, …)" in said


def test_the_same_texts_to_train_and_to_score_on_are_refused() -> None:
    train = _examples(["a", "b"], [0, 1])
    with pytest.raises(DataError, match="All 2 texts of the test data"):
        check_apart(train, _examples(["b", "a", "a"], [1, 0, 0]))
    with pytest.raises(DataError, match="All 1 texts"):
        check_apart(train, _examples(["b"], [1]))
    check_apart(train, _examples(["a", "c"], [0, 1]))


def test_the_same_file_twice_is_refused_before_anything_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _write(tmp_path / "mine.csv", [f"text {i}" for i in range(12)])
    arguments = ["--backbone", "not-there", "--data", str(path), "--test", str(path)]
    assert train([RECIPE.name, *arguments]) == 2
    assert "All 12 texts of the test data are also in the training data" in capsys.readouterr().err


def test_another_file_can_be_scored_on(tmp_path: Path) -> None:
    train = _write(tmp_path / "train.csv", [f"text {i}" for i in range(12)])
    test = _write(tmp_path / "test.csv", ["text 3", "other", "more"])
    learned, evaluations = prepare_data(RECIPE, source=train, test=test)
    assert (len(learned), [len(e) for e in evaluations]) == (12, [3])
    assert describe_problems(learned, evaluations) == [
        "1 of 3 texts of test file are also in train file (row 1)."
    ]
    with pytest.raises(DataError, match="--test names what is scored on"):
        prepare_data(RECIPE, source=train, test=test, hold_out=2)


def test_no_text_of_a_split_file_is_on_both_sides(tmp_path: Path) -> None:
    texts = [f"text {i % 12}" for i in range(60)]
    learned, (evaluation,) = prepare_data(RECIPE, source=_write(tmp_path / "mine.csv", texts))
    assert not set(learned.texts) & set(evaluation.texts)
    assert describe_overlap(learned, evaluation) == ""
