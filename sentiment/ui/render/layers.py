"""Render the chart of accuracy by layer of a backbone, with its sentence and data table."""

from __future__ import annotations

from sentiment.evaluation.layers import LayerMeasurement, choose_layer
from sentiment.recipes import Pooling
from sentiment.ui.render.axes import Chart, Label, Line, build_axis, render_chart
from sentiment.ui.render.markup import render_template
from sentiment.ui.render.tables import render_data
from sentiment.ui.text import models as copy

_LOOKS: dict[Pooling, str] = {"native": "a", "mean": "b"}


def render_layers(measured: LayerMeasurement, *, is_decoder: bool) -> str:
    """Render where in a backbone a linear classifier finds the label.

    Args:
        is_decoder: without mean pooling it reads the last token, not the first.
    """
    names: dict[Pooling, str] = {
        "native": copy.LAYERS_LAST_TOKEN if is_decoder else copy.LAYERS_FIRST_TOKEN,
        "mean": copy.LAYERS_MEAN,
    }
    curves = {
        pooling: [(own.layer, 100 * own.accuracy) for own in measured.of(pooling)]
        for pooling in names
    }
    values = [y for curve in curves.values() for _, y in curve]
    chart = Chart(
        name=copy.LAYERS_QUESTION,
        x=build_axis(copy.LAYERS_X, 0, measured.depth),
        y=build_axis(copy.LAYERS_Y, min(values) - 2, max(values) + 2, max_ticks=5),
        lines=tuple(Line(curve, _LOOKS[pooling]) for pooling, curve in curves.items()),
        labels=(
            Label(*curves["native"][measured.depth // 3], names["native"], "a", "below-right"),
            Label(*curves["mean"][0], copy.LAYERS_MEAN_SHORT, "b", "above-right"),
        ),
    )
    rows = [
        (str(a.layer), f"{100 * a.accuracy:.1f}", f"{100 * b.accuracy:.1f}")
        for a, b in zip(measured.of("native"), measured.of("mean"), strict=True)
    ]
    data = render_data(_describe(measured, names), (copy.LAYERS_X, *names.values()), rows)
    return str(
        render_template("layers", title=copy.LAYERS_QUESTION, chart=render_chart(chart), data=data)
    )


def _describe(measured: LayerMeasurement, names: dict[Pooling, str]) -> str:
    best = choose_layer(measured.accuracies)
    curve = measured.of(best.pooling)
    return copy.LAYERS_SUMMARY.format(
        layer=best.layer,
        depth=measured.depth,
        pooling=names[best.pooling],
        best=100 * best.accuracy,
        first=100 * curve[0].accuracy,
        last=100 * curve[-1].accuracy,
        n_train=measured.n_train,
        n=measured.n_held_out,
    )
