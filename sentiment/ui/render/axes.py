"""Pure: the parts of a chart (axes, lines, marks) -> markup whose text keeps its size.

Lines are SVG that stretches with the page; marks and labels are placed in per cent over it, so that
a chart reads the same on a phone, on a projector and in the dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup

from sentiment.ui.render.markup import render_template

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_RIGHT = 55.0  # per cent of the width from which a label stands to the left of its mark


@dataclass(frozen=True)
class Axis:
    """A linear scale with its ticks."""

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def place(self, value: float) -> float:
        """Return the place of `value` in per cent of the axis, kept within it."""
        span = (self.high - self.low) or 1.0
        return round(min(100.0, max(0.0, 100 * (value - self.low) / span)), 2)


@dataclass(frozen=True)
class Line:
    """A line through points; `look` is `a`, `b` or `quiet`."""

    points: Sequence[tuple[float, float]]
    look: str
    is_stepped: bool = False


@dataclass(frozen=True)
class Mark:
    """A mark with its tooltip, and a label beside it where it has one."""

    x: float
    y: float
    look: str  # a, b or neutral
    title: str
    shape: str = ""  # ring, square, diamond, triangle, star; by default that of its look
    size: float = 11.0  # px


@dataclass(frozen=True)
class Label:
    """Words beside a point: `above-left`, `above-right`, `below-left` or `below-right` of it."""

    x: float
    y: float
    text: str
    look: str
    side: str


@dataclass(frozen=True)
class Flag:
    """A labelled place on the x axis, with a thin line down to the curve."""

    x: float
    y: float
    text: str
    shape: str


@dataclass(frozen=True)
class Chart:
    """Everything that is drawn of a chart."""

    name: str  # its description for who cannot see it
    x: Axis
    y: Axis
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    labels: tuple[Label, ...] = ()
    flags: tuple[Flag, ...] = ()
    rule: float | None = None  # a dashed vertical line, of the chosen value


def build_axis(title: str, low: float, high: float, *, most: int = 6) -> Axis:
    """Build an axis from `low` to `high` with at most about `most` round ticks."""
    return Axis(title, low, high, tuple((own, show_tick(own)) for own in _ticks(low, high, most)))


def build_log_axis(title: str, values: Sequence[float]) -> Axis:
    """Build an axis of powers of ten around the positive `values`; places are logarithms.

    Where a value is 0, the axis begins with a tick of its own for it (see `log_place`).
    """
    positive = [value for value in values if value > 0]
    low, high = (floor(log10(min(positive))), ceil(log10(max(positive)))) if positive else (0, 1)
    high = max(high, low + 1)
    ticks = [(float(power), show_power(power)) for power in range(low, high + 1)]
    if any(value == 0 for value in values):
        ticks = [(low - 1.0, "0"), *ticks]
    return Axis(title, ticks[0][0], float(high), tuple(ticks))


def log_place(value: float, axis: Axis) -> float:
    """Return the place of `value` on a logarithmic `axis` in per cent; 0 stands at its start."""
    return axis.place(log10(value)) if value > 0 else 0.0


def show_tick(value: float) -> str:
    """Format a tick without digits that say nothing, with a true minus."""
    return f"{value:g}".replace("-", "−")


def show_power(power: int) -> str:
    """Format a power of ten: 0.1, 10, 1k, 10M."""
    for least, unit in ((6, "M"), (3, "k")):
        if power >= least:
            return f"{10 ** (power - least):,.0f}{unit}"
    return f"{10.0**power:g}"


def render_chart(chart: Chart) -> Markup:
    """Draw `chart`."""
    paths = [(line.look, _path(line, chart)) for line in chart.lines]
    return render_template("chart", chart=chart, paths=paths, right=_RIGHT)


def _path(line: Line, chart: Chart) -> str:
    points = [(chart.x.place(x), round(100 - chart.y.place(y), 2)) for x, y in line.points]
    if not points:
        return ""
    drawn = [f"M{points[0][0]},{points[0][1]}"]
    for x, y in points[1:]:
        drawn.append(f"H{x}V{y}" if line.is_stepped else f"L{x},{y}")
    return "".join(drawn)


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Find round numbers from `low` to `high`."""
    span = (high - low) or 1.0
    power = 10.0 ** floor(log10(span / most))
    step = next(own * power for own in _STEPS if span / (own * power) <= most)
    first = ceil(low / step - 1e-9)
    return [round(i * step, 10) for i in range(first, floor(high / step + 1e-9) + 1)]
