"""Render a paired comparison: the difference, its confidence interval, and 100 dots.

The shape of a dot tells which model is correct; colour is reserved for sentiment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sentiment.evaluation.comparison import Comparison
from sentiment.evaluation.metrics import SIGNIFICANCE
from sentiment.formatting import format_p
from sentiment.ui.render.markup import render_template, show_signed
from sentiment.ui.render.numbers import count_decimals, show_percent
from sentiment.ui.text import scores as copy

DOTS = 100
_PER_ROW = 20
_CELL = 15.0
_WIDTH = 340.0  # of the interval plot
_MARGIN = 0.17  # of the range, on both sides, for the labels
_MIN_SPAN = 2.0  # points


@dataclass(frozen=True)
class Dot:
    """Dot for 1 % of the texts."""

    kind: str
    x: float
    y: float


def render_pair(pair: Comparison, *, is_same: bool = False) -> Markup:
    """Render the comparison of A and B with a summary sentence.

    Args:
        is_same: whether A and B are the same model.
    """
    if is_same:
        return render_template("pair_same", message=copy.SAME_MODEL)
    low, high = 100 * pair.interval.low, 100 * pair.interval.high
    digits = count_decimals(pair.interval.low, pair.interval.high)
    accuracy_a, accuracy_b = (
        (pair.both_right + only) / pair.n for only in (pair.only_a_right, pair.only_b_right)
    )
    shares = round_to(DOTS, _counts(pair))
    return render_template(
        "pair",
        copy=copy,
        pair=pair,
        difference=show_signed(100 * pair.difference, digits),
        accuracies=copy.PAIR_ACCURACIES.format(
            a=show_percent(accuracy_a, digits), b=show_percent(accuracy_b, digits), n=pair.n
        ),
        interval=_positions(low, high, 100 * pair.difference),
        low=show_signed(low, digits),
        high=show_signed(high, digits),
        width=_WIDTH,
        dots=_dots(shares),
        kinds=[(kind, copy.PAIR_KINDS[kind], shares[kind]) for kind in shares],
        sentence=describe_pair(pair),
    )


def describe_pair(pair: Comparison) -> str:
    """Summarize in a sentence which model is better, with the exact McNemar p-value."""
    test = copy.PAIR_TEST.format(p=format_p(pair.p))
    if pair.pairs > 1:
        test += copy.PAIR_HOLM.format(p=format_p(pair.p_holm), pairs=pair.pairs)
    more = abs(pair.only_b_right - pair.only_a_right)
    better, worse = (pair.b, pair.a) if pair.difference >= 0 else (pair.a, pair.b)
    if not pair.only_a_right and not pair.only_b_right:
        return copy.PAIR_SAME.format(a=pair.a, b=pair.b, right=pair.both_right, n=pair.n)
    if pair.is_distinguishable:
        return copy.PAIR_BETTER.format(better=better, worse=worse, more=more, n=pair.n, test=test)
    right = pair.both_right + pair.only_a_right
    counts = copy.PAIR_MORE if more else copy.PAIR_EQUAL
    counts = counts.format(better=better, more=more, right=right)
    sentence = copy.PAIR_TIED.format(a=pair.a, b=pair.b, counts=counts, n=pair.n, test=test)
    return sentence + (copy.PAIR_UNCORRECTED if pair.p < SIGNIFICANCE else "")


def round_to(total: int, counts: dict[str, int]) -> dict[str, int]:
    """Scale `counts` to whole numbers that sum to `total`, by the largest remainder."""
    whole = sum(counts.values())
    exact = {kind: total * count / whole for kind, count in counts.items()}
    rounded = {kind: int(share) for kind, share in exact.items()}
    by_remainder = sorted(exact, key=lambda kind: rounded[kind] - exact[kind])
    for kind in by_remainder[: total - sum(rounded.values())]:
        rounded[kind] += 1
    return rounded


def _counts(pair: Comparison) -> dict[str, int]:
    return {
        "both": pair.both_right,
        "b": pair.only_b_right,
        "a": pair.only_a_right,
        "neither": pair.both_wrong,
    }


def _dots(shares: dict[str, int]) -> list[Dot]:
    kinds: Sequence[str] = [kind for kind, share in shares.items() for _ in range(share)]
    return [
        Dot(kind, (i % _PER_ROW + 0.5) * _CELL, (i // _PER_ROW + 0.5) * _CELL)
        for i, kind in enumerate(kinds)
    ]


def _positions(low: float, high: float, middle: float) -> dict[str, float]:
    """Compute x of zero, the interval bounds and the difference in the interval plot."""
    start, end = min(0.0, low), max(0.0, high)
    span = max(end - start, _MIN_SPAN)
    start, end = start - _MARGIN * span, start + (1 + _MARGIN) * span
    values = {"zero": 0.0, "low": low, "high": high, "middle": middle}
    return {name: _WIDTH * (value - start) / (end - start) for name, value in values.items()}
