"""CSV files people bring: read one with clear refusals, write one that no spreadsheet runs."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from sentiment.errors import InputError

_FORMULA_STARTS = ("=", "+", "-", "@")


def read_csv(path: Path, *, text_column: str = "text") -> pd.DataFrame:
    """All columns of a CSV as text, rows and columns in their order.

    Raises:
        InputError: no such file, not UTF-8, not a CSV, or no column `text_column`.
    """
    if not path.is_file():
        raise InputError(f"No file named {str(path)!r}.")
    try:
        if b"\0" in path.read_bytes():
            raise InputError("This is not a UTF-8 CSV file.")
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError("This is not a UTF-8 CSV file.") from error
    if text_column not in frame.columns:
        raise InputError(
            f"No column named {text_column}. Columns found: {', '.join(map(str, frame.columns))}."
        )
    return frame


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write `frame`; a text cell that a spreadsheet would run as a formula gets an apostrophe.

    Raises:
        InputError: the file cannot be written.
    """
    safe = frame.map(_defuse)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        safe.to_csv(path, index=False, quoting=csv.QUOTE_MINIMAL, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error}") from error


def _defuse(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
