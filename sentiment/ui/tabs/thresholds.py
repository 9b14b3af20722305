"""The threshold axis of the Scores tab: one model, its named thresholds, and a slider."""

from __future__ import annotations

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
from sentiment.ui.render.figures import threshold_figure
from sentiment.ui.render.html import NOT_KNOWN, render_sentence, render_title
from sentiment.ui.render.tables import render_data
from sentiment.ui.session.selection import choose
from sentiment.ui.text import shared as copy

_SIDES = ("A", "B")
_FURTHEST = 12.0  # log-odds; beyond them a probability is 0 or 1 for every purpose
_DRAWN = 500  # points of a curve: more are sent and not seen


@dataclass(frozen=True, eq=False)
class Axis:
    """What is drawn of one model's thresholds."""

    thresholds: np.ndarray  # (at most _DRAWN,), log-odds
    accuracies: np.ndarray  # with each of them
    marks: tuple[tuple[str, float, float], ...]  # name, log-odds, accuracy
    tuned: TunedThreshold | None
    low: float  # of the slider
    high: float


def create_thresholds(chosen: list[Any]) -> dict[str, Any]:
    """Build the part's components.

    Args:
        chosen: the components that hold group, A and B.

    Returns:
        what an event needs to show the part anew
    """

    def show(side: str, group: str | None, a: str | None, b: str | None) -> tuple[Any, ...]:
        """The axis of the chosen side, with the slider at its own threshold."""
        result = _side(side, group, a, b)
        if result is None:
            return gr.Slider(visible=False), gr.Plot(value=None, visible=False), "", ""
        axis = find_axis(result)
        slider = gr.Slider(minimum=axis.low, maximum=axis.high, value=0.0, visible=True)
        return slider, _draw(axis, 0.0), say_counts(result, 0.0), _describe(result)

    def move(
        threshold: float, side: str, group: str | None, a: str | None, b: str | None
    ) -> tuple[Any, ...]:
        result = _side(side, group, a, b)
        if result is None:
            return gr.skip(), gr.skip()
        return _draw(find_axis(result), threshold), say_counts(result, threshold)

    gr.HTML(render_title(copy.THRESHOLD_TITLE, copy.THRESHOLD_QUESTION))
    side = gr.Radio(
        label=copy.THRESHOLD_MODEL, choices=list(_SIDES), value="A", elem_id="threshold-side"
    )
    plot = gr.Plot(show_label=False, elem_id="threshold", elem_classes="s-plot")
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
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    event = {
        "fn": show,
        "inputs": [side, *chosen],
        "outputs": [slider, plot, counts, said],
        **quiet,
    }
    side.input(**event)
    slider.input(
        move,
        inputs=[slider, side, *chosen],
        outputs=[plot, counts],
        trigger_mode="always_last",
        **quiet,
    )
    return event


def _side(side: str, group: str | None, a: str | None, b: str | None) -> Result | None:
    _, _, first, second = choose(group, a, b)
    return first if side == "A" else second


@lru_cache(maxsize=32)
def find_axis(result: Result) -> Axis:
    """The axis of a result, computed once."""
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
    return Axis(thresholds[drawn], accuracies[drawn], tuple(marks), tuned, low, high)


def _draw(axis: Axis, threshold: float) -> Any:
    figure = threshold_figure(axis.thresholds, axis.accuracies, axis.marks, threshold)
    return gr.Plot(value=figure, visible=True)


def say_counts(result: Result, threshold: float) -> str:
    """What the threshold makes of the texts, in words."""
    found = confusion_at(threshold, result.gold, result.p_positive)
    sign = "−" if threshold < 0 else "+"
    return render_sentence(
        copy.THRESHOLD_COUNTS.format(
            threshold=f"{sign}{abs(threshold):.2f}",
            tp=found.true_positive,
            tn=found.true_negative,
            fp=found.false_positive,
            fn=found.false_negative,
            accuracy=found.accuracy,
            auroc=_auroc(result),
        )
    )


def _describe(result: Result) -> str:
    axis = find_axis(result)
    said = copy.THRESHOLD_SAID.format(
        auroc=_auroc(result), name=result.info.model, raw=axis.marks[0][2]
    )
    if axis.tuned:
        said += " " + copy.THRESHOLD_TUNED.format(tuned=axis.tuned.accuracy)
    rows = [(name, f"{place:+.3f}", f"{accuracy:.4f}") for name, place, accuracy in axis.marks]
    return render_data(said, ("Threshold", "Log-odds", "Accuracy"), rows)


def _auroc(result: Result) -> str:
    auroc = result.metrics.auroc
    return NOT_KNOWN if auroc is None else f"{auroc:.4f}"
