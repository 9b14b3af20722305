"""Pure: results -> plotly figures that read in light and dark."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from sentiment.labels import LABELS
from sentiment.metrics import Metrics
from sentiment.ui.theme import ACCENT_RGB, NEUTRAL_GREY, WORSE_RGB

_SAID = ["said −", "said +"]
_IS = ["is −", "is +"]
_STRONGEST = 0.45  # opacity of a full cell: ink stays readable on it in light and in dark


def confusion_figure(metrics: Metrics) -> go.Figure:
    """Counts and row shares; the deeper the tint, the larger the share of that gold label."""
    counts = np.array(metrics.confusion)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    cells = [
        [f"<b>{counts[i, j]:,}</b><br>{100 * shares[i, j]:.0f} %" for j in range(2)]
        for i in range(2)
    ]
    hover = [
        [f"gold {LABELS[i]}, said {LABELS[j]}: {counts[i, j]:,}" for j in range(2)]
        for i in range(2)
    ]
    scale = [[0.0, _rgba(ACCENT_RGB, 0.04)], [1.0, _rgba(ACCENT_RGB, _STRONGEST)]]
    return _matrix(shares, cells, hover, scale, low=0.0, high=1.0)


def difference_figure(a: Metrics, b: Metrics) -> go.Figure:
    """Counts of B minus counts of A; blue where B is better, red where it is worse."""
    change = np.array(b.confusion) - np.array(a.confusion)
    gain = change * np.array([[1, -1], [-1, 1]])  # more right answers and fewer wrong ones are good
    cells = [[f"<b>{_signed(int(change[i, j]))}</b>" for j in range(2)] for i in range(2)]
    hover = [
        [f"gold {LABELS[i]}, said {LABELS[j]}: {_signed(int(change[i, j]))}" for j in range(2)]
        for i in range(2)
    ]
    top = float(max(1, np.abs(change).max()))
    scale = [
        [0.0, _rgba(WORSE_RGB, _STRONGEST)],
        [0.5, _rgba(ACCENT_RGB, 0.03)],
        [1.0, _rgba(ACCENT_RGB, _STRONGEST)],
    ]
    return _matrix(gain, cells, hover, scale, low=-top, high=top)


def _signed(count: int) -> str:
    return f"+{count:,}" if count > 0 else f"−{-count:,}" if count < 0 else "±0"


def _rgba(rgb: tuple[int, int, int], opacity: float) -> str:
    return f"rgba({rgb[0]},{rgb[1]},{rgb[2]},{opacity})"


def _matrix(
    values: np.ndarray,
    cells: list[list[str]],
    hover: list[list[str]],
    scale: list[list[Any]],
    *,
    low: float,
    high: float,
) -> go.Figure:
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=_SAID,
            y=_IS,
            text=cells,
            texttemplate="%{text}",
            textfont={"size": 18},
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            colorscale=scale,
            zmin=low,
            zmax=high,
            showscale=False,
            xgap=6,
            ygap=6,
        )
    )
    figure.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": NEUTRAL_GREY, "size": 16},
        margin={"l": 60, "r": 12, "t": 48, "b": 12},
        height=290,
        xaxis={"side": "top", "fixedrange": True, "showgrid": False, "ticks": ""},
        yaxis={"autorange": "reversed", "fixedrange": True, "showgrid": False, "ticks": ""},
    )
    return figure
