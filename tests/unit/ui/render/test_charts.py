from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sentiment.ui.render.axes import (
    build_axis,
    build_log_axis,
    format_power,
    log_place,
    render_chart,
)
from sentiment.ui.render.charts import render_training
from sentiment.ui.render.figures import TrainingRun, epochs_figure, threshold_figure
from sentiment.ui.render.numbers import count_decimals, show_percent, show_range
from sentiment.ui.text import scores as copy

HISTORY = (
    {"epoch": 0.5, "loss": 0.7},
    {"epoch": 1.0, "evaluation_loss": 0.5, "evaluation_accuracy": 0.8},
    {"epoch": 1.5, "loss": 0.4},
    {"epoch": 2.0, "evaluation_loss": 0.4, "evaluation_accuracy": 0.85},
)


def _run(before: float | None, name: str = "tuned") -> TrainingRun:
    return TrainingRun(name, HISTORY, 872, "SST-2 validation", before)


def test_the_accuracy_curve_begins_before_training_where_that_is_known() -> None:
    known = epochs_figure({"b": _run(0.6)})
    assert list(known.lines[0].points) == [(0.0, 60.0), (1.0, 80.0), (2.0, 85.0)]
    assert known.x.ticks[0] == (0.0, copy.TRAINING_ZERO_SHOT)
    unknown = epochs_figure({"b": _run(None)})
    assert list(unknown.lines[0].points) == [(1.0, 80.0), (2.0, 85.0)]


def test_lines_are_named_beside_them_and_escaped() -> None:
    html = render_training({"a": _run(None), "b": _run(0.6, "<img src=x>")})
    assert "A: tuned</span>" in html
    assert "B: &lt;img src=x&gt;</span>" in html
    assert "<img" not in html


def test_the_threshold_chart_reaches_from_end_to_end_of_the_slider() -> None:
    chart = threshold_figure(
        np.array([-1.0, 0.5]),
        np.array([0.6, 0.8]),
        [("default threshold", 0.0, 0.7)],
        chosen=1.5,
        bounds=(-3.0, 4.0),
        name="m",
    )
    assert (chart.x.low, chart.x.high) == (-3.0, 4.0)
    assert chart.lines[0].points[0][0] == -3.0
    assert chart.lines[0].points[-1][0] == 4.0
    html = render_chart(chart)
    assert f'class="s-rule" style="left:{100 * 4.5 / 7:.2f}%"' in html
    assert "default threshold 70.0 %" in html


@pytest.mark.parametrize(
    ("low", "high", "shown", "interval"),
    [
        (0.871, 0.912, "89.3", "[87.1, 91.2]"),
        (0.8912, 0.8949, "89.30", "[89.12, 89.49]"),
        (0.6, 0.95, "89", "[60, 95]"),
        (None, None, "89.3", ""),
    ],
)
def test_decimals_follow_the_interval(
    low: float | None, high: float | None, shown: str, interval: str
) -> None:
    assert show_percent(0.893, count_decimals(low, high)) == shown
    assert show_range(low, high) == interval


def test_costs_of_nothing_stand_at_the_start_of_a_logarithmic_axis() -> None:
    axis = build_log_axis("parameters", [0.0, 512.0, 812_162.0])
    assert axis.ticks[0][1] == "0"
    assert log_place(0.0, axis) == 0.0
    assert 0 < log_place(512.0, axis) < log_place(812_162.0, axis) < 100
    assert [format_power(power) for power in (-1, 0, 2, 3, 7)] == ["0.1", "1", "100", "1k", "10M"]


def test_ticks_are_round_and_have_a_true_minus() -> None:
    axis = build_axis("x", -3.2, 4.0, max_ticks=8)
    assert [text for _, text in axis.ticks] == ["−3", "−2", "−1", "0", "1", "2", "3", "4"]


def test_an_empty_frame_of_costs_says_so() -> None:
    from sentiment.ui.render.charts import render_costs

    frame = pd.DataFrame({"trainable": [float("nan")], "ms_median": [float("nan")]})
    assert copy.COST_NONE in render_costs(frame)
