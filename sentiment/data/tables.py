"""Reading of CSV, JSON Lines and parquet files, whole or as a stream."""

from __future__ import annotations

import numbers
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
from pyarrow import parquet

from sentiment.data.columns import DEFAULT_READING, ReadOptions, clean_name, list_columns
from sentiment.data.delimited import stream_rows
from sentiment.data.encodings import check_file
from sentiment.data.jsonlines import ENDINGS as JSON_ENDINGS
from sentiment.data.jsonlines import NestedList, NestedObject, find_keys, stream_objects
from sentiment.errors import InputError
from sentiment.limits import MAX_COLUMNS

ENDINGS = (".csv", ".tsv", ".txt", ".parquet", *JSON_ENDINGS)
_MAX_NAME = 80  # characters of a column in a message
_SHOWN = 40  # characters of a cell in a message
_KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool, np.bool_), "true or false"),
    ((NestedList, list, tuple, np.ndarray), "a list"),
    ((NestedObject, dict), "an object"),
    ((numbers.Number, np.number), "a number"),
)
_ROWS = 4096  # at a time
_FEW_ROWS = 8  # at a time, of a file that may be large when it is unpacked


@dataclass(frozen=True)
class Table:
    """A file in memory, and sentences on what is unusual about it."""

    frame: pd.DataFrame
    notes: tuple[str, ...]


