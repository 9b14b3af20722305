"""Predictions as columns of a table: their cells, their names, and appending them to its rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sentiment.labels import LABELS
from sentiment.probabilities import is_positive

EMPTY_TEXT = "empty text"  # the error of a row without a text

Cells = np.ndarray | Sequence[str]


class RowPredictions(NamedTuple):
    """Predictions of one model for the rows of a table; NaN and 0 where a row has none."""

    p_positive: np.ndarray  # (rows,) float64
    tokens_read: np.ndarray  # (rows,) int64
    tokens_total: np.ndarray  # (rows,) int64

    @classmethod
    def create(cls, rows: int) -> RowPredictions:
        """Create the predictions of `rows` rows, none of which has one yet."""
        return cls(np.full(rows, np.nan), *np.zeros((2, rows), dtype=np.int64))

    def fill(self, rows: Sequence[int], *fields: ArrayLike) -> None:
        """Set the fields of `rows`, given in their order, a value for each of these rows."""
        for field, values in zip(self, fields, strict=True):
            field[rows] = values

    @property
    def is_scored(self) -> np.ndarray:
        """Mask of the rows that have a prediction, (rows,) bool."""
        return ~np.isnan(self.p_positive)

    @property
    def is_positive(self) -> np.ndarray:
        """Mask of the rows that are predicted positive, (rows,) bool; a tie is negative."""
        return is_positive(self.p_positive)

    @property
    def shortened(self) -> int:
        """Count the texts that are longer than the model reads."""
        return int((self.tokens_read < self.tokens_total).sum())


def prediction_columns(
    predictions: RowPredictions, errors: Cells | None, *, as_text: bool
) -> dict[str, Cells]:
    """Return the cells of one model's columns by their usual names.

    The predicted label never stands under `label`, the name of gold labels.

    Args:
        errors: (rows,) why a row has no prediction, empty where it has one; None leaves the column
            out.
        as_text: probabilities with six decimals, empty where there is none, in place of floats.
    """
    p_positive = predictions.p_positive
    names = np.array(LABELS, dtype=object)[predictions.is_positive.astype(int)]
    cells: dict[str, Cells] = {
        "predicted_label": np.where(predictions.is_scored, names, ""),
        "p_positive": ["" if np.isnan(p) else f"{p:.6f}" for p in p_positive]
        if as_text
        else p_positive,
    }
    return cells if errors is None else {**cells, "error": errors}


def append_columns(
    frame: pd.DataFrame, columns: Mapping[str, Mapping[str, Cells]]
) -> dict[str, str]:
    """Append the columns of each model to `frame`, and overwrite none that is there.

    A name begins with the name of the model where there are several, and ends in a number where
    `frame` has such a column already.

    Args:
        columns: the cells by name of the model and of the column.

    Returns:
        The new names of the numbered columns, by the names that were taken.
    """
    renamed = {}
    for model, own in columns.items():
        for name, cells in own.items():
            usual = f"{model} {name}" if len(columns) > 1 else name
            free = _free_name(usual, frame.columns)
            frame[free] = cells
            if free != usual:
                renamed[usual] = free
    return renamed


def _free_name(name: str, taken: Iterable[str]) -> str:
    """Return `name`, or the first of `name_2`, `name_3`, … that is not `taken`."""
    numbered = (f"{name}_{number}" for number in itertools.count(2))
    return next(free for free in itertools.chain([name], numbered) if free not in taken)


def describe_renamed(renamed: Mapping[str, str]) -> str:
    """Describe in a sentence what `append_columns` returned; empty where no name was taken."""
    if not renamed:
        return ""
    return (
        f"Columns that the file already has: {', '.join(renamed)}. "
        f"The new ones are named: {', '.join(renamed.values())}."
    )
