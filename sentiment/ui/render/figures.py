"""Build the charts of the Scores tab.

A and B differ in line style and marker shape, not only in colour, and are named beside their lines.
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

_MIN_SPAN = 10.0  # of an accuracy axis, in points
_MAX_POINTS = 160  # of a line
_LABEL_AT = 0.25  # position of a label that is not at the end of its line
_SHAPES = ("disc", "square", "diamond", "triangle", "star")


@dataclass(frozen=True)
class TrainingRun:
    """Training history of a model."""

    name: str
    history: tuple[Mapping[str, float], ...]  # of `run.json`
    n: int  # texts evaluated after every epoch
    split: str  # title of their split
    before: float | None  # zero-shot accuracy on the same texts, if known


def loss_figure(runs: Mapping[str, TrainingRun]) -> Chart:
    """Build the chart of the training loss.

    Args:
        runs: training run by side, `a` or `b`.
    """
    curves = {}
    for side, run in runs.items():
        losses = [(entry["epoch"], entry["loss"]) for entry in run.history if "loss" in entry]
        curves[side] = losses[:: max(1, len(losses) // _MAX_POINTS)]
    values = [y for curve in curves.values() for _, y in curve] or [0.0, 1.0]
    last = max((x for curve in curves.values() for x, _ in curve), default=1.0)
    return Chart(
        name=copy.TRAINING_LOSS,
        x=build_axis(copy.TRAINING_EPOCH, 0.0, last),
        y=build_axis(copy.TRAINING_LOSS, 0.0, 1.05 * max(values), max_ticks=5),
        lines=tuple(Line(curve, side) for side, curve in curves.items()),
        labels=_name_lines(curves, runs, is_rising=False),
    )


def epochs_figure(runs: Mapping[str, TrainingRun]) -> Chart:
    """Build the chart of the accuracy after every epoch, starting with zero-shot if known."""
    curves = {
        side: [
            *([(0.0, 100 * run.before)] if run.before is not None else []),
            *((float(epoch.number), 100 * epoch.accuracy) for epoch in epochs_of(run.history)),
        ]
        for side, run in runs.items()
    }
    low, high = _padded_range([y for curve in curves.values() for _, y in curve])
    last = int(max(x for curve in curves.values() for x, _ in curve))
    is_before = any(curve[0][0] == 0 for curve in curves.values())
    step = max(1, last // 8)
    ticks = [(float(epoch), str(epoch)) for epoch in range(step, last + 1, step)]
    if is_before:
        ticks = [(0.0, copy.TRAINING_ZERO_SHOT), *ticks]
    return Chart(
        name=copy.TRAINING_ACCURACY,
        x=Axis(copy.TRAINING_EPOCH, 0.0 if is_before else 0.8, last + 0.2, tuple(ticks)),
        y=build_axis(copy.TRAINING_ACCURACY, low, high, max_ticks=5),
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
    """Label each line where there is space: above the upper one, below the lower one."""
    known = {side: curve for side, curve in curves.items() if curve}
    highest = max(known, key=lambda side: known[side][-1][1], default="")
    labels = []
    for side, curve in known.items():
        is_above = side == highest
        # A rising line has space above its end and below its start, a falling one vice versa.
        is_at_end = is_above == is_rising
        x, y = curve[-1] if is_at_end else curve[int(_LABEL_AT * len(curve))]
        position = f"{'above' if is_above else 'below'}-{'left' if is_at_end else 'right'}"
        labels.append(Label(x, y, f"{side.upper()}: {runs[side].name}", side, position))
    return tuple(labels)


def _padded_range(values: Sequence[float]) -> tuple[float, float]:
    """Return an axis range around `values` in per cent, at least `_MIN_SPAN` wide."""
    middle, span = (max(values) + min(values)) / 2, max(values) - min(values)
    half = max(_MIN_SPAN, 1.35 * span) / 2
    return max(0.0, middle - half), min(100.0, middle + half)


def reliability_figure(sides: Mapping[str, Reliability], when: str) -> Chart:
    """Build a reliability diagram; the size of a marker grows with the number of texts.

    Args:
        sides: reliability by side, `a` or `b`.
        when: before or after temperature scaling.
    """
    curves = {
        side: [(bin_.mean_predicted, bin_.fraction_positive) for bin_ in reliability.bins]
        for side, reliability in sides.items()
    }
    marks = [
        Mark(
            bin_.mean_predicted,
            bin_.fraction_positive,
            side,
            f"{side.upper()}: predicted {bin_.mean_predicted:.2f}, observed "
            f"{bin_.fraction_positive:.2f}, n = {bin_.n:,}",
            size=6 + 14 * (bin_.n / reliability.n) ** 0.5,
        )
        for side, reliability in sides.items()
        for bin_ in reliability.bins
    ]
    titles = {
        side: f"{side.upper()} (ECE {show_percent(reliability.ece)} %)"
        for side, reliability in sides.items()
    }
    return Chart(
        name=f"{copy.PART_CALIBRATION}, {when}",
        x=build_axis(copy.RELIABILITY_X, 0.0, 1.0, max_ticks=5),
        y=build_axis(copy.RELIABILITY_Y, 0.0, 1.0, max_ticks=5),
        lines=(
            Line(((0.0, 0.0), (1.0, 1.0)), "quiet"),
            *(Line(curve, side) for side, curve in curves.items()),
        ),
        marks=tuple(marks),
        labels=_label_largest_gaps(curves, titles),
    )


def _label_largest_gaps(
    curves: Mapping[str, Sequence[tuple[float, float]]], titles: Mapping[str, str]
) -> tuple[Label, ...]:
    """Label each line at the bin where it differs most from the other line."""
    labels = []
    for side, curve in curves.items():
        others = [points for other, points in curves.items() if other != side]
        other = others[0] if others else ((0.0, 0.0), (1.0, 1.0))
        xs, ys = zip(*other, strict=True)
        gaps = [(y - float(np.interp(x, xs, ys))) for x, y in curve]
        inside = [i for i, (x, y) in enumerate(curve) if 0.15 < x < 0.85 and 0.15 < y < 0.9]
        inner = inside or list(range(len(curve)))
        index = max(inner, key=lambda i: abs(gaps[i]))
        x, y = curve[index]
        where = "above-left" if gaps[index] >= 0 else "below-right"
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
    """Build the chart of accuracy by threshold, with the named thresholds and the chosen one.

    Args:
        thresholds: log-odds, (n,), ascending.
        accuracies: accuracy at each threshold, (n,).
        marks: name, threshold and accuracy of each named threshold.
        bounds: range of the axis and of the slider below it.
    """
    low, high = bounds
    points = [(float(x), 100 * float(y)) for x, y in zip(thresholds, accuracies, strict=True)]
    if points:  # the first and the last value reach the ends of the axis
        points = [(low, points[0][1]), *points, (high, points[-1][1])]
    bottom, top = _padded_range([y for _, y in points] or [0.0, 100.0])
    flags = sorted(
        (
            Flag(threshold, 100 * accuracy, f"{title} {show_percent(accuracy)} %", shape)
            for (title, threshold, accuracy), shape in zip(marks, _cycle(len(marks)), strict=True)
        ),
        key=lambda flag: flag.x,
    )
    return Chart(
        name=copy.THRESHOLD_CHART.format(name=name),
        x=build_axis(copy.THRESHOLD_X, low, high, max_ticks=8),
        y=build_axis(copy.THRESHOLD_Y, bottom, top, max_ticks=5),
        lines=(Line(points, "b", is_stepped=True),),
        flags=tuple(flags),
        rule=chosen,
    )


def _cycle(count: int) -> list[Any]:
    return [_SHAPES[i % len(_SHAPES)] for i in range(count)]
