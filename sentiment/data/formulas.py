"""Cells of a CSV that a spreadsheet would run as a formula: guarding them and reading them back."""

from __future__ import annotations

import re

import pandas as pd

# A spreadsheet runs what begins with = + or -, unless it is a number, and the older form
# @NAME(…). A mention such as "@user great film" is text.
_FORMULA = re.compile(
    r"[\t\r\n]*(?:=|[+-](?!\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?\s*%?\Z)|@[^\s@]*[(|])"
)
_GUARD = "'"


def guard_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Guard each text cell of `frame` that a spreadsheet would run, by a leading apostrophe."""
    return frame.map(_guard).rename(columns=_guard)


def _guard(cell: object) -> object:
    return f"{_GUARD}{cell}" if isinstance(cell, str) and _is_formula(cell) else cell


def remove_guard(cell: str) -> str:
    """Remove the apostrophe that `guard_formulas` put before `cell`, if it did."""
    return cell[1:] if cell.startswith(_GUARD) and _is_formula(cell) else cell


def _is_formula(cell: str) -> bool:
    """Return whether `cell` would be run, with or without apostrophes before it.

    A cell that has an apostrophe already gets another one, so that both are read back as written.
    """
    return bool(_FORMULA.match(cell.lstrip(_GUARD)))
