"""Render the accuracy chart of the lesson as SVG; each step reveals a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sentiment.ui.lesson import text as copy
from sentiment.ui.lesson.milestones import LessonChart, Milestone
from sentiment.ui.lesson.visit import HIGHEST, LOWEST, MIDDLE, LessonVisit, find_hidden, find_last
from sentiment.ui.render.html import render_message
from sentiment.ui.render.markup import render_template

TICKS = (50, 60, 70, 80, 90, 100)
_LEFT, _RIGHT = 44.0, 103.0  # ends of the scale in per cent: intervals and marks have room
_MAX_LABEL_X = 82.0  # per cent of the width; further right, a number is left of its interval


@dataclass(frozen=True)
class _Track:
    """Row of the chart; positions are in per cent of the width."""

    row: Milestone
    is_known: bool
    is_next: bool
    x: float  # of the accuracy
    low: float
    high: float
    guess: int | None
    guess_x: float
    unknown_x: float  # of the “?”, away from the guess
    is_value_left: bool  # of its interval, where there is no room to the right
    label: str  # for screen readers


def scale(accuracy: float) -> float:
    """Map an accuracy in per cent to an x position in per cent of the chart's width."""
    return 100 * (accuracy - _LEFT) / (_RIGHT - _LEFT)


def render_chart(chart: LessonChart, visit: LessonVisit, step: int) -> Markup:
    """Render every row: its accuracy if it is revealed, else an empty row with “?”.

    Args:
        step: the open step; the row that it reveals next is marked.
    """
    rows = chart.rows
    if not rows:
        return Markup(render_message(copy.NO_FIGURES))
    following = find_hidden(visit, rows, step)
    caption = copy.CHART_CAPTION.format(backbone=chart.backbone, title=chart.title, n=rows[0].n)
    tracks = [_track(row, visit, is_next=row is following) for row in rows]
    ticks = [(tick, scale(tick)) for tick in TICKS]
    return render_template(
        "lesson_chart", caption=caption, tracks=tracks, ticks=ticks, guess_label=copy.YOUR_GUESS
    )


def _track(row: Milestone, visit: LessonVisit, *, is_next: bool) -> _Track:
    is_known = visit.is_known(row)
    guess = visit.guesses.get(row.key)
    accuracy, low, high = (
        100 * value for value in (row.accuracy, row.interval.low, row.interval.high)
    )
    if is_known:
        label = copy.BAR_SAID.format(who=row.title, accuracy=accuracy, low=low, high=high)
    else:
        label = copy.CHART_HIDDEN.format(who=row.title)
    if guess is not None:
        label += copy.GUESS_SAID.format(guess=guess)
    return _Track(
        row=row,
        is_known=is_known,
        is_next=is_next,
        # Hidden accuracies must not be in the source of the page.
        x=scale(accuracy) if is_known else 0.0,
        low=scale(low) if is_known else 0.0,
        high=scale(high) if is_known else 0.0,
        guess=guess,
        guess_x=scale(guess or 0),
        unknown_x=scale(_unknown(guess)),
        is_value_left=scale(high) > _MAX_LABEL_X,
        label=label,
    )


def _unknown(guess: int | None) -> float:
    """Place the “?” of an empty track in per cent of accuracy, out of the way of the guess."""
    if guess is None:
        return (LOWEST + HIGHEST) / 2
    return HIGHEST - 5 if guess < MIDDLE else LOWEST + 5


def render_outcome(rows: Sequence[Milestone], visit: LessonVisit, step: int) -> Markup:
    """Render the accuracy that was revealed last in `step`, compared with the guess."""
    row = find_last(visit, rows, step)
    if row is None:
        return Markup("")
    said = copy.MEASURED.format(
        name=row.title,
        accuracy=100 * row.accuracy,
        low=100 * row.interval.low,
        high=100 * row.interval.high,
        right=row.right,
        n=row.n,
    )
    guess = visit.guesses.get(row.key)
    if guess is not None:
        distance = guess - 100 * row.accuracy
        form = copy.GUESSED_HIGH if distance > 0 else copy.GUESSED_LOW
        if row.interval.low <= guess / 100 <= row.interval.high:
            form = copy.GUESSED_WELL
        said = f"{said} {form.format(guess=guess, distance=abs(distance))}"
    return render_template("lesson_outcome", said=said)
