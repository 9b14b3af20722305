"""CSV files people bring: read one with clear refusals, write one that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pandas as pd

from sentiment.errors import InputError
from sentiment.limits import MAX_CHARACTERS, MAX_COLUMNS

_NOT_CSV = "This is not a UTF-8 CSV file."
_FORMULA_STARTS = ("=", "+", "-", "@")
_LONGEST_CELL = 100 * MAX_CHARACTERS
_NAMED, _LONGEST_NAME = 20, 80  # columns that a refusal lists, and characters of each


def read_csv(path: Path, *, needed: tuple[str, ...] = ("text",)) -> pd.DataFrame:
    """All cells of a CSV as text, rows and columns in their order; an empty line is an empty row.

    Raises:
        InputError: no such file, not UTF-8, not a CSV, a row of another length than the header, or
            one of the `needed` columns is missing.
    """
    if not path.is_file():
        raise InputError(f"No file named {str(path)!r}.")
    try:
        content = path.read_bytes().decode("utf-8-sig")
        if "\0" in content:
            raise InputError(_NOT_CSV)
        csv.field_size_limit(_LONGEST_CELL)
        rows = list(csv.reader(io.StringIO(content, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(_NOT_CSV) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    if not rows or not rows[0]:
        raise InputError(_NOT_CSV)
    header, *body = rows
    _check_header(header, needed)
    for number, row in enumerate(body, start=1):
        if not row:
            row.extend([""] * len(header))
        elif len(row) != len(header):
            raise InputError(
                f"Row {number} has {len(row)} cells, the header has {len(header)}. A text with a "
                f"comma in it needs quotes around it."
            )
    return pd.DataFrame(body, columns=header, dtype=str)


def _check_header(header: list[str], needed: tuple[str, ...]) -> None:
    if len(header) > MAX_COLUMNS:
        raise InputError(f"The file has {len(header):,} columns; the limit is {MAX_COLUMNS}.")
    for column in needed:
        if column not in header:
            found = ", ".join(name[:_LONGEST_NAME] for name in header[:_NAMED])
            more = ", …" if len(header) > _NAMED else ""
            raise InputError(f"No column named {column}. Columns found: {found}{more}.")
    twice = next((name for name, count in Counter(header).items() if count > 1), None)
    if twice is not None:
        raise InputError(f"Two columns are named {twice[:_LONGEST_NAME]}. Rename one of them.")


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write `frame`; a cell that a spreadsheet would run as a formula gets an apostrophe.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        defuse(frame).to_csv(path, index=False, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error}") from error


def defuse(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with an apostrophe before every cell that a spreadsheet would run as a formula."""
    return frame.map(_defuse).rename(columns=_defuse)


def _defuse(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
