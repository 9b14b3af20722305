"""Render confusion matrices whose cells are buttons that open their texts.

Correct predictions are tinted, wrong ones hatched, so that nothing depends on colour alone. A click
sends the key of the cell (see `sentiment.evaluation.outcomes`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sentiment.evaluation.comparison import Comparison, compare
from sentiment.evaluation.results import Result, by_name
from sentiment.evaluation.score_table import AgainstBaseline
from sentiment.labels import LABELS, POSITIVE
from sentiment.probabilities import is_positive
from sentiment.ui.render.html import render_message, render_sentence
from sentiment.ui.render.markup import render_template
from sentiment.ui.render.numbers import show_percent
from sentiment.ui.text import scores as copy

# Sends the key of a clicked cell, or the row number of a clicked example.
ON_PRESS = """
element.addEventListener('click', (event) => {
  const pressed = event.target.closest('[data-show]');
  if (pressed) trigger('select', {value: pressed.dataset.show});
});
"""
_PREDICTED = tuple(f"predicted {label}" for label in LABELS)
_ACTUAL = tuple(f"actual {label}" for label in LABELS)
_SHOW = "Show these texts."
_MAX_TINT = 46  # per cent, of a cell with all texts; keeps the text readable


@dataclass(frozen=True)
class Cell:
    """Cell of a matrix."""

    key: str  # outcome, see `sentiment.evaluation.outcomes`
    number: str
    under: str
    label: str  # text alternative
    is_good: bool
    depth: str  # strength of the tint, per cent


@dataclass(frozen=True)
class Matrix:
    """2 × 2 matrix with its headings."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cells: tuple[Cell, ...]


def render_matrices(a: Result, b: Result, pair: Comparison, *, opens: bool = True) -> str:
    """Render the confusion matrices of A and B, their difference, and the agreement matrix.

    Args:
        opens: whether the cells are buttons.
    """
    counts = [_count(result) for result in (a, b)]
    matrices = [
        _confusion(f"A: {a.info.model}", "a", counts[0]),
        _confusion(f"B: {b.info.model}", "b", counts[1]),
        _change(counts[1] - counts[0]),
        _agreement(pair),
    ]
    return str(render_template("matrices", matrices=matrices, opens=opens, show=_SHOW))


def _count(result: Result) -> np.ndarray:
    """Count the labelled texts by label and prediction, (2, 2)."""
    predicted = is_positive(result.p_positive).astype(int)
    return np.bincount(2 * (result.gold == POSITIVE) + predicted, minlength=4).reshape(2, 2)


def _confusion(title: str, side: str, counts: np.ndarray) -> Matrix:
    totals = counts.sum(axis=1)
    cells = []
    for gold in range(2):
        for predicted in range(2):
            share = counts[gold, predicted] / max(1, totals[gold])
            cells.append(
                _cell(
                    f"{side}-{gold}-{predicted}",
                    f"{counts[gold, predicted]:,}",
                    f"{100 * share:.0f} %",
                    f"{title}: actual {LABELS[gold]}, predicted {LABELS[predicted]}",
                    is_good=gold == predicted,
                    depth=share,
                )
            )
    return Matrix(title, "counts and row percentages", _PREDICTED, _ACTUAL, tuple(cells))


def _change(change: np.ndarray) -> Matrix:
    largest = max(1, int(np.abs(change).max()))
    cells = []
    for gold in range(2):
        for predicted in range(2):
            count = int(change[gold, predicted])
            is_good = (count >= 0) == (gold == predicted)
            verdict = "same" if not count else "better" if is_good else "worse"
            cells.append(
                _cell(
                    f"c-{gold}-{predicted}",
                    _signed(count),
                    verdict,
                    f"B − A: actual {LABELS[gold]}, predicted {LABELS[predicted]}",
                    is_good=is_good,
                    depth=abs(count) / largest,
                )
            )
    return Matrix("B − A", "difference in counts", _PREDICTED, _ACTUAL, tuple(cells))


def _agreement(pair: Comparison) -> Matrix:
    counts = ((pair.both_right, pair.only_a_right), (pair.only_b_right, pair.both_wrong))
    titles = (("both", "only A"), ("only B", "neither"))
    keys = (("r-1-1", "r-1-0"), ("r-0-1", "r-0-0"))
    cells = tuple(
        _cell(
            keys[i][j],
            f"{counts[i][j]:,}",
            titles[i][j],
            f"A × B, correct: {titles[i][j]}",
            is_good=(i, j) != (1, 1),
            depth=counts[i][j] / pair.n,
        )
        for i in range(2)
        for j in range(2)
    )
    columns, rows = ("B correct", "B wrong"), ("A correct", "A wrong")
    return Matrix("A × B", "which is correct", columns, rows, cells)


def _cell(key: str, number: str, under: str, label: str, *, is_good: bool, depth: float) -> Cell:
    alternative = f"{label}: {number} ({under})."
    return Cell(key, number, under, alternative, is_good, f"{_MAX_TINT * depth:.0f}")


def _signed(count: int) -> str:
    return f"+{count:,}" if count > 0 else f"−{-count:,}" if count < 0 else "±0"


def describe_baseline(comparison: AgainstBaseline | None) -> list[str]:
    """Name the models significantly below, or not distinguishable from, the TF-IDF baseline."""
    if comparison is None:
        return []
    forms = (
        (copy.BELOW_BASELINE, comparison.below),
        (copy.TIED_WITH_BASELINE, comparison.level),
    )
    return [
        form.format(
            names=", ".join(names),
            baseline=comparison.baseline,
            accuracy=show_percent(comparison.accuracy),
        )
        for form, names in forms
        if names
    ]


def render_verdict(
    results: list[Result], a: Result, b: Result, *, opens: bool = True
) -> tuple[str, str]:
    """Render the paired comparison and the matrices; cells are buttons if `opens`.

    Raises:
        DataError: the results are on different texts.
    """
    if a is b:
        pair: Comparison = compare([a, a], ["A", "B"])[0]
        return render_message(copy.SAME_MODEL), render_matrices(a, b, pair)
    names = list(by_name(results))
    positions = {id(result): i for i, result in enumerate(results)}
    first, second = names[positions[id(a)]], names[positions[id(b)]]
    # Holm's correction covers all pairs; the chosen pair comes first, as A and B.
    others = [result for result in results if result is not a and result is not b]
    titles = [first, second, *(names[positions[id(result)]] for result in others)]
    pairs = compare([a, b, *others], titles)
    note = copy.HOLM_NOTE.format(models=len(results)) if len(pairs) > 1 else ""
    return render_sentence(pairs[0].sentence, note), render_matrices(a, b, pairs[0], opens=opens)
