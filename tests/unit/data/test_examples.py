from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.data.examples import Examples, hold_out, hold_out_sentences
from sentiment.errors import DataError


def _examples(texts: list[str], labels: list[int]) -> Examples:
    return Examples("made", "file", tuple(texts), np.array(labels), np.arange(len(texts)))


def test_reviews_held_out_share_no_text_with_training() -> None:
    texts = ("same", "same", "a", "b", "c", "d", "e", "f")
    labels = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    for seed in range(8):
        examples = Examples("imdb", "train", texts, labels, np.arange(8))
        train, held_out = hold_out(examples, 4, seed=seed)
        assert len(held_out) == 4
        assert not set(train.texts) & set(held_out.texts)
        assert held_out.split == "train-held-out"


def test_holding_out_sentences_takes_their_phrases_out_of_train() -> None:
    whole = "the plot is thin but the songs carry all of it ."
    other = "nobody in this town has ever told a joke that worked ."
    texts = [whole, "the songs carry all", "songs carry", other, "told a joke", "a fine day"]
    train, held_out = hold_out_sentences(_examples(texts, [1, 1, 1, 0, 0, 1]), 1, seed=0)
    assert len(held_out) == 1
    assert held_out.split == "file-held-out"
    assert all(f" {text} " not in f" {held_out.texts[0]} " for text in train.texts)
    assert "a fine day" in train.texts


def test_the_end_of_a_longer_row_is_not_held_out_as_a_sentence() -> None:
    whole = "the plot is thin but the songs carry all of it to the very end ."
    tail = "but the songs carry all of it to the very end ."
    for seed in range(4):
        examples = _examples([tail, whole, "a fine day"], [1, 1, 0])
        train, held_out = hold_out_sentences(examples, 1, seed=seed)
        assert held_out.texts == (whole,)
        assert train.texts == ("a fine day",)


@pytest.mark.parametrize("count", [-1, 0, 5])
def test_more_sentences_than_there_are_cannot_be_held_out(count: int) -> None:
    with pytest.raises(DataError, match=r"(hold out|held out)"):
        hold_out_sentences(_examples(["a fine day", "a sad day"], [1, 0]), count, seed=0)


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=12), min_size=1, max_size=30))
def test_no_held_out_text_and_no_training_text_stand_inside_each_other(rows: list) -> None:
    texts = [" ".join(row) + " ." for row in rows]
    try:
        train, held_out = hold_out_sentences(_examples(texts, [0] * len(texts)), 1, seed=0)
    except DataError:
        return
    for kept in train.texts:
        for held in held_out.texts:
            assert f" {kept} " not in f" {held} "
            assert f" {held} " not in f" {kept} "
