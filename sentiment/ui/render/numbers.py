"""Format numbers for tables; the width of its interval determines the decimals of an accuracy."""

from __future__ import annotations

from math import isnan

NOT_KNOWN = "–"
_WIDE, _NARROW = 20.0, 0.5  # width of an interval in points: no decimal above, two below
_DECIMALS = 1


def count_decimals(low: float | None, high: float | None) -> int:
    """Return the decimals of a per cent with the interval (`low`, `high`), shares from 0 to 1."""
    if is_missing(low) or is_missing(high):
        return _DECIMALS
    width = 100 * (float(high or 0) - float(low or 0))
    return 0 if width >= _WIDE else _DECIMALS if width >= _NARROW else _DECIMALS + 1


def show_percent(share: float | None, decimals: int = _DECIMALS) -> str:
    """Format a share from 0 to 1 in per cent, without the sign: `89.3`."""
    return NOT_KNOWN if is_missing(share) else f"{100 * float(share or 0):.{decimals}f}"


def show_range(low: float | None, high: float | None) -> str:
    """Format an interval of shares in per cent: `[87.1, 91.2]`; empty if unknown."""
    if is_missing(low) or is_missing(high):
        return ""
    decimals = count_decimals(low, high)
    return f"[{show_percent(low, decimals)}, {show_percent(high, decimals)}]"


def show_number(value: float | None, form: str) -> str:
    """Format a number with `form`, or as unknown."""
    return NOT_KNOWN if is_missing(value) else form.format(value)


def is_missing(value: float | None) -> bool:
    """Return whether `value` is None or NaN."""
    return value is None or isnan(value)
