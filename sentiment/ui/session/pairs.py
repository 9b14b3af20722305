"""Comparisons of the models of a group, computed once: of two of them, and with the best."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

from sentiment.errors import DataError
from sentiment.evaluation.comparison import Comparison, compare
from sentiment.evaluation.results import Result, by_name
from sentiment.ui.session.selection import find_groups


@lru_cache(maxsize=16)
def compare_all(results: tuple[Result, ...]) -> tuple[Comparison, ...]:
    """Compare all pairs of `results`, Holm-corrected together; none where there is one model.

    Raises:
        DataError: they answer different texts.
    """
    return tuple(compare(results, list(by_name(results)))) if len(results) > 1 else ()


def compare_pair(results: tuple[Result, ...], a: Result, b: Result) -> Comparison:
    """Compare A and B of `results`, corrected for all of its pairs.

    Raises:
        DataError: they answer different texts.
    """
    named = by_name(results)
    names = [next(name for name, own in named.items() if own is side) for side in (a, b)]
    whole = next((own for own in compare_all(results) if {own.a, own.b} == set(names)), None)
    pair = compare([a, b], names if a is not b else ["A", "B"])[0]
    return replace(pair, p_holm=whole.p_holm, pairs=whole.pairs) if whole else pair


def find_leaders(results: tuple[Result, ...]) -> tuple[str, frozenset[str]]:
    """Find the most accurate model and those that cannot be distinguished from it.

    Raises:
        DataError: they answer different texts.
    """
    named = by_name(results)
    best = max(named, key=lambda name: named[name].accuracy)
    level = {
        pair.b if pair.a == best else pair.a
        for pair in compare_all(results)
        if best in (pair.a, pair.b) and not pair.is_distinguishable
    }
    return best, frozenset(level)


def measure_pairs() -> None:
    """Compare the models of all groups, so that the first visitor does not wait for it."""
    groups: Sequence[tuple[Result, ...]] = [own.results for own in find_groups()[0].values()]
    for results in groups:
        with suppress(DataError):
            compare_all(results)
