"""Numbers as the tables of Scores and Examples show them: per cent with digits that mean something.

An accuracy has as many decimals as its interval can tell apart.
"""

from __future__ import annotations

from math import isnan

NOT_KNOWN = "–"
_COARSE, _FINE = 20.0, 0.5  # width of an interval in points: no decimal above, two below
_USUAL = 1


def count_decimals(low: float | None, high: float | None) -> int:
    """Count the decimals of a per cent whose interval is (`low`, `high`), shares from 0 to 1."""
    if is_missing(low) or is_missing(high):
        return _USUAL
    width = 100 * (float(high or 0) - float(low or 0))
    return 0 if width >= _COARSE else _USUAL if width >= _FINE else _USUAL + 1


def show_percent(share: float | None, decimals: int = _USUAL) -> str:
    """Format a share from 0 to 1 as per cent, without the sign: `89.3`."""
    return NOT_KNOWN if is_missing(share) else f"{100 * float(share or 0):.{decimals}f}"


def show_range(low: float | None, high: float | None) -> str:
    """Format an interval of shares as per cent: `[87.1, 91.2]`; empty where it is not known."""
    if is_missing(low) or is_missing(high):
        return ""
    decimals = count_decimals(low, high)
    return f"[{show_percent(low, decimals)}, {show_percent(high, decimals)}]"


def show_number(value: float | None, form: str) -> str:
    """Format a number by `form`, or as not known."""
    return NOT_KNOWN if is_missing(value) else form.format(value)


def is_missing(value: float | None) -> bool:
    """Return whether there is no number."""
    return value is None or isnan(value)
