"""Build the parts below the leaderboard; each is rendered when opened or when the pair changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from sentiment.errors import DataError
from sentiment.evaluation.results import scale_result
from sentiment.evaluation.score_table import scores_frame
from sentiment.serving.lineup import LineUp
from sentiment.ui.render.charts import render_costs, render_reliability, render_training
from sentiment.ui.render.html import render_message, render_note
from sentiment.ui.render.matrices import ON_PRESS, render_matrices
from sentiment.ui.session.jobs import UNCHECKED
from sentiment.ui.session.pairs import compare_pair
from sentiment.ui.session.runs import find_run
from sentiment.ui.session.selection import Chosen, choose
from sentiment.ui.tabs.thresholds import create_thresholds
from sentiment.ui.text import scores as copy

_FIRST = "matrices"


@dataclass(frozen=True)
class Part:
    """Part with its outputs and the function that renders them."""

    outputs: list[Any]
    show: Callable[[Chosen, str], tuple[Any, ...]]  # the second argument: A or B, for the threshold


@dataclass(frozen=True)
class Parts:
    """Components and settings that other events use."""

    matrices: gr.HTML
    event: dict[str, Any]  # settings of the event that shows the open part anew


def create_parts(lineup: LineUp, pickers: list[Any]) -> Parts:
    """Build the tabs of the parts and wire them."""

    def single(render: Callable[[Chosen, LineUp], str]) -> Callable[[Chosen, str], tuple[Any, ...]]:
        def show(chosen: Chosen, _: str) -> tuple[Any, ...]:
            if chosen.a is None or chosen.b is None:
                return ("",)
            return (render(chosen, lineup),)

        return show

    parts: dict[str, Part] = {}
    tabs: dict[str, gr.Tab] = {}
    opened = gr.State(_FIRST)
    with gr.Tabs(elem_id="scores-parts"):
        for name, title, render in (
            ("matrices", copy.PART_MATRICES, _render_matrices),
            ("curves", copy.PART_CURVES, _render_curves),
            ("calibration", copy.PART_CALIBRATION, _render_calibration),
        ):
            with gr.Tab(title, id=name) as tabs[name]:
                html = gr.HTML(elem_id=name, js_on_load=ON_PRESS)
            parts[name] = Part([html], single(render))
        with gr.Tab(copy.PART_THRESHOLD, id="threshold") as tabs["threshold"]:
            side, outputs, show_axis = create_thresholds(pickers)
        parts["threshold"] = Part(outputs, show_axis)
        with gr.Tab(copy.PART_COST, id="cost") as tabs["cost"]:
            html = gr.HTML(elem_id="cost")
        parts["cost"] = Part([html], single(_render_cost))
    return Parts(matrices=parts[_FIRST].outputs[0], event=_wire(parts, tabs, opened, side, pickers))


def _wire(
    parts: dict[str, Part],
    tabs: dict[str, gr.Tab],
    opened: gr.State,
    side: gr.Radio,
    pickers: list[Any],
) -> dict[str, Any]:
    """Show a part when its tab is opened; return the event that shows the open one anew."""

    def show_open(
        name: str, side: str, group: str | None, a: str | None, b: str | None
    ) -> tuple[Any, ...]:
        found: list[Any] = []
        for own, part in parts.items():
            shown = part.show(choose(group, a, b), side) if own == name else None
            found += shown or [gr.skip()] * len(part.outputs)
        return tuple(found)

    def opener(name: str) -> Callable[..., tuple[Any, ...]]:
        def open_part(
            side: str, group: str | None, a: str | None, b: str | None
        ) -> tuple[Any, ...]:
            return name, *parts[name].show(choose(group, a, b), side)

        return open_part

    for name, tab in tabs.items():
        tab.select(
            opener(name),
            inputs=[side, *pickers],
            outputs=[opened, *parts[name].outputs],
            **UNCHECKED,
        )
    return {
        "fn": show_open,
        "inputs": [opened, side, *pickers],
        "outputs": [own for part in parts.values() for own in part.outputs],
        **UNCHECKED,
    }


def _render_matrices(chosen: Chosen, _: LineUp) -> str:
    a, b = chosen.a, chosen.b
    if a is None or b is None:
        return ""
    try:
        pair = compare_pair(chosen.results, a, b)
    except DataError as error:
        return render_message(str(error), is_alert=True)
    return render_note(copy.MATRICES_NOTE) + render_matrices(a, b, pair)


def _render_curves(chosen: Chosen, lineup: LineUp) -> str:
    models = {model.name: model for model in lineup.models()}
    sides = _sides(chosen)
    runs = {side: find_run(result, models) for side, result in sides.items()}
    return render_training({side: run for side, run in runs.items() if run})


def _render_calibration(chosen: Chosen, lineup: LineUp) -> str:
    models = {model.name: model for model in lineup.models()}
    sides = _sides(chosen)
    if any(len(result.gold) < 2 for result in sides.values()):
        return render_reliability(sides, {})
    return render_reliability(
        sides, {side: scale_result(result, models) for side, result in sides.items()}
    )


def _render_cost(chosen: Chosen, lineup: LineUp) -> str:
    return render_costs(scores_frame(chosen.results, lineup.models()))


def _sides(chosen: Chosen) -> dict[str, Any]:
    """Return A and B by side; one where they are the same model."""
    sides = {"a": chosen.a, "b": chosen.b}
    if chosen.a is chosen.b:
        sides.pop("a")
    return {side: result for side, result in sides.items() if result is not None}
