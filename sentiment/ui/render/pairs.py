"""Pure: a comparison -> the difference, its interval, and 100 dots of who is right.

Who is right is told by shape: a disc, a square, a ring and a cross; the colours of sentiment have
another meaning.
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
_WIDTH = 340.0  # of the drawing of the interval
_MARGIN = 0.17  # of the range, on both sides: room for the labels
_LEAST_SPAN = 2.0  # points


@dataclass(frozen=True)
class Dot:
    """One of 100 texts: its shape and its place."""

    kind: str
    x: float
    y: float


def render_pair(pair: Comparison, *, is_same: bool = False) -> Markup:
    """Draw the comparison of A and B, and say it in a sentence.

    Args:
        is_same: A and B are one model; there is nothing to compare.
    """
    if is_same:
        return render_template("pair_same", message=copy.SAME_MODEL)
    low, high = 100 * pair.interval.low, 100 * pair.interval.high
    digits = count_decimals(pair.interval.low, pair.interval.high)
    right_a, right_b = (
        (pair.both_right + own) / pair.n for own in (pair.only_a_right, pair.only_b_right)
    )
    shares = round_to(DOTS, _counts(pair))
    return render_template(
        "pair",
        copy=copy,
        pair=pair,
        difference=show_signed(100 * pair.difference, digits),
        accuracies=copy.PAIR_ACCURACIES.format(
            a=show_percent(right_a, digits), b=show_percent(right_b, digits), n=pair.n
        ),
        interval=_place(low, high, 100 * pair.difference),
        low=show_signed(low, digits),
        high=show_signed(high, digits),
        width=_WIDTH,
        dots=_dots(shares),
        kinds=[(kind, copy.PAIR_KINDS[kind], shares[kind]) for kind in shares],
        sentence=describe_pair(pair),
    )


def describe_pair(pair: Comparison) -> str:
    """Say in a sentence which of the two is better, with the exact McNemar p-value."""
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
    told = copy.PAIR_MORE if more else copy.PAIR_EQUAL
    told = told.format(better=better, more=more, right=right)
    said = copy.PAIR_LEVEL.format(a=pair.a, b=pair.b, told=told, n=pair.n, test=test)
    return said + (copy.PAIR_ALONE if pair.p < SIGNIFICANCE else "")


def round_to(total: int, counts: dict[str, int]) -> dict[str, int]:
    """Scale `counts` to whole numbers that sum to `total`, by the largest remainder."""
    whole = sum(counts.values())
    exact = {kind: total * count / whole for kind, count in counts.items()}
    found = {kind: int(share) for kind, share in exact.items()}
    by_remainder = sorted(exact, key=lambda kind: found[kind] - exact[kind])
    for kind in by_remainder[: total - sum(found.values())]:
        found[kind] += 1
    return found


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


def _place(low: float, high: float, middle: float) -> dict[str, float]:
    """Place 0, the bounds and the difference on the line, in units of the drawing."""
    start, end = min(0.0, low), max(0.0, high)
    span = max(end - start, _LEAST_SPAN)
    start, end = start - _MARGIN * span, start + (1 + _MARGIN) * span
    places = {"zero": 0.0, "low": low, "high": high, "middle": middle}
    return {name: _WIDTH * (own - start) / (end - start) for name, own in places.items()}
