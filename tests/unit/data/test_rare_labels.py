"""A rare label: both parts of a split hold it where that can be, else its counts are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentiment.data.examples import Examples, random_part, stratified_split
from sentiment.data.loading import load_examples
from sentiment.errors import DataError
from sentiment.recipes import find_recipe
from sentiment.training.data import prepare_data


def _examples(negative: int, positive: int) -> Examples:
    n = negative + positive
    labels = np.array([0] * negative + [1] * positive)
    return Examples("mine", "file", tuple(f"text {i}" for i in range(n)), labels, np.arange(n))


@pytest.mark.parametrize(
    ("negative", "positive", "second"),
    [(2, 98, 0.2), (98, 2, 0.2), (2, 198, 0.01), (2, 2, 0.2), (2, 3, 1), (3, 50, 2), (2, 40, 39)],
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_both_parts_hold_both_labels_where_each_occurs_twice(
    negative: int, positive: int, second: float, seed: int
) -> None:
    whole = _examples(negative, positive)
    for part in stratified_split(whole, second=second, seed=seed):
        assert set(part.labels.tolist()) == {0, 1}
    first, rest = stratified_split(whole, second=second, seed=seed)
    assert sorted([*first.rows, *rest.rows]) == whole.rows.tolist()


@pytest.mark.parametrize(
    ("negative", "positive", "counts"), [(1, 9, "1 negative, 9 positive"), (40, 1, "1 positive")]
)
def test_a_label_that_occurs_once_is_named_with_its_counts(
    tmp_path: Path, negative: int, positive: int, counts: str
) -> None:
    path = tmp_path / "mine.csv"
    labels = [*["negative"] * negative, *["positive"] * positive]
    path.write_text("text,label\n" + "".join(f"t {i},{own}\n" for i, own in enumerate(labels)))
    for split in (
        lambda: random_part(load_examples(path), share=0.2, seed=0),
        lambda: prepare_data(find_recipe("distilbert-mini-sst2-lora"), source=path),
    ):
        with pytest.raises(DataError) as refused:
            split()
        assert f"mine file has {negative:,} negative" in str(refused.value)
        assert counts in str(refused.value)
        assert "at least two texts of each label" in str(refused.value)


def test_a_training_file_loses_its_neutral_and_empty_rows(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    rows = [
        f"{word} film {i},{label}" for word, label in (("fine", 5), ("dull", 1)) for i in range(9)
    ]
    path.write_text("\n".join(["text,stars", *rows, "so so,3", ",5", "unsaid,"]))
    train, (evaluation,) = prepare_data(find_recipe("distilbert-mini-sst2-lora"), source=path)
    assert len(train) + len(evaluation) == 18
    assert set(train.labels.tolist()) == {0, 1}
    assert "2 of 21 rows are neutral or unlabelled" in " ".join(train.notes)
    assert "1 of 21 rows of mine file have no text and are left out (row 20)." in train.notes
