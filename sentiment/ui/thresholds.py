"""The threshold axis of the Scores tab: one model, its named thresholds, and a slider."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from sentiment.results import Result
from sentiment.thresholds import count_at, sweep, tune
from sentiment.ui import text
from sentiment.ui.cells import render_title
from sentiment.ui.figures import threshold_figure
from sentiment.ui.groups import choose
from sentiment.ui.tables import render_data

_SIDES = ("A", "B")
_FURTHEST = 12.0  # log-odds; beyond them a probability is 0 or 1 for every purpose


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
        low, high = _span(result)
        slider = gr.Slider(minimum=low, maximum=high, value=0.0, visible=True)
        plot, counts = _render_at(result, 0.0)
        return slider, plot, counts, _describe(result)

    def move(
        threshold: float, side: str, group: str | None, a: str | None, b: str | None
    ) -> tuple[Any, ...]:
        result = _side(side, group, a, b)
        return _render_at(result, threshold) if result else (gr.skip(), gr.skip())

    gr.HTML(render_title(text.THRESHOLD_TITLE))
    side = gr.Radio(
        label=text.THRESHOLD_MODEL, choices=list(_SIDES), value="A", elem_id="threshold-side"
    )
    plot = gr.Plot(show_label=False, elem_id="threshold")
    slider = gr.Slider(
        label=text.THRESHOLD_SLIDER,
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


def named_thresholds(result: Result) -> list[tuple[str, float, float]]:
    """Name, log-odds and accuracy of each threshold that somebody would choose."""
    gold, p_positive = result.gold, result.p_positive
    places = {"raw": 0.0, **result.info.thresholds}
    marks = [
        (name, threshold, count_at(threshold, gold, p_positive).accuracy)
        for name, threshold in places.items()
    ]
    tuned = tune(gold, p_positive)
    if tuned:
        marks.append(("tuned", tuned.threshold, tuned.accuracy))
    return [
        (text.THRESHOLD_NAMES[name], threshold, accuracy) for name, threshold, accuracy in marks
    ]


def _span(result: Result) -> tuple[float, float]:
    """Where the slider goes: as far as the model's answers and its named thresholds."""
    thresholds, _ = sweep(result.gold, result.p_positive)
    named = [threshold for _, threshold, _ in named_thresholds(result)]
    low = min(float(thresholds[0]), *named)
    high = max(float(thresholds[-1]), *named)
    return max(-_FURTHEST, np.floor(low)), min(_FURTHEST, np.ceil(high))


def _render_at(result: Result, threshold: float) -> tuple[Any, str]:
    gold, p_positive = result.gold, result.p_positive
    thresholds, accuracies = sweep(gold, p_positive)
    low, high = _span(result)
    inside = (thresholds >= low) & (thresholds <= high)
    figure = threshold_figure(
        thresholds[inside], accuracies[inside], named_thresholds(result), threshold
    )
    found = count_at(threshold, gold, p_positive)
    said = text.THRESHOLD_COUNTS.format(
        threshold=threshold,
        tp=found.true_positive,
        tn=found.true_negative,
        fp=found.false_positive,
        fn=found.false_negative,
        accuracy=found.accuracy,
        auroc=_auroc(result),
    ).replace("-", "−")
    return gr.Plot(value=figure, visible=True), f'<p class="s-say" role="status">{said}</p>'


def _describe(result: Result) -> str:
    marks = named_thresholds(result)
    said = text.THRESHOLD_SAID.format(
        auroc=_auroc(result),
        name=result.info.model,
        raw=100 * marks[0][2],
        tuned=100 * marks[-1][2],
    )
    rows = [(name, f"{threshold:+.3f}", f"{accuracy:.4f}") for name, threshold, accuracy in marks]
    return render_data(said, ("Threshold", "log-odds", "accuracy"), rows)


def _auroc(result: Result) -> str:
    auroc = result.metrics.auroc
    return "–" if auroc is None else f"{auroc:.4f}"
