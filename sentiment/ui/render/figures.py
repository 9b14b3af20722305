"""Pure: results -> plotly figures that read in light and dark, on a projector and without colour.

A and B differ in dash and in marker as well as in colour. Plotly knows nothing of dark mode: papers
are transparent, and the style sheet gives all text the page's ink.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from sentiment.evaluation.reliability import Reliability
from sentiment.training.history import epochs_of
from sentiment.ui.render.theme import GRID, NEUTRAL_GREY, SIDES

_SYMBOLS = {"zero-shot": "circle-open", "fine-tuned": "square", "baseline": "diamond"}
_MARKED = 11
_MIN_SPAN = 0.1  # of accuracy on an axis


def cost_figure(frame: pd.DataFrame, cost: str, title: str) -> go.Figure:
    """Accuracy with its interval against a column of costs on a logarithmic axis.

    Models that cost nothing by that measure stand at the left edge, under a tick that says 0.
    """
    known = frame[frame[cost].notna()]
    positive = known.loc[known[cost] > 0, cost]
    zero = log10(positive.min()) - 1 if len(positive) else 0.0
    figure = go.Figure()
    for kind, part in known.groupby("kind", sort=False):
        places = [log10(value) if value > 0 else zero for value in part[cost]]
        figure.add_scatter(
            x=places,
            y=part["accuracy"],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": part["accuracy_high"] - part["accuracy"],
                "arrayminus": part["accuracy"] - part["accuracy_low"],
                "thickness": 1.2,
                "width": 4,
            },
            mode="markers",
            name=str(kind),
            marker={
                "symbol": _SYMBOLS.get(str(kind), "x"),
                "size": _MARKED,
                "line": {"width": 2},
                "color": SIDES["b" if kind == "fine-tuned" else "a"],
            },
            customdata=[
                f"{model}<br>accuracy {accuracy:.4f}<br>{title}: {value:,.4g}"
                for model, accuracy, value in zip(
                    part["model"], part["accuracy"], part[cost], strict=True
                )
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    ticks = _powers(positive)
    has_zero = bool((known[cost] == 0).any())
    _dress(figure, x=f"{title} (log)", y="accuracy")
    figure.update_xaxes(
        tickvals=[*([zero] if has_zero else []), *map(log10, ticks)],
        ticktext=[*(["0"] if has_zero else []), *map(_tick, ticks)],
    )
    return figure


def _powers(values: pd.Series) -> list[float]:
    """Powers of ten around `values`; with 2 and 5 between them where they span little."""
    if values.empty:
        return []
    low, high = int(np.floor(np.log10(values.min()))), int(np.ceil(np.log10(values.max())))
    steps = (1,) if high - low > 2 else (1, 2, 5)
    ticks = [step * 10.0**power for power in range(low, high + 1) for step in steps]
    return [t for t in ticks if values.min() / 2.1 <= t <= values.max() * 2.1]


def _tick(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def loss_figure(runs: Mapping[str, tuple[str, Sequence[Mapping[str, float]]]]) -> go.Figure:
    """Loss while training, of the trained ones of A and B.

    Args:
        runs: by side, `a` or `b`: the model's name and the history of its `run.json`.
    """
    figure = go.Figure()
    for side, (name, history) in runs.items():
        losses = [entry for entry in history if "loss" in entry]
        figure.add_scatter(
            x=[entry["epoch"] for entry in losses],
            y=[entry["loss"] for entry in losses],
            name=f"{side.upper()}: {name}",
            mode="lines",
            line=_look(side)["line"],
        )
    _dress(figure, x="epoch", y="training loss")
    return figure


def epochs_figure(runs: Mapping[str, tuple[str, Sequence[Mapping[str, float]]]]) -> go.Figure:
    """Accuracy after every epoch of the same `runs`."""
    figure = go.Figure()
    for side, (name, history) in runs.items():
        epochs = epochs_of(history)
        figure.add_scatter(
            x=[epoch.number for epoch in epochs],
            y=[epoch.accuracy for epoch in epochs],
            name=f"{side.upper()}: {name}",
            mode="lines+markers",
            **_look(side),
        )
    _dress(figure, x="epoch", y="accuracy after the epoch")
    figure.update_yaxes(range=_with_room([p for run in figure.data for p in run.y]))
    longest = max(len(epochs_of(history)) for _, history in runs.values())
    figure.update_xaxes(dtick=max(1, longest // 8))
    return figure


def _with_room(values: Sequence[float]) -> list[float]:
    """A range around accuracies that does not make a leap of a small step."""
    middle, span = (max(values) + min(values)) / 2, max(values) - min(values)
    half = max(_MIN_SPAN, 1.2 * span) / 2
    return [middle - half, middle + half]


def reliability_figure(sides: Mapping[str, Reliability], when: str) -> go.Figure:
    """Fraction of positives against mean predicted probability; larger marks hold more texts.

    Args:
        sides: by side, `a` or `b`.
        when: before or after temperature scaling, in words.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": NEUTRAL_GREY, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
        showlegend=False,
    )
    for side, found in sides.items():
        look = _look(side)
        sizes = [6 + 14 * (part.n / found.n) ** 0.5 for part in found.bins]
        figure.add_scatter(
            x=[part.mean_predicted for part in found.bins],
            y=[part.fraction_positive for part in found.bins],
            mode="lines+markers",
            name=f"{side.upper()}, {when}",
            line=look["line"],
            marker={**look["marker"], "size": sizes},
            customdata=[
                f"{side.upper()}, {when}<br>predicted {part.mean_predicted:.2f}, "
                f"observed {part.fraction_positive:.2f}<br>{part.n:,} texts"
                for part in found.bins
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    _dress(figure, x="mean predicted probability", y="fraction of positives")
    figure.update_xaxes(range=[-0.03, 1.03])
    figure.update_yaxes(range=[-0.03, 1.03])
    return figure


def threshold_figure(
    thresholds: np.ndarray,
    accuracies: np.ndarray,
    marks: Sequence[tuple[str, float, float]],
    chosen: float,
) -> go.Figure:
    """Accuracy at every threshold, with the named ones and the chosen one marked.

    Args:
        thresholds: log-odds, (n,), ascending.
        accuracies: with each of them, (n,).
        marks: name, threshold and accuracy of each named one.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=thresholds,
        y=accuracies,
        mode="lines",
        line={"color": SIDES["b"], "width": 2.5, "shape": "hv"},
        name="accuracy",
        hovertemplate="threshold %{x:.2f}<br>accuracy %{y:.4f}<extra></extra>",
        showlegend=False,
    )
    symbols = ("circle", "square", "diamond", "triangle-up", "star")
    for (name, threshold, accuracy), symbol in zip(marks, symbols, strict=False):
        figure.add_scatter(
            x=[threshold],
            y=[accuracy],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 14, "color": SIDES["a"], "line": {"width": 1.5}},
            hovertemplate=f"{name}<br>threshold %{{x:.2f}}<br>accuracy %{{y:.4f}}<extra></extra>",
        )
    figure.add_vline(x=chosen, line={"color": NEUTRAL_GREY, "dash": "dash", "width": 2})
    _dress(figure, x="threshold (log-odds)", y="accuracy")
    return figure


def _look(side: str) -> dict[str, Any]:
    dash, symbol = ("dash", "circle-open") if side == "a" else ("solid", "square")
    return {
        "line": {"color": SIDES[side], "dash": dash, "width": 2.5},
        "marker": {"symbol": symbol, "size": _MARKED, "color": SIDES[side], "line": {"width": 2}},
    }


def _dress(figure: go.Figure, *, x: str, y: str) -> None:
    figure.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": NEUTRAL_GREY, "size": 15},
        margin={"l": 64, "r": 16, "t": 48, "b": 56},
        height=380,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.04, "yanchor": "bottom"},
        hoverlabel={"font": {"size": 14}},
    )
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(gridcolor=GRID, zeroline=False, linecolor=GRID, fixedrange=True)
    figure.update_xaxes(title_text=x)
    figure.layout.yaxis.title.text = y
