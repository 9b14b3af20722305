"""Labelled texts: load a split from a folder, the Hub or a CSV, check it, sample from it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from sentiment.errors import DataError
from sentiment.hub_data import find_evaluation_split, is_hub_id, read_split
from sentiment.labels import UNLABELLED, parse_label
from sentiment.paths import ASSETS, DATA_VARIABLE, data_directory
from sentiment.sources import DATASETS, RANDOM_PART, WHOLE_SPLIT, WRITTEN, random_part_name
from sentiment.tabular import read_csv

_TEXT_COLUMNS = ("text", "sentence")


@dataclass(frozen=True)
class Examples:
    """Texts with their gold labels; `rows` numbers them as in the file they come from."""

    dataset: str
    split: str
    texts: tuple[str, ...]
    labels: np.ndarray  # (n,) int64: 0 negative, 1 positive, -1 unlabelled
    rows: np.ndarray  # (n,) int64

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def fingerprint(self) -> str:
        """First 16 hexadecimal digits of the sha256 over row numbers, labels and texts."""
        digest = hashlib.sha256()
        for row, label, text in zip(self.rows, self.labels, self.texts, strict=True):
            digest.update(f"{row}\t{label}\t{text}\n".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:16]

    def take(self, positions: Sequence[int] | np.ndarray) -> Examples:
        """The examples at `positions`, in that order."""
        index = np.asarray(positions, dtype=np.int64)
        return Examples(
            dataset=self.dataset,
            split=self.split,
            texts=tuple(self.texts[i] for i in index),
            labels=self.labels[index],
            rows=self.rows[index],
        )


def name_rows(rows: Sequence[int] | np.ndarray) -> str:
    """The first few of `rows`, counted from 1 as a person does: "rows 3, 8, 12, …"."""
    shown = ", ".join(f"{int(row) + 1}" for row in rows[:5])
    return f"row{'' if len(rows) == 1 else 's'} {shown}{', …' if len(rows) > 5 else ''}"


def load_examples(
    source: str | Path, split: str | None = None, *, directory: Path | str | None = None
) -> Examples:
    """Load one split of a data set, or a CSV file with the columns `text` and `label`.

    Args:
        source: `sst2`, `imdb`, `challenge`, `first-lesson`, the Hub id of another data set with the
            columns `text` (or `sentence`) and `label`, or the path of a CSV file.
        split: `train`, `validation`, `test`; by default the split the data set is scored on. A
            CSV file is one split, `file`. `train-random-20-seed-42` is the fifth of `train` that
            `random_part` draws.
        directory: for `sst2` and `imdb`, a folder with `sst2/<split>.parquet` and
            `imdb/<split>.parquet`; by default `$SENTIMENT_DATA`; without either the data set comes
            from the Hugging Face Hub.

    Raises:
        DataError: the source cannot be found, or its labels cannot be used.
        InputError: the CSV file cannot be read.
    """
    drawn = RANDOM_PART.fullmatch(split or "")
    if drawn:
        whole = load_examples(source, drawn["base"], directory=directory)
        return random_part(whole, share=float(drawn["percent"]) / 100, seed=int(drawn["seed"]))[1]
    if str(source) in WRITTEN:
        return _load_written(str(source), split)
    if str(source) not in DATASETS:
        if is_hub_id(source):
            return _load_from_hub(Path(source).as_posix(), split)
        if split not in (None, "file"):
            raise DataError(f"A CSV file has no split {split!r}; leave it out.")
        return _load_csv(Path(source))
    name = str(source)
    split = split or DATASETS[name].evaluation_split
    folder = data_directory(directory)
    frame = _read_parquet(folder, name, split) if folder else _read_hub(name, split)
    return _to_examples(frame, DATASETS[name].text_column, dataset=name, split=split)


def _read_parquet(folder: Path, name: str, split: str) -> pd.DataFrame:
    path = folder / name / f"{split}.parquet"
    if not path.is_file():
        there = sorted(p.stem for p in path.parent.glob("*.parquet"))
        found = f"Splits found there: {', '.join(there)}." if there else "Nothing was found there."
        raise DataError(
            f"No file {name}/{split}.parquet in {folder}. {found} Point --data or "
            f"{DATA_VARIABLE} at a folder that holds sst2/ and imdb/."
        )
    return pd.read_parquet(path)


def _read_hub(name: str, split: str) -> pd.DataFrame:
    try:
        return read_split(DATASETS[name].hub_id, split)
    except DataError as error:
        raise DataError(
            f"{error} Set {DATA_VARIABLE} to a folder that holds {name}/{split}.parquet."
        ) from error


def _load_from_hub(hub_id: str, split: str | None) -> Examples:
    """A split of a data set that is none of the known ones."""
    chosen = split or find_evaluation_split(hub_id)
    if chosen is None:
        raise DataError(f"{hub_id} has no labelled test or validation split. Name another split.")
    frame = read_split(hub_id, chosen)
    column = next((name for name in _TEXT_COLUMNS if name in frame.columns), _TEXT_COLUMNS[0])
    return _to_examples(frame, column, dataset=hub_id, split=chosen)


def _load_written(name: str, split: str | None) -> Examples:
    """A split of a data set that was written for this project; rows are numbered over the file."""
    split = split or WRITTEN[name][1]
    frame = read_csv(ASSETS / "data" / f"{name.replace('-', '_')}.csv", needed=("text", "label"))
    splits = frame["split"] if "split" in frame else pd.Series(WHOLE_SPLIT, index=frame.index)
    if split not in set(splits):
        there = ", ".join(sorted(set(splits)))
        raise DataError(f"{WRITTEN[name][0]} has no split {split!r}. Choose from: {there}.")
    whole = _to_examples(frame, "text", dataset=name, split=split)
    return whole.take(np.flatnonzero(splits == split))


def find_split_to_score(source: str | Path) -> str | None:
    """The split of `source` that is scored on; None for data that comes in one piece."""
    name = str(source)
    if name in DATASETS:
        return DATASETS[name].evaluation_split
    if name in WRITTEN:
        return WRITTEN[name][1] if WRITTEN[name][1] != WHOLE_SPLIT else None
    return find_evaluation_split(Path(source).as_posix()) if is_hub_id(source) else None


def _load_csv(path: Path) -> Examples:
    if not path.is_file():
        known = ", ".join([*DATASETS, *WRITTEN])
        raise DataError(
            f"No data set or file named {str(path)!r}. Give one of {known}, a CSV, or a Hub id "
            f"such as owner/name."
        )
    frame = read_csv(path, needed=("text", "label"))
    return _to_examples(frame, "text", dataset=path.stem, split="file")


def _to_examples(frame: pd.DataFrame, text_column: str, *, dataset: str, split: str) -> Examples:
    missing = [column for column in (text_column, "label") if column not in frame.columns]
    if missing:
        raise DataError(
            f"{dataset} {split} has no column named {missing[0]}. "
            f"Columns found: {', '.join(map(str, frame.columns))}."
        )
    texts = tuple("" if pd.isna(text) else str(text).strip() for text in frame[text_column])
    parsed = [
        UNLABELLED if str(value) == str(UNLABELLED) else parse_label(value)
        for value in frame["label"]
    ]
    wrong = [row for row, label in enumerate(parsed) if label is None]
    if wrong:
        raise DataError(
            f"{len(wrong)} of {len(parsed)} rows have a missing or unknown label "
            f"({name_rows(wrong)}). Use 0 / 1 or negative / positive."
        )
    return Examples(
        dataset=dataset,
        split=split,
        texts=texts,
        labels=np.array(parsed, dtype=np.int64),
        rows=np.arange(len(texts), dtype=np.int64),
    )


def stratified_split(
    examples: Examples, *, second: float | int, seed: int
) -> tuple[Examples, Examples]:
    """Two parts with equal label shares; the second holds `second`, a share or a number of them."""
    from sklearn.model_selection import train_test_split

    try:
        left, right = train_test_split(
            np.arange(len(examples)),
            test_size=second,
            random_state=seed,
            stratify=examples.labels,
        )
    except ValueError as error:
        raise DataError(
            f"{len(examples)} examples cannot be split into two parts that both hold both labels; "
            f"give more examples."
        ) from error
    return examples.take(np.sort(left)), examples.take(np.sort(right))


def random_part(examples: Examples, *, share: float, seed: int) -> tuple[Examples, Examples]:
    """Set `share` of the examples aside at random; the part's split says how to draw it again.

    Returns:
        (the rest, the part drawn), both with the label shares of the whole

    Raises:
        DataError: `share` is not between 0 and 1, or a part would lack a label.
    """
    if not 0 < share < 1:
        raise DataError(f"A random part holds more than 0 and less than 100 %, not {share:.0%}.")
    rest, part = stratified_split(examples, second=share, seed=seed)
    return rest, replace(part, split=random_part_name(examples.split, share, seed))


def without_texts(examples: Examples, others: Examples) -> Examples:
    """The examples whose text is none of `others`."""
    texts = set(others.texts)
    return examples.take([i for i, text in enumerate(examples.texts) if text not in texts])


def sample(examples: Examples, count: int | None, *, seed: int) -> Examples:
    """A seeded sample of `count` examples with the label shares of the whole; all if fewer."""
    if count is None or count >= len(examples):
        return examples
    rarest = min(int((examples.labels == label).sum()) for label in np.unique(examples.labels))
    if len(examples) - count < 2 or rarest < 2:  # scikit-learn wants each label on both sides
        return examples.take(
            np.sort(np.random.default_rng(seed).permutation(len(examples))[:count])
        )
    return stratified_split(examples, second=count, seed=seed)[1]
