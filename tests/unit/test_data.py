from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.data import (
    Examples,
    check_for_training,
    hold_out_sentences,
    load_examples,
    sample,
    stratified_split,
)
from sentiment.errors import DataError, InputError, SentimentError


def _examples(texts: list[str], labels: list[int]) -> Examples:
    return Examples("made", "file", tuple(texts), np.array(labels), np.arange(len(texts)))


def _csv(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_a_split_comes_from_the_named_folder(sst2: Path) -> None:
    train = load_examples("sst2", "train", directory=sst2)
    assert (len(train), int(train.labels.sum()), train.rows[-1]) == (64, 32, 63)


def test_the_default_split_is_the_one_the_data_set_is_scored_on(
    sst2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTIMENT_DATA", str(sst2))
    assert load_examples("sst2").split == "validation"


def test_a_missing_split_names_those_there_are(sst2: Path) -> None:
    with pytest.raises(DataError, match=r"No file sst2/test.parquet .* train, validation"):
        load_examples("sst2", "test", directory=sst2)


def test_an_unreachable_hub_says_what_to_set_instead() -> None:
    with pytest.raises(DataError, match="Set SENTIMENT_DATA to a folder"):
        load_examples("sst2")


def test_a_csv_takes_names_and_numbers_as_labels(tmp_path: Path) -> None:
    path = _csv(tmp_path / "a.csv", "text,label\ngood,positive\nbad,0\n")
    assert load_examples(path).labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,label\ngood,1\nbad,often\nsad,\n", r"2 of 3 rows have .* \(rows 2, 3\)"),
        ("id,review\n1,good\n", r"No column named text. Columns found: id, review"),
        ("", "not a UTF-8 CSV"),
        ("text,label\nI liked it, really,1\n", "Row 1 has 3 cells, the header has 2"),
    ],
)
def test_a_csv_that_cannot_be_used_says_why(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(SentimentError, match=message):
        load_examples(_csv(tmp_path / "a.csv", content))


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\ncaf\xe9,1\n")
    with pytest.raises(InputError, match=r"^This is not a UTF-8 CSV file\.$"):
        load_examples(path)


def test_a_csv_has_no_splits(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="A CSV file has no splits"):
        load_examples(_csv(tmp_path / "a.csv", "text,label\ngood,1\n"), "test")


def test_a_parquet_file_without_labels_is_refused(sst2: Path) -> None:
    pd.DataFrame({"sentence": ["a"]}).to_parquet(sst2 / "sst2" / "test.parquet")
    with pytest.raises(DataError, match="sst2 test has no column named label"):
        load_examples("sst2", "test", directory=sst2)


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (["good", "fine"], [1, 1], "All 2 examples are positive"),
        (["good", ""], [1, 0], "1 rows have no text .* row 2"),
        (["good", "bad"], [1, -1], "1 of 2 rows have no label"),
        ([], [], "There are no examples"),
    ],
)
def test_nothing_to_learn_from_is_refused(texts: list, labels: list, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_for_training(_examples(texts, labels))


def test_a_sample_is_seeded_and_keeps_the_label_shares(sst2: Path) -> None:
    train = load_examples("sst2", "train", directory=sst2)
    first, again, other = (sample(train, 16, seed=seed) for seed in (1, 1, 2))
    assert first.rows.tolist() == again.rows.tolist() != other.rows.tolist()
    assert int(first.labels.sum()) == 8


@pytest.mark.parametrize("count", [2, 7, 33, 59, 63, 64, 1000])
def test_a_sample_has_exactly_the_size_asked_for(sst2: Path, count: int) -> None:
    train = load_examples("sst2", "train", directory=sst2)
    assert len(sample(train, count, seed=0)) == min(count, 64)


def test_a_stratified_split_shares_no_row(sst2: Path) -> None:
    whole = load_examples("sst2", "train", directory=sst2)
    first, second = stratified_split(whole, second=0.25, seed=0)
    assert sorted([*first.rows, *second.rows]) == whole.rows.tolist()
    assert second.labels.mean() == 0.5


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


def test_the_fingerprint_changes_with_a_label_and_with_a_row() -> None:
    base = _examples(["good", "bad"], [1, 0])
    assert base.fingerprint == _examples(["good", "bad"], [1, 0]).fingerprint
    assert base.fingerprint != _examples(["good", "bad"], [0, 0]).fingerprint
    assert base.fingerprint != base.take([1, 0]).fingerprint


def test_the_real_data_has_the_published_sizes(real_data: Path) -> None:
    validation = load_examples("sst2")
    assert (len(validation), int(validation.labels.sum())) == (872, 444)
    assert len(pd.unique(np.array(validation.rows))) == 872
