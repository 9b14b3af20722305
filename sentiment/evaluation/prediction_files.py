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
    ReadOptions,
    find_column,
    list_columns,
)
from sentiment.data.examples import Examples, name_rows
from sentiment.data.gold import read_gold_labels
from sentiment.data.loading import read_ids
from sentiment.data.tables import as_texts, file_ending, read_table, read_texts
from sentiment.errors import DataError, InputError
from sentiment.evaluation.results import METADATA_KEY, Result, ResultInfo, load_result, name_results
from sentiment.evaluation.row_matching import Rows, find_positions, match_rows
from sentiment.labels import LABELS, UNLABELLED
from sentiment.method import Method

P_POSITIVE = "p_positive"
ROW = "row"  # column of row numbers, of a source without ids
_P_COLUMN = re.compile(r"(?:(?P<model>.+) )?p_positive(?:_(?P<number>\d+))?")


@dataclass(frozen=True)
class PredictionFile:
    """The predictions of a file, of one model or more."""

    name: str
    results: tuple[Result, ...]
    rows: Rows  # all of the file
    notes: tuple[str, ...] = ()

    @property
    def has_gold(self) -> bool:
        """Return whether a row has a gold label."""
        return bool((self.rows.gold != UNLABELLED).any())


def holds_predictions(columns: Sequence[str]) -> bool:
    """Return whether one of the columns is named as those of probabilities are."""
    return any(_P_COLUMN.fullmatch(name) for name in columns)


def load_predictions(path: Path, reading: ReadOptions = DEFAULT_READING) -> PredictionFile:
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
        return from_result(path.name, result)
    # Columns of predictions are known by their names, and `score` writes them with quotation marks.
    table = read_table(path, reading=replace(reading, has_header=True, has_quotes=True))
    columns = list(table.frame.columns)
    found = [name for name in columns if _P_COLUMN.fullmatch(name)]
    if not found:
        raise InputError(
            f"No column named {P_POSITIVE} in {path.name}. {list_columns(columns)} Expected "
            f"probabilities from 0 to 1 in it, as `score` writes them."
        )
    rows, notes = _read_rows(table.frame, path.name, reading)
    is_unscored = np.zeros(len(rows), dtype=bool)
    read = {}
    for name in found:
        read[name] = _read_probabilities(table.frame, name, path.name)
        is_unscored |= np.isnan(read[name])
    if is_unscored.any():
        left_out = np.flatnonzero(is_unscored)
        notes.append(
            f"{path.name}: {len(left_out):,} of {len(rows):,} rows have no prediction and are left "
            f"out ({name_rows(left_out)})."
        )
    kept = ~is_unscored
    results = []
    for name, p_positive in read.items():
        values = {"row": rows.keys[kept], "gold": rows.gold[kept], P_POSITIVE: p_positive[kept]}
        frame = pd.DataFrame({**values, "tokens_read": 0, "tokens_total": 0})
        info = _build_info(_name_model(name, found, path))
        results.append(Result(info, frame, has_ids=rows.ids is not None))
    return PredictionFile(path.name, tuple(results), rows, (*table.notes, *notes))


def from_result(name: str, result: Result) -> PredictionFile:
    """Build the predictions of one model from a saved result."""
    keys, gold = (result.frame[column].to_numpy() for column in ("row", "gold"))
    rows = Rows(
        name=name,
        gold=gold,
        ids=keys if result.has_ids else None,
        numbers=None if result.has_ids else keys,
        fingerprint=result.info.fingerprint,
    )
    return PredictionFile(name, (result,), rows)


def to_rows(name: str, examples: Examples) -> Rows:
    """Return the rows of labelled texts."""
    is_whole = np.array_equal(examples.rows, np.arange(len(examples)))
    numbers = None if is_whole else examples.rows
    return Rows(name, examples.labels, examples.ids, numbers, examples.texts, examples.fingerprint)


def to_table(results: Sequence[Result]) -> pd.DataFrame:
    """Build the table of the predictions of one or more models on the same rows.

    Gold labels are in the column `label`, predictions in others; `load_predictions` reads it.
    """
    first = results[0].frame
    names = np.array([*LABELS, ""], dtype=object)  # the last one for unlabelled rows
    key = ID if results[0].has_ids else ROW
    frame = pd.DataFrame({key: first["row"], LABEL: names[first["gold"].to_numpy()]})
    for name, result in zip(name_results(results), results, strict=True):
        model = f"{name} " if len(results) > 1 else ""
        p_positive = result.frame[P_POSITIVE].to_numpy()
        frame[f"{model}predicted_label"] = names[(p_positive > 0.5).astype(int)]
        frame[f"{model}{P_POSITIVE}"] = p_positive
    return frame


