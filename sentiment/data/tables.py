"""Reading of CSV and parquet files, whole or as a stream, and safe writing."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow
from pyarrow import parquet

from sentiment.errors import InputError
from sentiment.limits import MAX_CHARACTERS, MAX_COLUMNS

_NOT_CSV = "This is not a UTF-8 CSV file."
_FORMULA_STARTS = ("=", "+", "-", "@")
_MAX_CELL = 100 * MAX_CHARACTERS
_NAMED, _MAX_NAME = 20, 80  # columns in an error message, and characters of each


def read_csv(path: Path, *, needed: tuple[str, ...] = ("text",)) -> pd.DataFrame:
    """Read all cells of a CSV as text, rows and columns in order; an empty line is an empty row.

    Raises:
        InputError: no such file, not UTF-8, not a CSV, a row of another length than the header, or
            one of the `needed` columns is missing.
    """
    header, *body = _read_rows(path, needed)
    return pd.DataFrame(body, columns=header, dtype=str)


def stream_table(
    path: Path, *, needed: tuple[str, ...] = ("text",), rows: int
) -> Iterator[pd.DataFrame]:
    """Read a CSV like `read_csv`, or a parquet file with its types, `rows` rows at a time.

    Raises:
        InputError: as `read_csv`, or not a parquet file.
    """
    if path.suffix.lower() == ".parquet":
        yield from _stream_parquet(path, needed, rows)
        return
    lines = _read_rows(path, needed)
    header = next(lines)
    while body := list(islice(lines, rows)):
        yield pd.DataFrame(body, columns=header, dtype=str)


def _read_rows(path: Path, needed: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield the header of a CSV and then its rows, each as long as the header."""
    _check_file(path)
    csv.field_size_limit(_MAX_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(_reject_nul(file), strict=True)
            header = next(lines, [])
            if not header:
                raise InputError(_NOT_CSV)
            _check_header(header, needed)
            yield header
            for number, row in enumerate(lines, start=1):
                if not row:
                    row.extend([""] * len(header))
                elif len(row) != len(header):
                    raise InputError(
                        f"Row {number} has {len(row)} cells, the header has {len(header)}. A text "
                        f"with a comma in it needs quotes around it."
                    )
                yield row
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(_NOT_CSV) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"No file named {str(path)!r}.")


def _reject_nul(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if "\0" in line:
            raise InputError(_NOT_CSV)
        yield line


def _stream_parquet(path: Path, needed: tuple[str, ...], rows: int) -> Iterator[pd.DataFrame]:
    _check_file(path)
    try:
        with parquet.ParquetFile(path) as file:
            _check_header(file.schema_arrow.names, needed)
            for batch in file.iter_batches(batch_size=rows):
                yield batch.to_pandas(types_mapper=pd.ArrowDtype)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path} is not a parquet file that can be read.") from error


class TableWriter:
    """Writer of data frames to one CSV or parquet file.

    In a CSV, a cell that a spreadsheet would run as a formula gets an apostrophe.
    """

    def __init__(self, path: Path, *, is_parquet: bool) -> None:
        self._path, self._is_parquet = path, is_parquet
        self._parquet: parquet.ParquetWriter | None = None
        self._has_header = False

    def write(self, frame: pd.DataFrame) -> None:
        """Append the rows of `frame`, which has the same columns as all frames before.

        Raises:
            OSError: the file cannot be written.
        """
        if not self._is_parquet:
            mode = "a" if self._has_header else "w"
            settings: dict[str, Any] = {"index": False, "header": not self._has_header}
            _write_rows(frame, self._path, mode=mode, **settings)
            self._has_header = True
            return
        table = pyarrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
        if self._parquet is None:
            self._parquet = parquet.ParquetWriter(self._path, table.schema)
        self._parquet.write_table(table.cast(self._parquet.schema))

    def close(self) -> None:
        """Close the file."""
        if self._parquet is not None:
            self._parquet.close()


def _check_header(header: list[str], needed: tuple[str, ...]) -> None:
    if len(header) > MAX_COLUMNS:
        raise InputError(f"The file has {len(header):,} columns; the limit is {MAX_COLUMNS}.")
    for column in needed:
        if column not in header:
            names = ", ".join(name[:_MAX_NAME] for name in header[:_NAMED])
            more = ", …" if len(header) > _NAMED else ""
            raise InputError(f"No column named {column}. Columns found: {names}{more}.")
    duplicate = next((name for name, count in Counter(header).items() if count > 1), None)
    if duplicate is not None:
        raise InputError(f"Two columns are named {duplicate[:_MAX_NAME]}. Rename one of them.")


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write `frame` as CSV; a cell that a spreadsheet would run as a formula gets an apostrophe.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_rows(frame, path, index=False)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error}") from error


def _write_rows(frame: pd.DataFrame, path: Path, **settings: Any) -> None:
    # pandas does not quote a lone carriage return, which readers take for the end of a row.
    cells = chain(frame.columns, frame.to_numpy().flat)
    has_return = any(isinstance(cell, str) and "\r" in cell for cell in cells)
    quoting = csv.QUOTE_NONNUMERIC if has_return else csv.QUOTE_MINIMAL
    escape_formulas(frame).to_csv(path, encoding="utf-8", quoting=quoting, **settings)


def escape_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Escape each cell of `frame` that a spreadsheet would run as a formula, by an apostrophe."""
    return frame.map(_escape_formula).rename(columns=_escape_formula)


def _escape_formula(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
