"""Writing of tables as CSV, JSON Lines or parquet."""

from __future__ import annotations

import csv
import json
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
from pyarrow import parquet

from sentiment.data.formulas import guard_formulas
from sentiment.errors import InputError

OUTPUT_ENDINGS = (".csv", ".parquet", ".jsonl")


def check_output_ending(path: Path) -> str:
    """Return the ending of a file to write.

    Raises:
        InputError: it is not one of `OUTPUT_ENDINGS`.
    """
    ending = path.suffix.lower()
    if ending not in OUTPUT_ENDINGS:
        endings = f"{', '.join(OUTPUT_ENDINGS[:-1])} or {OUTPUT_ENDINGS[-1]}"
        raise InputError(f"{path} must end in {endings}.")
    return ending


class TableWriter:
    """Writer of data frames to one CSV, JSON Lines or parquet file.

    In a CSV, an apostrophe is put before a cell that a spreadsheet would run as a formula.
    """

    def __init__(self, path: Path, *, ending: str) -> None:
        self._path, self._ending = path, ending
        self._parquet: parquet.ParquetWriter | None = None
        self._has_begun = False

    def write(self, frame: pd.DataFrame) -> None:
        """Append the rows of `frame`, which has the same columns as all frames before.

        Raises:
            OSError: the file cannot be written.
        """
        mode = "a" if self._has_begun else "w"
        if self._ending == ".csv":
            settings: dict[str, Any] = {"index": False, "header": not self._has_begun}
            _write_rows(frame, self._path, mode=mode, **settings)
        elif self._ending == ".jsonl":
            with self._path.open(mode, encoding="utf-8") as file:
                file.writelines(_to_json(frame))
        else:
            self._write_parquet(frame)
        self._has_begun = True

    def _write_parquet(self, frame: pd.DataFrame) -> None:
        table = pyarrow.Table.from_pandas(_convert_objects(frame), preserve_index=False)
        table = table.replace_schema_metadata()
        if self._parquet is None:
            self._parquet = parquet.ParquetWriter(self._path, table.schema)
        self._parquet.write_table(table.cast(self._parquet.schema))

    def close(self) -> None:
        """Close the file."""
        if self._parquet is not None:
            self._parquet.close()


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write `frame` as CSV, JSON Lines or parquet, by the ending of `path`.

    Raises:
        InputError: the ending is not one of `OUTPUT_ENDINGS`, or the file cannot be written.
    """
    writer = TableWriter(path, ending=check_output_ending(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        writer.write(frame)
        writer.close()
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error}") from error


def _write_rows(frame: pd.DataFrame, path: Path, **settings: Any) -> None:
    # pandas does not quote a lone carriage return, which readers take for the end of a row.
    cells = chain(frame.columns, frame.to_numpy().flat)
    has_return = any(isinstance(cell, str) and "\r" in cell for cell in cells)
    quoting = csv.QUOTE_NONNUMERIC if has_return else csv.QUOTE_MINIMAL
    guard_formulas(frame).to_csv(path, encoding="utf-8", quoting=quoting, **settings)


def _to_json(frame: pd.DataFrame) -> list[str]:
    names = list(frame.columns)
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    return [
        json.dumps(dict(zip(names, map(_to_json_value, row), strict=True)), ensure_ascii=False)
        + "\n"
        for row in rows
    ]


def _to_json_value(value: object) -> object:
    """Convert a cell to a JSON value; other types become strings."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)


def _convert_objects(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert columns of dtype object to strings: a parquet column has one type."""
    objects = [name for name in frame.columns if frame[name].dtype == object]
    texts = {
        name: frame[name].map(str, na_action="ignore").astype(pd.ArrowDtype(pyarrow.string()))
        for name in objects
    }
    return frame.assign(**texts)
