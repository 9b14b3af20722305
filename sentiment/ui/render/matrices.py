"""Pure: results -> confusion matrices, every cell a button that opens its texts.

Correct predictions are tinted, wrong ones hatched, and each cell says its number: nothing depends
on colour. A press sends the cell's key (see `sentiment.evaluation.outcomes`).
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

# Sends the key of a pressed cell, or the row number of a pressed example.
ON_PRESS = """
element.addEventListener('click', (event) => {
  const pressed = event.target.closest('[data-show]');
  if (pressed) trigger('select', {value: pressed.dataset.show});
});
"""
_SAID = tuple(f"predicted {label}" for label in LABELS)
_IS = tuple(f"actual {label}" for label in LABELS)
_SHOW = "Show these texts."
_STRONGEST = 46  # per cent of the accent in a full cell: ink stays readable on it


@dataclass(frozen=True)
class Cell:
    """A cell of a matrix."""

    key: str  # of its outcome, see `sentiment.evaluation.outcomes`
    number: str
    under: str
    label: str  # for who cannot see it
    is_good: bool
    depth: str  # of its tint, per cent


@dataclass(frozen=True)
class Matrix:
    """Two by two cells with their headings."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cells: tuple[Cell, ...]


def render_matrices(a: Result, b: Result, pair: Comparison, *, opens: bool = True) -> str:
    """Render the matrices of A and of B, what changed from A to B, and which of them is correct.

    Args:
        opens: whether a press on a cell leads anywhere.
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
    """Count the labelled texts by label and prediction, (2, 2); the other metrics take longer."""
    said = is_positive(result.p_positive).astype(int)
    return np.bincount(2 * (result.gold == POSITIVE) + said, minlength=4).reshape(2, 2)


def _confusion(title: str, side: str, counts: np.ndarray) -> Matrix:
    totals = counts.sum(axis=1)
    cells = []
    for gold in range(2):
        for said in range(2):
            share = counts[gold, said] / max(1, totals[gold])
            cells.append(
                _cell(
                    f"{side}-{gold}-{said}",
                    f"{counts[gold, said]:,}",
                    f"{100 * share:.0f} %",
                    f"{title}: actual {LABELS[gold]}, predicted {LABELS[said]}",
                    is_good=gold == said,
                    depth=share,
                )
            )
    return Matrix(title, "counts and row percentages", _SAID, _IS, tuple(cells))


def _change(change: np.ndarray) -> Matrix:
    top = max(1, int(np.abs(change).max()))
    cells = []
    for gold in range(2):
        for said in range(2):
            count = int(change[gold, said])
            is_good = (count >= 0) == (gold == said)
            word = "same" if not count else "better" if is_good else "worse"
            cells.append(
                _cell(
                    f"c-{gold}-{said}",
                    _signed(count),
                    word,
                    f"B − A: actual {LABELS[gold]}, predicted {LABELS[said]}",
                    is_good=is_good,
                    depth=abs(count) / top,
                )
            )
    return Matrix("B − A", "difference in counts", _SAID, _IS, tuple(cells))


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
    described = f"{label}: {number} ({under})."
    return Cell(key, number, under, described, is_good, f"{_STRONGEST * depth:.0f}")


def _signed(count: int) -> str:
    return f"+{count:,}" if count > 0 else f"−{-count:,}" if count < 0 else "±0"


def say_baseline(found: AgainstBaseline | None) -> list[str]:
    """Name the models that do not beat TF-IDF + logistic regression: those below, those level."""
    if found is None:
        return []
    forms = ((copy.BELOW_BASELINE, found.below), (copy.LEVEL_WITH_BASELINE, found.level))
    return [
        form.format(
            names=", ".join(names), baseline=found.baseline, accuracy=show_percent(found.accuracy)
        )
        for form, names in forms
        if names
    ]


def render_verdict(
    results: list[Result], a: Result, b: Result, *, opens: bool = True
) -> tuple[str, str]:
    """Render the sentence on a pair, and the matrices; cells lead to their texts where `opens`.

    Raises:
        DataError: they answer different texts.
    """
    if a is b:
        pair: Comparison = compare([a, a], ["A", "B"])[0]
        return render_message(copy.SAME_MODEL), render_matrices(a, b, pair)
    names = list(by_name(results))
    places = {id(result): i for i, result in enumerate(results)}
    first, second = names[places[id(a)]], names[places[id(b)]]
    # All pairs of the table are corrected together; this one is turned the way it was chosen.
    others = [result for result in results if result is not a and result is not b]
    titles = [first, second, *(names[places[id(result)]] for result in others)]
    pairs = compare([a, b, *others], titles)
    note = copy.HOLM_NOTE.format(models=len(results)) if len(pairs) > 1 else ""
    return render_sentence(pairs[0].sentence, note), render_matrices(a, b, pairs[0], opens=opens)
