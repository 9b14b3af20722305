"""Predictions in a file that `score`, the Batch tab or another program wrote."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import ArrowException, parquet

from sentiment.data.columns import (
    DEFAULT_READING,
    ID,
    LABEL,
    TEXT,
    Reading,
    find_column,
    list_columns,
)
from sentiment.data.examples import Examples, name_rows
from sentiment.data.gold import read_gold_labels
from sentiment.data.loading import parse_ids
from sentiment.data.tables import as_texts, file_ending, read_table
from sentiment.errors import DataError, InputError
from sentiment.evaluation.results import METADATA_KEY, Result, ResultInfo, load_result
from sentiment.labels import LABELS, UNLABELLED
from sentiment.method import Method

P_POSITIVE = "p_positive"
_P_COLUMN = re.compile(r"(?:(?P<model>.+) )?p_positive(?:_(?P<number>\d+))?")


@dataclass(frozen=True)
class PredictionFile:
    """The predictions of a file, of one model or more."""

    name: str
    results: tuple[Result, ...]
    unscored: frozenset[object]  # ids of the rows without a prediction
    has_gold: bool
    notes: tuple[str, ...]


def holds_predictions(columns: Sequence[str]) -> bool:
    """Return whether one of the columns is named as those of probabilities are."""
    return any(_P_COLUMN.fullmatch(name) for name in columns)


def load_predictions(path: Path, reading: Reading = DEFAULT_READING) -> PredictionFile:
    """Load predictions from a CSV, JSON Lines or parquet file.

    The columns of probabilities are named `p_positive`, with a model's name before it or a number
    after it where there are several. Gold labels and ids are read from their own columns; without
    ids, rows are known by their number. Rows that `score` could not score are left out.

    Raises:
        InputError: the file cannot be read, or has no column of probabilities.
        DataError: a label is not understood, or a probability is not a number from 0 to 1.
    """
    if file_ending(path) == ".parquet" and _is_saved_result(path):
        result = load_result(path)
        return PredictionFile(path.name, (result,), frozenset(), bool(len(result.gold)), ())
    table = read_table(path, encoding=reading.encoding)
    columns = list(table.frame.columns)
    found = [name for name in columns if _P_COLUMN.fullmatch(name)]
    if not found:
        raise InputError(
            f"No column named {P_POSITIVE} in {path.name}. {list_columns(columns)} Expected "
            f"probabilities from 0 to 1 in it, as `score` writes them."
        )
    ids, gold, fingerprint, notes = _read_rows(table.frame, path.name, reading)
    is_unscored = np.zeros(len(ids), dtype=bool)
    read = {}
    for name in found:
        read[name] = _read_probabilities(table.frame, name, path.name)
        is_unscored |= np.isnan(read[name])
    if is_unscored.any():
        rows = np.flatnonzero(is_unscored)
        notes.append(
            f"{path.name}: {len(rows):,} of {len(ids):,} rows have no prediction and are left out "
            f"({name_rows(rows)})."
        )
    kept = ~is_unscored
    results = []
    for name, p_positive in read.items():
        values = {"row": ids[kept], "gold": gold[kept], P_POSITIVE: p_positive[kept]}
        frame = pd.DataFrame({**values, "tokens_read": 0, "tokens_total": 0})
        results.append(Result(_build_info(_name_model(name, found, path), fingerprint), frame))
    return PredictionFile(
        name=path.name,
        results=tuple(results),
        unscored=frozenset(ids[is_unscored].tolist()),
        has_gold=bool((gold != UNLABELLED).any()),
        notes=(*table.notes, *notes),
    )


def to_table(results: Sequence[Result]) -> pd.DataFrame:
    """Build the table of the predictions of one or more models on the same rows.

    Gold labels are in the column `label`, predictions in others; `load_predictions` reads it.
    """
    first = results[0].frame
    names = np.array([*LABELS, ""], dtype=object)  # the last one for unlabelled rows
    frame = pd.DataFrame({ID: first["row"], LABEL: names[first["gold"].to_numpy()]})
    for result in results:
        model = f"{result.info.model} " if len(results) > 1 else ""
        p_positive = result.frame[P_POSITIVE].to_numpy()
        frame[f"{model}predicted_label"] = names[(p_positive > 0.5).astype(int)]
        frame[f"{model}{P_POSITIVE}"] = p_positive
    return frame


def share_gold(
    files: Sequence[PredictionFile], gold: pd.Series | None = None, *, source: str = ""
) -> list[Result]:
    """Give gold labels to the files without, by their ids; leave out the rows that one left out.

    Args:
        gold: labels by id; by default those of the first file that has some.
        source: where `gold` comes from.

    Raises:
        DataError: there are no gold labels, or not for a row of a file without.
    """
    if gold is None:
        owner = next((file for file in files if file.has_gold), None)
        if owner is None:
            raise DataError(
                f"{' and '.join(dict.fromkeys(file.name for file in files))}: no gold labels, so "
                f"nothing says which predictions are correct. Add a column named label, choose one "
                f"with --label-column, or name labelled texts with --data."
            )
        gold, source = owner.results[0].frame.set_index("row")["gold"], owner.name
    unscored = frozenset[object]().union(*(file.unscored for file in files))
    shared = []
    for file in files:
        for result in file.results:
            frame = result.frame[~result.frame["row"].isin(unscored)].reset_index(drop=True)
            if not file.has_gold:
                frame = frame.assign(gold=_find_gold(frame["row"], gold, file.name, source))
            shared.append(replace(result, frame=frame))
    return shared


def _find_gold(ids: pd.Series, gold: pd.Series, name: str, source: str) -> np.ndarray:
    """Find the gold labels of `ids`, (rows,) int64."""
    found = ids.map(gold[~gold.index.duplicated()])
    lost = ids[found.isna()]
    if len(lost):
        raise DataError(
            f"{name} has no gold labels, and {len(lost):,} of its ids, such as "
            f"{str(lost.iloc[0])!r}, are not in {source}, which has ids such as "
            f"{str(gold.index[0])!r}. Score the same rows."
        )
    return found.to_numpy(dtype=np.int64)


def _is_saved_result(path: Path) -> bool:
    try:
        return METADATA_KEY in (parquet.read_schema(path).metadata or {})
    except (OSError, ArrowException):
        return False  # `read_table` says what is wrong


def _read_rows(
    frame: pd.DataFrame, name: str, reading: Reading
) -> tuple[np.ndarray, np.ndarray, str, list[str]]:
    """Read ids and gold labels, each (rows,), a fingerprint of the texts, and notes."""
    columns = list(frame.columns)
    label_column = find_column(columns, LABEL, reading.label_column, file=name)
    id_column = find_column(columns, ID, file=name)
    notes = []
    gold = np.full(len(frame), UNLABELLED, dtype=np.int64)
    if label_column is not None:
        labels = read_gold_labels(as_texts(frame[label_column]), column=label_column, file=name)
        if labels.values is None:
            raise DataError(labels.problem)
        if reading.is_strict and labels.unlabelled:
            raise DataError(f"{name}: {labels.unlabelled}")
        gold = labels.values
        notes.append(f"{name}: {labels.sentence}")
    if id_column is not None:
        return parse_ids(as_texts(frame[id_column])), gold, "", notes
    notes.append(f"{name} has no column of ids; its rows are matched by their number.")
    rows = np.arange(len(frame), dtype=np.int64)
    text_column = find_column(columns, TEXT, reading.text_column, file=name)
    fingerprint = ""
    if text_column is not None and label_column is not None:
        texts = tuple(text.strip() for text in as_texts(frame[text_column]))
        fingerprint = Examples(name, "file", texts, gold, rows).fingerprint
    return rows, gold, fingerprint, notes


def _read_probabilities(frame: pd.DataFrame, column: str, file: str) -> np.ndarray:
    """Read a column of probabilities, NaN where `score` gives a reason in place of one; (rows,)."""
    cells = as_texts(frame[column])
    prefix, _, number = column.partition(P_POSITIVE)
    has_reason = np.zeros(len(cells), dtype=bool)
    for name in {f"{prefix}error", f"{prefix}error{number}"} & set(frame.columns):
        has_reason |= np.array([bool(reason) for reason in as_texts(frame[name])], dtype=bool)
    values = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        if not cell.strip() and has_reason[row]:
            continue
        try:
            values[row] = float(cell)
        except ValueError:
            values[row] = np.nan
        if not 0 <= values[row] <= 1:
            raise DataError(
                f"{file}, row {row + 1}: {column} is {cell!r}. Expected a probability from 0 to 1, "
                f"such as 0.8. {_advise(cell, values[row])}"
            )
    return values


def _advise(cell: str, value: float) -> str:
    """Say what to do about a cell that is no probability."""
    if not cell.strip():
        return "Fill it in, or leave the row out."
    if re.fullmatch(r"[01]?,\d+", cell.strip()):
        return f"Use a decimal point: {cell.strip().replace(',', '.')}."
    if not math.isfinite(value):
        return "Correct it, or leave the row out."
    if 1 < value <= 100 and value == int(value):
        return "If these are per cent, divide the column by 100."
    return "If these are logits or scores, turn them into probabilities first."


def _name_model(column: str, columns: Sequence[str], path: Path) -> str:
    """Name the model of a column of probabilities: by the file where it has only one."""
    stem = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
    if len(columns) == 1:
        return stem
    match = _P_COLUMN.fullmatch(column)
    model = (match["model"] if match else None) or stem
    number = match["number"] if match else None
    return f"{model} ({number})" if number else model


def _build_info(model: str, fingerprint: str) -> ResultInfo:
    return ResultInfo(
        model=model,
        kind="from a file",
        backbone="",
        method=Method(kind="file"),
        weights_hash="",
        dataset="",
        split="",
        fingerprint=fingerprint,
        date="",
        versions={},
    )
