"""Build the threshold part of Scores: one model, its named thresholds, and a slider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import gradio as gr
import numpy as np

from sentiment.evaluation.results import Result
from sentiment.evaluation.thresholds import (
    TunedThreshold,
    confusion_at,
    threshold_curve,
    tune_threshold,
)
from sentiment.ui.render.axes import render_chart
from sentiment.ui.render.figures import threshold_figure
from sentiment.ui.render.html import render_note, render_sentence
from sentiment.ui.render.markup import show_signed
from sentiment.ui.render.numbers import show_percent
from sentiment.ui.render.tables import render_data
from sentiment.ui.session.jobs import PRIVATE
from sentiment.ui.session.selection import Chosen, choose
from sentiment.ui.text import scores as copy

_SIDES = ("A", "B")
_FURTHEST = 12.0  # log-odds; beyond them a probability is 0 or 1 for every purpose
_DRAWN = 500  # points of a curve: more are sent and not seen


@dataclass(frozen=True, eq=False)
class ThresholdAxis:
    """Thresholds and accuracies of one model."""

    thresholds: np.ndarray  # (at most _DRAWN,), log-odds
    accuracies: np.ndarray  # with each of them
    marks: tuple[tuple[str, float, float], ...]  # name, log-odds, accuracy
    tuned: TunedThreshold | None
    low: float  # of the chart and of the slider below it
    high: float


def create_thresholds(
    pickers: list[Any],
) -> tuple[gr.Radio, list[Any], Callable[[Chosen, str], tuple[Any, ...]]]:
    """Build the part's components.

    Args:
        pickers: the components that hold group, A and B.

    Returns:
        the choice of A or B, the outputs, and what they show of a choice
    """

    def turn(side: str, group: str | None, a: str | None, b: str | None) -> tuple[Any, ...]:
        return _show(choose(group, a, b), side)

    def move(
        threshold: float, side: str, group: str | None, a: str | None, b: str | None
    ) -> tuple[Any, ...]:
        result = _side(choose(group, a, b), side)
        if result is None:
            return gr.skip(), gr.skip()
        return _draw(result, threshold), say_counts(result, threshold)

    gr.HTML(render_note(copy.THRESHOLD_QUESTION))
    side = gr.Radio(
        label=copy.THRESHOLD_MODEL, choices=list(_SIDES), value="A", elem_id="threshold-side"
    )
    plot = gr.HTML(elem_id="threshold")
    slider = gr.Slider(
        label=copy.THRESHOLD_SLIDER,
        minimum=-_FURTHEST,
        maximum=_FURTHEST,
        value=0.0,
        step=0.05,
        elem_id="threshold-slider",
    )
    counts = gr.HTML(elem_id="threshold-counts")
    said = gr.HTML(elem_id="threshold-said")
    outputs = [slider, plot, counts, said]
    side.input(turn, inputs=[side, *pickers], outputs=outputs, **PRIVATE)
    slider.input(
        move,
        inputs=[slider, side, *pickers],
        outputs=[plot, counts],
        trigger_mode="always_last",
        **PRIVATE,
    )
    return side, outputs, _show


def _show(chosen: Chosen, side: str) -> tuple[Any, ...]:
    """Show the axis of the chosen side, with the slider at the default threshold."""
    result = _side(chosen, side)
    if result is None:
        return gr.Slider(visible=False), "", "", ""
    axis = find_axis(result)
    slider = gr.Slider(minimum=axis.low, maximum=axis.high, value=0.0, visible=True)
    return slider, _draw(result, 0.0), say_counts(result, 0.0), _describe(result)


def _side(chosen: Chosen, side: str) -> Result | None:
    return chosen.a if side == "A" else chosen.b


@lru_cache(maxsize=32)
def find_axis(result: Result) -> ThresholdAxis:
    """Find the axis of a result, computed once."""
    gold, p_positive = result.gold, result.p_positive
    places = {"raw": 0.0, **result.info.thresholds}
    marks = [
        (
            copy.THRESHOLD_NAMES.get(name, name),
            place,
            confusion_at(place, gold, p_positive).accuracy,
        )
        for name, place in places.items()
    ]
    tuned = tune_threshold(gold, p_positive)
    if tuned:
        marks.append((copy.THRESHOLD_NAMES["tuned"], tuned.threshold, tuned.accuracy))
    thresholds, accuracies = threshold_curve(gold, p_positive)
    named = [place for _, place, _ in marks]
    low = max(-_FURTHEST, float(np.floor(min(thresholds[0], *named))))
    high = min(_FURTHEST, float(np.ceil(max(thresholds[-1], *named))))
    inside = np.flatnonzero((thresholds >= low) & (thresholds <= high))
    drawn = inside[np.unique(np.linspace(0, len(inside) - 1, _DRAWN).astype(int))]
    return ThresholdAxis(thresholds[drawn], accuracies[drawn], tuple(marks), tuned, low, high)


def _draw(result: Result, threshold: float) -> str:
    axis = find_axis(result)
    return render_chart(
        threshold_figure(
            axis.thresholds,
            axis.accuracies,
            axis.marks,
            chosen=threshold,
            bounds=(axis.low, axis.high),
            name=result.info.model,
        )
    )


def say_counts(result: Result, threshold: float) -> str:
    """Describe the confusion counts at the threshold."""
    found = confusion_at(threshold, result.gold, result.p_positive)
    return render_sentence(
        copy.THRESHOLD_COUNTS.format(
            threshold=show_signed(threshold),
            tp=found.true_positive,
            tn=found.true_negative,
            fp=found.false_positive,
            fn=found.false_negative,
            accuracy=show_percent(found.accuracy),
            auroc=_auroc(result),
        )
    )


def _describe(result: Result) -> str:
    axis = find_axis(result)
    said = copy.THRESHOLD_SUMMARY.format(
        auroc=_auroc(result), name=result.info.model, raw=show_percent(axis.marks[0][2])
    )
    if axis.tuned:
        said += " " + copy.THRESHOLD_TUNED.format(tuned=show_percent(axis.tuned.accuracy))
    rows = [
        (name, show_signed(place, 3), show_percent(accuracy))
        for name, place, accuracy in axis.marks
    ]
    return render_data(said, copy.THRESHOLD_HEADERS, rows)


def _auroc(result: Result) -> str:
    return show_percent(result.metrics.auroc)