def share_gold(
    files: Sequence[PredictionFile],
    gold: Rows | None = None,
    *,
    notes: list[str] | None = None,
) -> list[Result]:
    """Give all files the same ids, and gold labels where they have none.

    Rows that one of the files left out are left out of all.

    Args:
        gold: rows whose labels replace those of all files; by default those of the first file with
            gold labels are given to the files without.
        notes: takes sentences on how rows were matched and which labels differ.

    Raises:
        DataError: there are no gold labels, or not for a row of a file without, or nothing says
            which rows belong together.
    """
    reference = gold or next((file.rows for file in files if file.has_gold), None)
    if reference is None:
        raise DataError(
            f"{' and '.join(dict.fromkeys(file.name for file in files))}: no gold labels, so "
            f"nothing says which predictions are correct. Add a column named label, choose one "
            f"with --label-column, or name labelled texts with --data."
        )
    said: list[str] = []
    shared: list[Result] = []
    unscored: set[object] = set()
    for file in files:
        keys, labels = _share(file, reference, said, is_replaced=gold is not None)
        for result in file.results:
            places = find_positions(result.frame["row"].to_numpy(), file.rows.keys)
            frame = result.frame.assign(row=keys[places], gold=labels[places])
            unscored |= set(keys.tolist()) - set(frame["row"].tolist())
            has_ids = reference.ids is not None
            shared.append(replace(result, frame=frame.infer_objects(), has_ids=has_ids))
    if notes is not None:
        notes += said
    return [
        replace(own, frame=own.frame[~own.frame["row"].isin(unscored)].reset_index(drop=True))
        for own in shared
    ]


def _share(
    file: PredictionFile, reference: Rows, notes: list[str], *, is_replaced: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Find the ids and gold labels of the rows of a file, each (rows,)."""
    own = file.rows
    if own is reference:
        return own.keys, own.gold
    positions, how = match_rows(own, reference)
    notes.extend([how] if how else [])
    takes_gold = is_replaced or not file.has_gold
    is_lost = (positions < 0) & find_scored(file)
    if is_lost.any() and (takes_gold or own.ids is None or reference.ids is None):
        raise DataError(_describe_lost(own, reference, np.flatnonzero(is_lost)))
    is_found = positions >= 0
    keys = own.keys.astype(object)
    keys[is_found] = reference.keys[positions[is_found]]
    if not takes_gold:
        return keys, own.gold
    gold = np.full(len(own), UNLABELLED, dtype=np.int64)
    gold[is_found] = reference.gold[positions[is_found]]
    differ = int(((gold != own.gold) & is_found).sum())
    if file.has_gold and differ:
        notes.append(
            f"{own.name}: {differ:,} of {len(own):,} labels differ from those of {reference.name}. "
            f"Those of {reference.name} are used."
        )
    return keys, gold


def find_scored(file: PredictionFile) -> np.ndarray:
    """Return which rows of a file have predictions of all its models, (rows,) bool."""
    scored = set(file.results[0].frame["row"].tolist())
    return np.array([key in scored for key in file.rows.keys.tolist()], dtype=bool)


def _describe_lost(own: Rows, reference: Rows, lost: np.ndarray) -> str:
    """Describe rows of `own` that are not in `reference`."""
    kind = "ids" if own.ids is not None and reference.ids is not None else "row numbers"
    return (
        f"{own.name}: {len(lost):,} of its {kind}, such as {str(own.keys[lost[0]])!r}, are not in "
        f"{reference.name}, which has {kind} such as {str(reference.keys[0])!r} and the gold "
        f"labels. Score the same rows."
    )


def _is_saved_result(path: Path) -> bool:
    try:
        return METADATA_KEY in (parquet.read_schema(path).metadata or {})
    except (OSError, ArrowException):
        return False  # `read_table` says what is wrong


def _read_rows(frame: pd.DataFrame, name: str, reading: ReadOptions) -> tuple[Rows, list[str]]:
    """Read ids, texts and gold labels, and notes on them."""
    columns = list(frame.columns)
    label_column = find_column(columns, LABEL, reading.label_column, file=name)
    text_column = find_column(columns, TEXT, reading.text_column, file=name)
    id_column = find_column(columns, ID, file=name)
    notes = []
    gold = np.full(len(frame), UNLABELLED, dtype=np.int64)
    if label_column is not None:
        labels = read_gold_labels(as_texts(frame[label_column]), column=label_column, file=name)
        if labels.values is None:
            raise DataError(labels.error)
        if reading.is_strict and labels.unlabelled:
            raise DataError(f"{name}: {labels.unlabelled}")
        gold = labels.values
        notes.append(f"{name}: {labels.sentence}")
    texts = None
    if text_column is not None:
        texts = tuple(read_texts(frame, text_column, file=name))
    ids = numbers = None
    if id_column is not None:
        ids, said = read_ids(frame, id_column, name)
        notes += said
    if ids is not None and id_column == ROW and texts is None and ids.dtype == np.int64:
        ids, numbers = None, ids  # as `to_table` writes the rows of a source without ids
    return Rows(name, gold, ids, numbers, texts), notes


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


def _build_info(model: str) -> ResultInfo:
    return ResultInfo(
        model=model,
        kind="from a file",
        backbone="",
        method=Method(kind="file"),
        weights_hash="",
        dataset="",
        split="",
        fingerprint="",
        date="",
        versions={},
    )
