"""Render charts from axes, lines and markers.

Lines are SVG that scales with the page; markers and labels are HTML positioned in per cent, so that
their size does not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup

from sentiment.ui.render.markup import render_template

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_RIGHT = 55.0  # per cent of the width; further right, labels are left of their marker


@dataclass(frozen=True)
class Axis:
    """Linear axis with its ticks."""

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def place(self, value: float) -> float:
        """Return the position of `value` in per cent of the axis, clipped to 0 and 100."""
        span = (self.high - self.low) or 1.0
        return round(min(100.0, max(0.0, 100 * (value - self.low) / span)), 2)


@dataclass(frozen=True)
class Line:
    """Line through points; `look` is `a`, `b` or `quiet`."""

    points: Sequence[tuple[float, float]]
    look: str
    is_stepped: bool = False


@dataclass(frozen=True)
class Mark:
    """Marker with a tooltip."""

    x: float
    y: float
    look: str  # a, b or neutral
    title: str
    shape: str = ""  # ring, square, diamond, triangle, star; by default that of `look`
    size: float = 11.0  # px


@dataclass(frozen=True)
class Label:
    """Text beside a point; `side` is `above-left`, `above-right`, `below-left` or `below-right`."""

    x: float
    y: float
    text: str
    look: str
    side: str


@dataclass(frozen=True)
class Flag:
    """Labelled point of a curve, with a vertical line to its label above the chart."""

    x: float
    y: float
    text: str
    shape: str


@dataclass(frozen=True)
class Chart:
    """Contents of a chart."""

    name: str  # text alternative
    x: Axis
    y: Axis
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    labels: tuple[Label, ...] = ()
    flags: tuple[Flag, ...] = ()
    rule: float | None = None  # x of a dashed vertical line


def build_axis(title: str, low: float, high: float, *, max_ticks: int = 6) -> Axis:
    """Build an axis from `low` to `high` with about `max_ticks` round ticks at most."""
    ticks = tuple((tick, format_tick(tick)) for tick in _ticks(low, high, max_ticks))
    return Axis(title, low, high, ticks)


def build_log_axis(title: str, values: Sequence[float]) -> Axis:
    """Build a logarithmic axis with a tick per power of ten that contains `values`.

    If a value is 0, the axis starts with a separate tick for it (see `log_place`).
    """
    positive = [value for value in values if value > 0]
    low, high = (floor(log10(min(positive))), ceil(log10(max(positive)))) if positive else (0, 1)
    high = max(high, low + 1)
    ticks = [(float(power), format_power(power)) for power in range(low, high + 1)]
    if any(value == 0 for value in values):
        ticks = [(low - 1.0, "0"), *ticks]
    return Axis(title, ticks[0][0], float(high), tuple(ticks))


def log_place(value: float, axis: Axis) -> float:
    """Return the position of `value` on a logarithmic `axis` in per cent; 0 is at its start."""
    return axis.place(log10(value)) if value > 0 else 0.0


def format_tick(value: float) -> str:
    """Format a tick without trailing zeros, with a typographic minus."""
    return f"{value:g}".replace("-", "−")


def format_power(power: int) -> str:
    """Format a power of ten: 0.1, 10, 1k, 10M."""
    for exponent, unit in ((6, "M"), (3, "k")):
        if power >= exponent:
            return f"{10 ** (power - exponent):,.0f}{unit}"
    return f"{10.0**power:g}"


def render_chart(chart: Chart) -> Markup:
    """Render `chart`."""
    paths = [(line.look, _path(line, chart)) for line in chart.lines]
    return render_template("chart", chart=chart, paths=paths, right=_RIGHT)


def _path(line: Line, chart: Chart) -> str:
    points = [(chart.x.place(x), round(100 - chart.y.place(y), 2)) for x, y in line.points]
    if not points:
        return ""
    commands = [f"M{points[0][0]},{points[0][1]}"]
    for x, y in points[1:]:
        commands.append(f"H{x}V{y}" if line.is_stepped else f"L{x},{y}")
    return "".join(commands)


def _ticks(low: float, high: float, max_ticks: int) -> list[float]:
    """List round numbers from `low` to `high`."""
    span = (high - low) or 1.0
    power = 10.0 ** floor(log10(span / max_ticks))
    step = next(step * power for step in _STEPS if span / (step * power) <= max_ticks)
    first = ceil(low / step - 1e-9)
    return [round(i * step, 10) for i in range(first, floor(high / step + 1e-9) + 1)]
