"""Loading of labelled texts: a split of a data set from a folder or the Hub, or a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sentiment.data.columns import (
    DEFAULT_READING,
    ID,
    LABEL,
    TEXT,
    ReadOptions,
    find_column,
    require_column,
)
from sentiment.data.examples import Examples, random_part
from sentiment.data.gold import read_gold_labels
from sentiment.data.sources import BUNDLED_DATASETS, DATASETS, RANDOM_PART, WHOLE_SPLIT
from sentiment.data.tables import (
    as_texts,
    is_table_name,
    read_columns,
    read_csv,
    read_table,
    read_texts,
)
from sentiment.errors import DataError
from sentiment.hub import describe_hub_error
from sentiment.hub_ids import HUB_ID
from sentiment.labels import UNLABELLED
from sentiment.paths import ASSETS, DATA_VARIABLE, data_directory

CHALLENGE = "challenge"
CHALLENGE_FILE = ASSETS / "data" / "challenge.csv"
CAPABILITY_TITLES = {
    "negation": "Negation",
    "double_negation": "Double negation",
    "contrast": "Contrast",
    "intensifier": "Intensifier",
    "hedged": "Hedged",
    "comparison": "Comparison",
    "irony": "Irony",
    "temporal": "Change over time",
    "entities": "Names that must not matter",
    "typos": "Typing errors",
    "emoji": "Emoji",
    "neutral_suffix": "A neutral sentence added",
    "late_turn": "Long, with a late turn",
}


def load_examples(
    source: str | Path,
    split: str | None = None,
    *,
    directory: Path | str | None = None,
    reading: ReadOptions = DEFAULT_READING,
) -> Examples:
    """Load one split of a data set, or a file with a column of texts and one of labels.

    Args:
        source: `sst2`, `imdb`, `challenge`, `products`, `restaurants`, `first-lesson`, the Hub id
            of another data set, or the path of a CSV, JSON Lines or parquet file.
        split: `train`, `validation`, `test`; by default the evaluation split. A file is one split,
            `file`. `train-random-20-seed-42` is a random fifth of `train`, see `random_part`.
        directory: for `sst2` and `imdb`, a folder with `sst2/<split>.parquet` and
            `imdb/<split>.parquet`; by default `$SENTIMENT_DATA`, else the Hugging Face Hub.
        reading: the encoding of a file, and the columns of a file or a data set on the Hub.

    Raises:
        DataError: the source cannot be found, or its labels cannot be used.
        InputError: the file cannot be read, or lacks a column.
    """
    random_split = RANDOM_PART.fullmatch(split or "")
    if random_split:
        whole = load_examples(source, random_split["base"], directory=directory, reading=reading)
        return random_part(
            whole, share=float(random_split["percent"]) / 100, seed=int(random_split["seed"])
        )[1]
    if str(source) in BUNDLED_DATASETS:
        return _load_bundled(str(source), split)
    if str(source) not in DATASETS:
        if is_hub_id(source):
            return _load_from_hub(Path(source).as_posix(), split, reading)
        if split not in (None, "file"):
            raise DataError(f"A file has no split {split!r}; leave it out.")
        return load_file(Path(source), reading)
    name = str(source)
    split = split or DATASETS[name].evaluation_split
    folder = data_directory(directory)
    frame = _read_parquet(folder, name, split) if folder else _read_hub(name, split)
    known = ReadOptions(text_column=DATASETS[name].text_column, label_column=LABEL)
    return _to_examples(frame, known, dataset=name, split=split)


def _read_parquet(folder: Path, name: str, split: str) -> pd.DataFrame:
    path = folder / name / f"{split}.parquet"
    if not path.is_file():
        splits = sorted(p.stem for p in path.parent.glob("*.parquet"))
        hint = f"Splits found there: {', '.join(splits)}." if splits else "Nothing was found there."
        raise DataError(
            f"No file {name}/{split}.parquet in {folder}. {hint} Point --data or "
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


def _load_from_hub(hub_id: str, split: str | None, reading: ReadOptions) -> Examples:
    """Load a split of an arbitrary data set from the Hub."""
    chosen = split or find_evaluation_split(hub_id)
    if chosen is None:
        raise DataError(f"{hub_id} has no labelled test or validation split. Name another split.")
    frame = read_split(hub_id, chosen)
    return _to_examples(frame, reading, dataset=hub_id, split=chosen)


def _load_bundled(name: str, split: str | None) -> Examples:
    """Load a split of a bundled data set; row numbers are those of the whole file."""
    split = split or BUNDLED_DATASETS[name][1]
    frame = read_csv(ASSETS / "data" / f"{name.replace('-', '_')}.csv", needed=("text", "label"))
    splits = frame["split"] if "split" in frame else pd.Series(WHOLE_SPLIT, index=frame.index)
    if split not in set(splits):
        known = ", ".join(sorted(set(splits)))
        raise DataError(
            f"{BUNDLED_DATASETS[name][0]} has no split {split!r}. Choose from: {known}."
        )
    whole = _to_examples(frame, DEFAULT_READING, dataset=name, split=split)
    return whole.take(np.flatnonzero(splits == split))


def find_split_to_score(source: str | Path) -> str | None:
    """Find the split of `source` to evaluate on; None for data without splits."""
    name = str(source)
    if name in DATASETS:
        return DATASETS[name].evaluation_split
    if name in BUNDLED_DATASETS:
        return BUNDLED_DATASETS[name][1] if BUNDLED_DATASETS[name][1] != WHOLE_SPLIT else None
    return find_evaluation_split(Path(source).as_posix()) if is_hub_id(source) else None


def load_file(path: Path, reading: ReadOptions = DEFAULT_READING) -> Examples:
    """Load a CSV, JSON Lines or parquet file with a column of texts and one of labels.

    Raises:
        DataError: there is no such file, or its labels are not understood.
        InputError: the file cannot be read, or lacks a column.
    """
    _check_exists(path)
    table = read_table(path, reading=reading)
    if table.frame.empty:
        raise DataError(f"{path.name} has a header and no rows. Add rows, or name another file.")
    examples = _to_examples(table.frame, reading, dataset=path.stem, split="file", file=path.name)
    id_column = find_column(list(table.frame.columns), ID, file=path.name)
    notes = [*table.notes, *examples.notes]
    ids = None
    if id_column is not None:
        ids, said = read_ids(table.frame, id_column, path.name)
        notes += said
    return replace(examples, ids=ids, notes=tuple(notes))


def check_source(source: str | Path, reading: ReadOptions = DEFAULT_READING) -> None:
    """Check that a data set is known, or that a file has its columns, without reading the rows.

    Raises:
        DataError: there is no such data set or file.
        InputError: the file cannot be read, or lacks a column.
    """
    if str(source) in {*DATASETS, *BUNDLED_DATASETS} or is_hub_id(source):
        return
    path = Path(source)
    _check_exists(path)
    columns = read_columns(path, reading=reading)
    require_column(columns, TEXT, reading.text_column, file=path.name)
    require_column(columns, LABEL, reading.label_column, file=path.name)


def _check_exists(path: Path) -> None:
    if not path.is_file():
        known = ", ".join([*DATASETS, *BUNDLED_DATASETS])
        raise DataError(
            f"No data set or file named {str(path)!r}. Give one of {known}, a CSV, JSON Lines or "
            f"parquet file, or a Hub id such as owner/name."
        )


def read_ids(frame: pd.DataFrame, column: str, file: str) -> tuple[np.ndarray | None, list[str]]:
    """Read a column of ids; none and a note where one of them repeats."""
    ids = parse_ids(as_texts(frame[column]))
    if len(set(ids.tolist())) == len(ids):
        return ids, []
    return None, [f"{file}: ids of the column {column} repeat; rows are numbered instead."]


def parse_ids(ids: Sequence[str]) -> np.ndarray:
    """Return ids as numbers if all of them are row numbers, else unchanged; (n,) int64 or str."""
    is_number = all(re.fullmatch(r"0|[1-9]\d{0,17}", own) for own in ids)
    return np.array(ids, dtype=np.int64 if is_number else object)


def _to_examples(
    frame: pd.DataFrame, reading: ReadOptions, *, dataset: str, split: str, file: str = ""
) -> Examples:
    """Find the columns of texts and labels, and understand the labels.

    Args:
        file: name of the file; empty for a data set, whose notes are left out.
    """
    where = file or f"{dataset} {split}"
    columns = list(map(str, frame.columns))
    text_column = require_column(columns, TEXT, reading.text_column, file=where)
    label_column = require_column(columns, LABEL, reading.label_column, file=where)
    texts = tuple(read_texts(frame, text_column, file=where))
    gold = read_gold_labels(as_texts(frame[label_column]), column=label_column, file=where)
    if gold.values is None:
        raise DataError(gold.error)
    if reading.is_strict and gold.unlabelled:
        raise DataError(f"{where}: {gold.unlabelled} Label them, or leave --neutral refuse out.")
    return Examples(
        dataset=dataset,
        split=split,
        texts=texts,
        labels=gold.values,
        rows=np.arange(len(texts), dtype=np.int64),
        notes=(f"{file}: {gold.sentence}",) if file else (),
    )


def is_hub_id(source: str | Path) -> bool:
    """Return whether `source` is the Hub id of a data set, not an existing path or a file."""
    name = Path(source).as_posix() if isinstance(source, Path) else source
    is_file = Path(source).exists() or is_table_name(name)
    return not is_file and ".." not in name and bool(HUB_ID.fullmatch(name))


def read_split(hub_id: str, split: str) -> pd.DataFrame:
    """Read one split of a data set on the Hub.

    Raises:
        DataError: the Hub has no such data set or split, or cannot be reached.
    """
    from datasets import load_dataset  # slow to import

    try:
        rows = load_dataset(hub_id, split=split)
    except Exception as error:  # the Hub raises exceptions of many kinds
        raise DataError(
            f"{hub_id} ({split}) could not be read from the Hugging Face Hub: "
            f"{describe_hub_error(error)}"
        ) from error
    frame = rows.to_pandas()
    feature: Any = rows.features.get("label")
    if hasattr(feature, "names"):  # map label ids to the data set's label names
        names = dict(enumerate(feature.names))
        frame["label"] = frame["label"].map(names)  # nothing where a row is unlabelled
    return frame


def _is_unlabelled(labels: pd.Series) -> pd.Series:
    return labels.isna() | labels.isin([UNLABELLED])


def find_evaluation_split(hub_id: str) -> str | None:
    """Find the split to evaluate on: `test`, or `validation` if `test` has no labels.

    Returns:
        None where the data set has neither.

    Raises:
        DataError: the Hub has no such data set, or cannot be reached.
    """
    from datasets import get_dataset_split_names

    try:
        splits = get_dataset_split_names(hub_id)
    except Exception as error:  # as above
        raise DataError(
            f"{hub_id} could not be read from the Hugging Face Hub: {describe_hub_error(error)}"
        ) from error
    for split in ("test", "validation"):
        if split in splits:
            frame = read_split(hub_id, split)
            if "label" in frame and not _is_unlabelled(frame["label"]).all():
                return split
    return None


@lru_cache(maxsize=1)
def load_challenge() -> pd.DataFrame:
    """Load the challenge set: id, text, label, capability, pair, expectation, by row number."""
    return read_csv(
        CHALLENGE_FILE, needed=("id", "text", "label", "capability", "pair", "expectation")
    )
