"""Pure: results -> charts that read in light and dark, on a projector and without colour.

A and B differ in dash and in the shape of their marks, and are named beside their lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sentiment.evaluation.reliability import Reliability
from sentiment.training.history import epochs_of
from sentiment.ui.render.axes import Axis, Chart, Flag, Label, Line, Mark, build_axis
from sentiment.ui.render.numbers import show_percent
from sentiment.ui.text import scores as copy

_MIN_SPAN = 10.0  # points of accuracy on an axis
_DRAWN = 160  # points of a line: more are sent and not seen
_EARLY = 0.25  # of a line: where it is named if not at its end
_SHAPES = ("disc", "square", "diamond", "triangle", "star")


@dataclass(frozen=True)
class TrainingRun:
    """What is drawn of a training run."""

    name: str
    history: tuple[Mapping[str, float], ...]  # of `run.json`
    n: int  # texts that were evaluated after every epoch
    split: str  # title of their split
    before: float | None  # zero-shot accuracy on the same texts, where it is known


def loss_figure(runs: Mapping[str, TrainingRun]) -> Chart:
    """Draw the loss during training.

    Args:
        runs: by side, `a` or `b`.
    """
    curves = {}
    for side, run in runs.items():
        losses = [(own["epoch"], own["loss"]) for own in run.history if "loss" in own]
        curves[side] = losses[:: max(1, len(losses) // _DRAWN)]
    values = [y for curve in curves.values() for _, y in curve] or [0.0, 1.0]
    last = max((x for curve in curves.values() for x, _ in curve), default=1.0)
    return Chart(
        name=copy.TRAINING_LOSS,
        x=build_axis(copy.TRAINING_EPOCH, 0.0, last),
        y=build_axis(copy.TRAINING_LOSS, 0.0, 1.05 * max(values), most=5),
        lines=tuple(Line(curve, side) for side, curve in curves.items()),
        labels=_name_lines(curves, runs, is_rising=False),
    )


def epochs_figure(runs: Mapping[str, TrainingRun]) -> Chart:
    """Draw the accuracy after every epoch of `runs`, from before training where it is known."""
    curves = {
        side: [
            *([(0.0, 100 * run.before)] if run.before is not None else []),
            *((float(own.number), 100 * own.accuracy) for own in epochs_of(run.history)),
        ]
        for side, run in runs.items()
    }
    low, high = _with_room([y for curve in curves.values() for _, y in curve])
    last = int(max(x for curve in curves.values() for x, _ in curve))
    is_before = any(curve[0][0] == 0 for curve in curves.values())
    step = max(1, last // 8)
    ticks = [(float(epoch), str(epoch)) for epoch in range(step, last + 1, step)]
    if is_before:
        ticks = [(0.0, copy.TRAINING_ZERO_SHOT), *ticks]
    return Chart(
        name=copy.TRAINING_ACCURACY,
        x=Axis(copy.TRAINING_EPOCH, 0.0 if is_before else 0.8, last + 0.2, tuple(ticks)),
        y=build_axis(copy.TRAINING_ACCURACY, low, high, most=5),
        lines=tuple(Line(curve, side) for side, curve in curves.items()),
        marks=tuple(
            Mark(x, y, side, f"{side.upper()}: {y:.1f} %")
            for side, curve in curves.items()
            for x, y in curve
        ),
        labels=_name_lines(curves, runs, is_rising=True),
    )


def _name_lines(
    curves: Mapping[str, Sequence[tuple[float, float]]],
    runs: Mapping[str, TrainingRun],
    *,
    is_rising: bool,
) -> tuple[Label, ...]:
    """Name each line where there is room beside it: above the upper one, below the lower one."""
    drawn = {side: curve for side, curve in curves.items() if curve}
    highest = max(drawn, key=lambda side: drawn[side][-1][1], default="")
    labels = []
    for side, curve in drawn.items():
        is_above = side == highest
        # A rising line leaves room above its end and below its start, a falling one the reverse.
        is_at_end = is_above == is_rising
        x, y = curve[-1] if is_at_end else curve[int(_EARLY * len(curve))]
        place = f"{'above' if is_above else 'below'}-{'left' if is_at_end else 'right'}"
        labels.append(Label(x, y, f"{side.upper()}: {runs[side].name}", side, place))
    return tuple(labels)


def _with_room(values: Sequence[float]) -> tuple[float, float]:
    """Find a range around per cents that does not make a leap of a small step."""
    middle, span = (max(values) + min(values)) / 2, max(values) - min(values)
    half = max(_MIN_SPAN, 1.35 * span) / 2
    return max(0.0, middle - half), min(100.0, middle + half)


def reliability_figure(sides: Mapping[str, Reliability], when: str) -> Chart:
    """Draw fraction of positives against mean prediction; larger marks hold more texts.

    Args:
        sides: by side, `a` or `b`.
        when: before or after temperature scaling, in words.
    """
    curves = {
        side: [(own.mean_predicted, own.fraction_positive) for own in found.bins]
        for side, found in sides.items()
    }
    marks = [
        Mark(
            own.mean_predicted,
            own.fraction_positive,
            side,
            f"{side.upper()}: predicted {own.mean_predicted:.2f}, observed "
            f"{own.fraction_positive:.2f}, n = {own.n:,}",
            size=6 + 14 * (own.n / found.n) ** 0.5,
        )
        for side, found in sides.items()
        for own in found.bins
    ]
    titles = {
        side: f"{side.upper()} (ECE {show_percent(own.ece)} %)" for side, own in sides.items()
    }
    return Chart(
        name=f"{copy.PART_CALIBRATION}, {when}",
        x=build_axis(copy.RELIABILITY_X, 0.0, 1.0, most=5),
        y=build_axis(copy.RELIABILITY_Y, 0.0, 1.0, most=5),
        lines=(
            Line(((0.0, 0.0), (1.0, 1.0)), "quiet"),
            *(Line(curve, side) for side, curve in curves.items()),
        ),
        marks=tuple(marks),
        labels=_apart_labels(curves, titles),
    )


def _apart_labels(
    curves: Mapping[str, Sequence[tuple[float, float]]], titles: Mapping[str, str]
) -> tuple[Label, ...]:
    """Name each line where it is farthest from the others: at the bin that differs most."""
    labels = []
    for side, curve in curves.items():
        others = [points for other, points in curves.items() if other != side]
        other = others[0] if others else ((0.0, 0.0), (1.0, 1.0))
        xs, ys = zip(*other, strict=True)
        gaps = [(y - float(np.interp(x, xs, ys))) for x, y in curve]
        inside = [i for i, (x, y) in enumerate(curve) if 0.15 < x < 0.85 and 0.15 < y < 0.9]
        inner = inside or list(range(len(curve)))
        place = max(inner, key=lambda i: abs(gaps[i]))
        x, y = curve[place]
        where = "above-left" if gaps[place] >= 0 else "below-right"
        labels.append(Label(x, y, titles[side], side, where))
    return tuple(labels)


def threshold_figure(
    thresholds: np.ndarray,
    accuracies: np.ndarray,
    marks: Sequence[tuple[str, float, float]],
    *,
    chosen: float,
    bounds: tuple[float, float],
    name: str,
) -> Chart:
    """Draw the accuracy at every threshold, with the named ones flagged and the chosen one marked.

    Args:
        thresholds: log-odds, (n,), ascending.
        accuracies: with each of them, (n,).
        marks: name, threshold and accuracy of each named one.
        bounds: of the axis, and of the slider below it.
    """
    low, high = bounds
    points = [(float(x), 100 * float(y)) for x, y in zip(thresholds, accuracies, strict=True)]
    if points:  # the first and the last value reach the ends of the axis
        points = [(low, points[0][1]), *points, (high, points[-1][1])]
    bottom, top = _with_room([y for _, y in points] or [0.0, 100.0])
    flags = sorted(
        (
            Flag(place, 100 * accuracy, f"{title} {show_percent(accuracy)} %", shape)
            for (title, place, accuracy), shape in zip(marks, _cycle(len(marks)), strict=True)
        ),
        key=lambda flag: flag.x,
    )
    return Chart(
        name=copy.THRESHOLD_CHART.format(name=name),
        x=build_axis(copy.THRESHOLD_X, low, high, most=8),
        y=build_axis(copy.THRESHOLD_Y, bottom, top, most=5),
        lines=(Line(points, "b", is_stepped=True),),
        flags=tuple(flags),
        rule=chosen,
    )


def _cycle(count: int) -> list[Any]:
    return [_SHAPES[i % len(_SHAPES)] for i in range(count)]
