"""Numbers as people read them: durations, sizes, p-values, shares, signed differences."""

from __future__ import annotations


def say_duration(seconds: float) -> str:
    """A length of time in the unit people would use: “14 minutes”."""
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"


def format_p(p: float) -> str:
    """A p-value as people write it: "p = 0.031", "p < 0.001"."""
    return "p < 0.001" if p < 1e-3 else f"p = {p:.4f}" if p < 0.1 else f"p = {p:.2f}"


def say_bytes(size: float) -> str:
    """A size in the unit people would use: 1.07 GB."""
    for divisor, unit in ((1e9, "GB"), (1e6, "MB")):
        if size >= divisor:
            return f"{size / divisor:.2f}\u00a0{unit}"
    return f"{size / 1e3:.1f}\u00a0kB"


def signed(share: float) -> str:
    """A difference of two shares in points, with its sign."""
    return f"{'−' if share < 0 else '+'}{100 * abs(share):.1f}"


def share_of(trainable: int, total: int) -> str:
    """A share in per cent, with digits that count however small it is: 100, 3.47, 0.00033."""
    share = 100 * trainable / max(1, total)
    if trainable in (0, total):
        return f"{share:.0f}"
    return f"{share:.2f}" if share >= 0.005 else f"{share:.5f}"