def file_ending(path: Path) -> str:
    """Return the ending of a file in small letters, that before `.gz` of a compressed one."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def is_table_name(name: str) -> bool:
    """Return whether `name` has the ending of a file that `read_table` reads."""
    return file_ending(Path(name)) in ENDINGS


def read_table(
    path: Path, *, needed: tuple[str, ...] = (), reading: ReadOptions = DEFAULT_READING
) -> Table:
    """Read a file whole; cells of a CSV are text, others keep their types.

    Raises:
        InputError: as `stream_table`.
    """
    notes: list[str] = []
    parts = list(stream_table(path, needed=needed, rows=_ROWS, reading=reading, notes=notes))
    return Table(pd.concat(parts, ignore_index=True), tuple(notes))


def read_csv(path: Path, *, needed: tuple[str, ...] = ("text",)) -> pd.DataFrame:
    """Read all cells of a CSV as text, rows and columns in order; an empty line is an empty row.

    Raises:
        InputError: as `stream_table`.
    """
    return read_table(path, needed=needed).frame


def read_columns(path: Path, *, reading: ReadOptions = DEFAULT_READING) -> list[str]:
    """Read the names of the columns of a file, without its rows.

    Raises:
        InputError: as `stream_table`.
    """
    return list(next(stream_table(path, rows=1, reading=reading)).columns)


def count_rows(path: Path, *, most_bytes: int) -> int:
    """Count the rows of a parquet file, without holding more than `most_bytes` of it in memory.

    Raises:
        InputError: it is no parquet file, or holds over `most_bytes` when unpacked.
    """
    try:
        with parquet.ParquetFile(path) as file:
            facts = file.metadata
            groups = (facts.row_group(i) for i in range(facts.num_row_groups))
            size = sum(group.total_byte_size for group in groups)
            # A value that repeats is stored once, so that the rows may be larger than the groups.
            batches = file.iter_batches(batch_size=_FEW_ROWS)
            unpacked = 0
            while max(size, unpacked) <= most_bytes and (batch := next(batches, None)):
                unpacked += batch.nbytes
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path} is not a parquet file that can be read.") from error
    if max(size, unpacked) > most_bytes:
        raise InputError(
            f"{path.name} has over {most_bytes / 2**20:.0f} MB when it is unpacked, which is the "
            f"limit. Nothing was scored."
        )
    return int(facts.num_rows)


def stream_table(
    path: Path,
    *,
    needed: tuple[str, ...] = (),
    rows: int,
    reading: ReadOptions = DEFAULT_READING,
    notes: list[str] | None = None,
) -> Iterator[pd.DataFrame]:
    """Read a CSV, JSON Lines or parquet file, `rows` rows at a time; one empty part without rows.

    Args:
        needed: columns that must be there, by their exact names.
        reading: encoding of a CSV or JSON Lines file; header and quotation marks of a CSV.
        notes: takes sentences on what is unusual, when the last part is read.

    Raises:
        InputError: no such file, it is empty, damaged or of another kind, a row does not fit the
            header, or one of the `needed` columns is missing. The message names the row.
    """
    check_file(path)
    noted = [] if notes is None else notes
    if file_ending(path) == ".parquet":
        yield from _stream_parquet(path, needed, rows)
    elif file_ending(path) in JSON_ENDINGS:
        keys = find_keys(path, encoding=reading.encoding)
        yield from _stream_json(path, keys, needed, rows, reading.encoding, noted)
    else:
        lines = stream_rows(path, reading=reading, notes=noted)
        header = next(lines)
        _check_header(header, needed, path)
        body = list(islice(lines, rows))
        while True:
            yield pd.DataFrame(body, columns=header, dtype=str)
            if not (body := list(islice(lines, rows))):
                return


def as_texts(column: pd.Series) -> list[str]:
    """Return the cells of a column as text, empty where there is none."""
    is_missing = column.isna().to_numpy()
    return ["" if gone else str(cell) for cell, gone in zip(column, is_missing, strict=True)]


def read_texts(frame: pd.DataFrame, column: str, *, file: str, first: int = 0) -> list[str]:
    """Read the texts of a column without surrounding white space, empty where there is none.

    Args:
        first: number of the first row of `frame` in the file.

    Raises:
        InputError: a cell is a list, an object, a number or another value that is no text.
    """
    is_missing = frame[column].isna().to_numpy()
    for row, (cell, is_gone) in enumerate(zip(frame[column], is_missing, strict=True), first + 1):
        if not is_gone and (kind := _name_kind(cell)):
            shown = str(cell)
            raise InputError(
                f"{file}, row {row}: {column} is {kind}, "
                f"{shown if len(shown) <= _SHOWN else f'{shown[:_SHOWN]}…'}. Expected a text. "
                f"Choose another column with --text-column, or write the text itself into "
                f"{column}."
            )
    return [text.strip() for text in as_texts(frame[column])]


def _name_kind(cell: object) -> str:
    """Name the kind of a cell that is no text; empty for a text."""
    if isinstance(cell, str) and not isinstance(cell, NestedList | NestedObject):
        return ""
    for types, kind in _KINDS:
        if isinstance(cell, types):
            return kind
    return f"of the type {type(cell).__name__}"


def _stream_json(
    path: Path,
    keys: list[str],
    needed: tuple[str, ...],
    rows: int,
    encoding: str | None,
    notes: list[str],
) -> Iterator[pd.DataFrame]:
    header = [clean_name(key) for key in keys]
    _check_header(header, needed, path)
    objects = stream_objects(path, encoding=encoding, notes=notes)
    while body := list(islice(objects, rows)):
        cells = [[row.get(key) for key in keys] for row in body]
        yield pd.DataFrame(cells, columns=header, dtype=object)


def _stream_parquet(path: Path, needed: tuple[str, ...], rows: int) -> Iterator[pd.DataFrame]:
    try:
        with parquet.ParquetFile(path) as file:
            names = [clean_name(name) for name in file.schema_arrow.names]
            _check_header(names, needed, path)
            if not file.metadata.num_rows:
                yield pd.DataFrame(columns=names)
            for batch in file.iter_batches(batch_size=rows):
                yield batch.rename_columns(names).to_pandas(types_mapper=pd.ArrowDtype)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path} is not a parquet file that can be read.") from error


def _check_header(header: list[str], needed: tuple[str, ...], path: Path) -> None:
    if len(header) > MAX_COLUMNS:
        raise InputError(
            f"{path.name}: The file has {len(header):,} columns; the limit is {MAX_COLUMNS}."
        )
    for column in needed:
        if column not in header:
            raise InputError(f"No column named {column} in {path.name}. {list_columns(header)}")
    duplicate = next((name for name, count in Counter(header).items() if count > 1), None)
    if duplicate is not None:
        raise InputError(
            f"{path.name}: Two columns are named {duplicate[:_MAX_NAME]}. Rename one of them."
        )
