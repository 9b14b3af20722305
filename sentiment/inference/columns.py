"""Predictions as columns of a table: their cells, their names, and appending them."""

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
    p_neutral: np.ndarray  # (rows,) float64; (0,) if the model has no neutral labels

    @classmethod
    def create(cls, rows: int, *, has_neutral: bool = False) -> RowPredictions:
        """Create empty predictions for `rows` rows."""
        read, total = np.zeros((2, rows), dtype=np.int64)
        neutral = np.full(rows if has_neutral else 0, np.nan)
        return cls(np.full(rows, np.nan), read, total, neutral)

    def fill(self, rows: Sequence[int], *fields: ArrayLike | None) -> None:
        """Set the values of `fields`, in the order of the class, for `rows`; skip None."""
        for field, values in zip(self, fields, strict=False):
            if values is not None:
                field[rows] = values

    @property
    def is_scored(self) -> np.ndarray:
        """Return the mask of the rows that have a prediction, (rows,) bool."""
        return ~np.isnan(self.p_positive)

    @property
    def is_positive(self) -> np.ndarray:
        """Return the mask of the rows predicted positive, (rows,) bool; a tie is negative."""
        return is_positive(self.p_positive)

    @property
    def is_shortened(self) -> np.ndarray:
        """Return the mask of the rows whose text is truncated, (rows,) bool."""
        return self.tokens_read < self.tokens_total

    @property
    def shortened(self) -> int:
        """Return the number of truncated texts."""
        return int(self.is_shortened.sum())


def prediction_columns(
    predictions: RowPredictions, errors: Cells | None, *, as_text: bool
) -> dict[str, Cells]:
    """Return the cells of one model's columns, by their default names.

    The column of predicted labels is not named `label`, which is the name of gold labels.

    Args:
        errors: (rows,) why a row has no prediction, empty where it has one; None leaves the column
            out.
        as_text: probabilities with six decimals, empty where there is none, instead of floats.
    """
    names = np.array(LABELS, dtype=object)[predictions.is_positive.astype(int)]
    cells: dict[str, Cells] = {
        "predicted_label": np.where(predictions.is_scored, names, ""),
    }
    for name in ("p_positive", "p_neutral"):
        shares: np.ndarray = getattr(predictions, name)
        if len(shares) == len(predictions.p_positive):
            written = ["" if np.isnan(p) else f"{p:.6f}" for p in shares]
            cells[name] = written if as_text else shares
    return cells if errors is None else {**cells, "error": errors}


def append_columns(
    frame: pd.DataFrame, columns: Mapping[str, Mapping[str, Cells]]
) -> dict[str, str]:
    """Append the columns of each model to `frame` in place, without overwriting any.

    With several models, a name is prefixed with the model's name. A name that `frame` has already
    gets a number as its suffix.

    Args:
        columns: the cells by names of model and column.

    Returns:
        The new names of the numbered columns, by their default names.
    """
    renamed = {}
    for model, model_columns in columns.items():
        for name, cells in model_columns.items():
            default = f"{model} {name}" if len(columns) > 1 else name
            new_name = _unused_name(default, frame.columns)
            frame[new_name] = cells
            if new_name != default:
                renamed[default] = new_name
    return renamed


def _unused_name(name: str, taken: Iterable[str]) -> str:
    """Return `name`, or the first of `name_2`, `name_3`, … that is not `taken`."""
    numbered = (f"{name}_{number}" for number in itertools.count(2))
    candidates = itertools.chain([name], numbered)
    return next(candidate for candidate in candidates if candidate not in taken)


def describe_renamed(renamed: Mapping[str, str]) -> str:
    """Describe the result of `append_columns` in a sentence, empty if no column was renamed."""
    if not renamed:
        return ""
    return (
        f"Columns that the file already has: {', '.join(renamed)}. "
        f"The new ones are named: {', '.join(renamed.values())}."
    )
