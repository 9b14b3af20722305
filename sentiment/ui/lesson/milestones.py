"""The rows of the lesson's chart: one backbone on the same sentences, from saved results only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from sentiment.evaluation.metrics import Interval, wilson_interval
from sentiment.formatting import share_of
from sentiment.ui.lesson import text as copy
from sentiment.ui.lesson.board import (
    Leaderboard,
    LeaderboardRow,
    find_largest_prompted,
    move_thresholds,
)
from sentiment.ui.text import shared

Mark = Literal["majority", "zero-shot", "fine-tuned", "baseline"]
MAJORITY = "majority"  # key of the row that is known from the start

# The step of the lesson that a tuning belongs to; counts from 1.
_ZERO_SHOT, _PROMPT, _LAST = 1, 2, 6
_PROMPTED = ("raw", "batch_mean")  # thresholds of the second step
_TUNED = {"head": 3, "lora": 4, "full": 5}


@dataclass(frozen=True)
class Milestone:
    """Accuracy of the chart, and the step that reveals it."""

    key: str
    step: int  # counts from 1; 0 is known from the start
    name: str
    note: str
    mark: Mark
    right: int
    n: int
    interval: Interval  # Wilson, 95 %

    @property
    def title(self) -> str:
        """Name and note in one line."""
        return f"{self.name}, {self.note}"

    @property
    def accuracy(self) -> float:
        """Return the accuracy."""
        return self.right / self.n


@dataclass(frozen=True)
class LessonChart:
    """Rows in the order of the steps, with their common backbone and texts."""

    rows: tuple[Milestone, ...] = ()
    backbone: str = ""  # as people call it: MiniLM
    title: str = ""  # the data set and its split


def build_chart(board: Leaderboard | None) -> LessonChart:
    """Build the chart of a board; without one, it has no rows.

    The backbone is the one with the most results on the board: it goes through the most steps.
    """
    if board is None:
        return LessonChart()
    backbone = _find_backbone(board)
    own = [row for row in board.rows if row.model.backbone == backbone]
    found = [_majority(board), *_prompted(board)]
    for row in own:
        if row.model.kind == "zero-shot":
            found.append(_zero_shot(row))
        elif row.model.kind == "fine-tuned" and row.model.tuning in _TUNED:
            found.append(_tuned(row))
    found += [_baseline(row) for row in board.rows if row.model.kind == "baseline"]
    rows = tuple(sorted(found, key=lambda row: (row.step, row.mark != "baseline")))
    return LessonChart(rows, next((row.backbone for row in own), backbone), board.title)


def _find_backbone(board: Leaderboard) -> str:
    """Name the backbone with the most results on `board`; the first of several."""
    counts = Counter(row.model.backbone for row in board.rows if row.model.kind != "baseline")
    return max(counts, key=lambda name: counts[name], default="")


def _majority(board: Leaderboard) -> Milestone:
    right = round(board.floor * board.n)
    note = copy.CHART_ALWAYS.format(label=board.floor_label)
    interval = wilson_interval(right, board.n)
    return Milestone(MAJORITY, 0, copy.CHART_MAJORITY, note, "majority", right, board.n, interval)


def _zero_shot(row: LeaderboardRow) -> Milestone:
    return Milestone(
        row.model.name,
        _ZERO_SHOT,
        shared.ZERO_SHOT,
        copy.CHART_NOTHING,
        "zero-shot",
        row.right,
        row.n,
        row.interval,
    )


def _prompted(board: Leaderboard) -> list[Milestone]:
    """The largest language model at its default threshold and at the mean of its log-odds."""
    row = find_largest_prompted(board)
    moved = {own.name: own for own in move_thresholds(row)} if row else {}
    names = [name for name in _PROMPTED if name in moved]
    return [
        Milestone(
            f"{row.model.name} {name}",
            _PROMPT,
            row.backbone,
            shared.THRESHOLD_NAMES[name],
            "zero-shot",
            moved[name].counts.true_negative + moved[name].counts.true_positive,
            moved[name].counts.n,
            moved[name].interval,
        )
        for name in names
        if row
    ]


def _tuned(row: LeaderboardRow) -> Milestone:
    model = row.model
    title = copy.CHART_TUNED[model.tuning]
    share = share_of(model.trainable, model.parameters)
    note = copy.CHART_SHARE.format(share=share)
    step = _TUNED[model.tuning]
    if model.started_from:
        # More labels rather than more parameters: what the last step weighs against the cost.
        step, note = _LAST, copy.CHART_FIRST_IMDB
    return Milestone(model.name, step, title, note, "fine-tuned", row.right, row.n, row.interval)


def _baseline(row: LeaderboardRow) -> Milestone:
    return Milestone(
        row.model.name,
        _LAST,
        row.backbone,
        copy.CHART_REGRESSION,
        "baseline",
        row.right,
        row.n,
        row.interval,
    )
