from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sentiment.data.examples import Examples, random_part, sample, stratified_split
from sentiment.data.loading import load_examples
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
        (
            "text,label\ngood,1\nbad,often\nsad,\n",
            r"not understood: 'often' in row 2\. Use",
        ),
        ("id,words\n1,good\n", r"No column named text in a.csv. Columns found: id, words"),
        ("text,words\n1,good\n", r"No column named label in a.csv. Columns found: text, words"),
        ("", "The file is empty"),
        ("text,label\n", "has a header and no rows"),
        ("text,label\nI liked it, really,1\n", "a.csv, row 1: 3 cells, the header has 2"),
    ],
)
def test_a_csv_that_cannot_be_used_says_why(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(SentimentError, match=message):
        load_examples(_csv(tmp_path / "a.csv", content))


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\ncaf\xe9,1\n")
    with pytest.raises(InputError, match=r"^a\.csv, row 1: the byte 0xE9 is not UTF-8"):
        load_examples(path)


def test_a_csv_has_no_splits(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="A file has no split 'test'"):
        load_examples(_csv(tmp_path / "a.csv", "text,label\ngood,1\n"), "test")


def test_a_parquet_file_without_labels_is_refused(sst2: Path) -> None:
    pd.DataFrame({"sentence": ["a"]}).to_parquet(sst2 / "sst2" / "test.parquet")
    with pytest.raises(InputError, match="No column named label in sst2 test"):
        load_examples("sst2", "test", directory=sst2)


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


def test_a_random_part_is_drawn_again_from_its_name(sst2: Path) -> None:
    train = load_examples("sst2", "train", directory=sst2)
    rest, part = random_part(train, share=0.125, seed=7)
    assert part.split == "train-random-12.5-seed-7"
    assert sorted([*rest.rows, *part.rows]) == train.rows.tolist()
    again = load_examples("sst2", part.split, directory=sst2)
    assert (again.fingerprint, again.split) == (part.fingerprint, part.split)
    other = load_examples("sst2", "train-random-12.5-seed-8", directory=sst2)
    assert other.fingerprint != part.fingerprint


def test_a_random_part_of_a_csv_is_drawn_again_from_its_name(tmp_path: Path) -> None:
    rows = "".join(f"text number {i},{i % 2}\n" for i in range(20))
    path = _csv(tmp_path / "a.csv", "text,label\n" + rows)
    part = random_part(load_examples(path), share=0.2, seed=1)[1]
    assert load_examples(path, "file-random-20-seed-1").fingerprint == part.fingerprint


@pytest.mark.parametrize("percent", [0, 100, 250])
def test_a_random_part_that_is_nothing_or_all_is_refused(sst2: Path, percent: int) -> None:
    with pytest.raises(DataError, match="more than 0 and less than 100 %"):
        load_examples("sst2", f"train-random-{percent}-seed-1", directory=sst2)


def test_the_fingerprint_changes_with_a_label_and_with_a_row() -> None:
    base = _examples(["good", "bad"], [1, 0])
    assert base.fingerprint == _examples(["good", "bad"], [1, 0]).fingerprint
    assert base.fingerprint != _examples(["good", "bad"], [0, 0]).fingerprint
    assert base.fingerprint != base.take([1, 0]).fingerprint


def test_the_real_data_has_the_published_sizes(real_data: Path) -> None:
    validation = load_examples("sst2")
    assert (len(validation), int(validation.labels.sum())) == (872, 444)
    assert len(pd.unique(np.array(validation.rows))) == 872


@pytest.mark.parametrize(
    ("ids", "read"),
    [
        (["1", "2"], [1, 2]),
        (["01", "2"], ["01", "2"]),
        (["a", "b"], ["a", "b"]),
        (["a", "a"], None),
    ],
)
def test_ids_are_read_as_they_are_written_unless_they_repeat(
    tmp_path: Path, ids: list[str], read: list[object] | None
) -> None:
    rows = "".join(f"{own},a film,{i}\n" for i, own in enumerate(ids))
    examples = load_examples(_csv(tmp_path / "a.csv", f"ID,text,label\n{rows}"))
    assert (None if examples.ids is None else examples.ids.tolist()) == read
    assert any("repeat" in note for note in examples.notes) == (read is None)
