"""Store the guesses and the revealed rows of the lesson's chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sentiment.ui.lesson.milestones import Milestone

LOWEST, HIGHEST, MIDDLE = 50, 100, 75  # of the guess, in per cent


@dataclass(frozen=True)
class LessonVisit:
    """Revealed rows, and guesses by row in per cent."""

    revealed: frozenset[str] = frozenset()
    guesses: Mapping[str, int] = field(default_factory=dict)

    def is_known(self, row: Milestone) -> bool:
        """Return whether the accuracy of `row` is revealed."""
        return row.step == 0 or row.key in self.revealed


def find_hidden(visit: LessonVisit, rows: Sequence[Milestone], step: int) -> Milestone | None:
    """Find the row that `step` reveals next; None if it has no other."""
    return next((row for row in rows if row.step == step and not visit.is_known(row)), None)


def find_last(visit: LessonVisit, rows: Sequence[Milestone], step: int) -> Milestone | None:
    """Find the row that `step` revealed last; None if it has revealed none."""
    known = [row for row in rows if row.step == step and visit.is_known(row)]
    return known[-1] if known else None


def open_step(visit: LessonVisit, rows: Sequence[Milestone], step: int) -> LessonVisit:
    """Reveal the rows of the steps before `step`, which builds on them."""
    earlier = {row.key for row in rows if row.step < step}
    return replace(visit, revealed=visit.revealed | earlier)


def guess(visit: LessonVisit, rows: Sequence[Milestone], step: int, value: float) -> LessonVisit:
    """Keep a guess for the row that `step` reveals next."""
    row = find_hidden(visit, rows, step)
    if row is None:
        return visit
    given = round(min(max(value, LOWEST), HIGHEST))
    return replace(visit, guesses={**visit.guesses, row.key: given})


def reveal(visit: LessonVisit, rows: Sequence[Milestone], step: int) -> LessonVisit:
    """Reveal the next row of `step`."""
    row = find_hidden(visit, rows, step)
    return visit if row is None else replace(visit, revealed=visit.revealed | {row.key})
