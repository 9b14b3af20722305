"""Render the charts of the Scores tab, each with a sentence and a data table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from markupsafe import Markup

from sentiment.evaluation.reliability import (
    Reliability,
    TemperatureScaled,
    compute_reliability,
)
from sentiment.evaluation.results import Result
from sentiment.training.history import epochs_of
from sentiment.ui.render.axes import Chart, build_axis, build_log_axis, log_place, render_chart
from sentiment.ui.render.figures import (
    TrainingRun,
    epochs_figure,
    loss_figure,
    reliability_figure,
)
from sentiment.ui.render.markup import render_template
from sentiment.ui.render.numbers import (
    NOT_KNOWN,
    count_decimals,
    is_missing,
    show_number,
    show_percent,
    show_range,
)
from sentiment.ui.render.tables import render_data
from sentiment.ui.text import scores as copy

_MAX_CONFIDENCE_GAP = 0.01  # between mean confidence and accuracy, if well calibrated
_COSTS = ("trainable", "ms_median")
# Side -> probabilities after temperature scaling, and the split that the temperature was fitted on.
ScaledSides = Mapping[str, tuple[TemperatureScaled, str]]


def render_part(question: str, *figures: Chart, data: Markup, titles: tuple[str, ...] = ()) -> str:
    """Render charts side by side below a question, with their `data` table."""
    charts = [render_chart(figure) for figure in figures]
    titled = list(zip(titles or ("",) * len(charts), charts, strict=True))
    return str(render_template("part", question=question, figures=titled, data=data))


def render_empty(question: str, message: str) -> str:
    """Render a question and why there is no chart."""
    return str(render_template("part_empty", question=question, message=message))


def render_costs(frame: pd.DataFrame) -> str:
    """Render accuracy, trainable parameters and time of each model in the score table `frame`."""
    known = {cost: frame[frame[cost].notna()] for cost in _COSTS}
    if all(rows.empty for rows in known.values()):
        return render_empty(copy.COST_QUESTION, copy.COST_NONE)
    accuracies = build_axis(
        copy.COST_COLUMNS["accuracy"],
        100 * float(frame["accuracy_low"].min()) - 2,
        100 * float(frame["accuracy_high"].max()) + 1,
        max_ticks=4,
    )
    axes = {
        cost: build_log_axis(copy.COST_COLUMNS[cost], list(known[cost][cost])) for cost in _COSTS
    }
    rows = []
    for _, row in frame.sort_values("accuracy", ascending=False, kind="stable").iterrows():
        decimals = count_decimals(row["accuracy_low"], row["accuracy_high"])
        low, middle, high = (
            accuracies.place(100 * row[name])
            for name in ("accuracy_low", "accuracy", "accuracy_high")
        )
        costs = [
            (
                log_place(row[cost], axes[cost]) if not is_missing(row[cost]) else None,
                show_number(row[cost], "{:,.0f}" if cost == "trainable" else "{:.1f}"),
            )
            for cost in _COSTS
        ]
        rows.append(
            {
                "name": row["model"],
                "kind": row["kind"],
                "accuracy": show_percent(row["accuracy"], decimals),
                "places": (low, middle, high),
                "costs": costs,
            }
        )
    return str(
        render_template(
            "costs",
            copy=copy,
            rows=rows,
            axes=[accuracies, *axes.values()],
            data=render_data(_describe_costs(known), copy.COST_HEADERS, _cost_rows(frame)),
        )
    )


def _describe_costs(known: Mapping[str, pd.DataFrame]) -> str:
    sentences = []
    for cost, rows in known.items():
        if rows.empty:
            continue
        best, cheapest = rows.loc[rows["accuracy"].idxmax()], rows.loc[rows[cost].idxmin()]
        sentences.append(
            copy.COST_SUMMARY[cost].format(
                best=best["model"],
                accuracy=show_percent(best["accuracy"]),
                cost=best[cost],
                fastest=cheapest["model"],
                lowest=cheapest[cost],
            )
        )
    return " ".join(sentences)


def _cost_rows(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    return [
        (
            str(row["model"]),
            f"{show_percent(row['accuracy'])} "
            f"{show_range(row['accuracy_low'], row['accuracy_high'])}",
            show_number(row["trainable"], "{:,.0f}"),
            show_number(row["ms_median"], "{:.1f}"),
            show_number(row["ms_p95"], "{:.1f}"),
            show_number(row["training_seconds"], "{:,.0f}"),
            show_number(row["training_peak_bytes"] / 1e9, "{:.2f}"),
        )
        for _, row in frame.iterrows()
    ]


def render_training(runs: Mapping[str, TrainingRun]) -> str:
    """Render the training curves of A and B, if they were trained on this machine."""
    if not runs:
        return render_empty(copy.TRAINING_QUESTION, copy.TRAINING_NONE)
    sentences, rows = [], []
    for side, run in runs.items():
        epochs = epochs_of(run.history)
        losses = [entry["loss"] for entry in run.history if "loss" in entry]
        if losses:
            summary = copy.TRAINING_SUMMARY.format(
                name=run.name,
                first=losses[0],
                last=losses[-1],
                epochs=len(epochs),
                n=run.n,
                split=run.split,
            )
            sentences.append(summary)
        if run.before is not None:
            sentences.append(copy.TRAINING_BEFORE.format(before=show_percent(run.before)).strip())
            rows.append(
                (f"{side.upper()}: {run.name}", "0", NOT_KNOWN, NOT_KNOWN, show_percent(run.before))
            )
        rows += [
            (
                f"{side.upper()}: {run.name}",
                str(epoch.number),
                show_number(epoch.training_loss, "{:.4f}"),
                f"{epoch.loss:.4f}",
                show_percent(epoch.accuracy, 2),
            )
            for epoch in epochs
        ]
    return render_part(
        copy.TRAINING_QUESTION,
        epochs_figure(runs),
        loss_figure(runs),
        data=render_data(" ".join(sentences), copy.TRAINING_HEADERS, rows),
    )


def render_reliability(sides: Mapping[str, Result], scaled: ScaledSides) -> str:
    """Render the reliability diagrams of A and B, before and after temperature scaling.

    Args:
        sides: result by side, `a` or `b`.
        scaled: their probabilities after temperature scaling, by side.
    """
    if any(len(result.gold) < 2 for result in sides.values()):
        return render_empty(copy.RELIABILITY_QUESTION, copy.TOO_FEW)
    before = {side: result.reliability for side, result in sides.items()}
    after = {
        side: compute_reliability(sides[side].gold, probabilities.p_positive)
        for side, (probabilities, _) in scaled.items()
    }
    sentences = []
    for side, result in sides.items():
        probabilities, source = scaled[side]
        is_worse = after[side].nll > before[side].nll
        sentences.append(_describe_confidence(side, result))
        sentences.append(
            copy.TEMPERATURE_SUMMARY.format(
                temperature=_describe_temperature(probabilities, source),
                after=show_percent(after[side].ece),
                note=copy.NO_IMPROVEMENT if is_worse else "",
            )
        )
    rows = [
        row
        for side in sides
        for when, reliability in ((copy.BEFORE, before[side]), (copy.AFTER, after[side]))
        for row in _reliability_rows(f"{side.upper()}, {when}", reliability)
    ]
    return render_part(
        copy.RELIABILITY_QUESTION,
        reliability_figure(before, copy.BEFORE),
        reliability_figure(after, copy.AFTER),
        data=render_data(" ".join(sentences), copy.RELIABILITY_HEADERS, rows),
        titles=(copy.BEFORE, copy.AFTER),
    )


def _reliability_rows(name: str, reliability: Reliability) -> list[tuple[str, ...]]:
    return [
        (
            name,
            copy.RELIABILITY_ALL,
            f"{reliability.n:,}",
            f"NLL {reliability.nll:.4f}",
            f"Brier {reliability.brier:.4f}, ECE {show_percent(reliability.ece, 2)} %",
        ),
        *(
            (
                name,
                f"{bin_.low:.2f}–{bin_.high:.2f}",
                f"{bin_.n:,}",
                f"{bin_.mean_predicted:.3f}",
                f"{bin_.fraction_positive:.3f}",
            )
            for bin_ in reliability.bins
        ),
    ]


def _describe_confidence(side: str, result: Result) -> str:
    """Compare the mean confidence of a model with its accuracy."""
    confidence = float(np.maximum(result.p_positive, 1 - result.p_positive).mean())
    gap = confidence - result.accuracy
    return copy.RELIABILITY_SUMMARY.format(
        side=side.upper(),
        name=result.info.model,
        ece=show_percent(result.reliability.ece),
        calibration=copy.CONFIDENCE[0 if abs(gap) < _MAX_CONFIDENCE_GAP else 1 if gap > 0 else -1],
        confidence=show_percent(confidence),
        accuracy=show_percent(result.accuracy),
    )


def _describe_temperature(scaled: TemperatureScaled, source: str) -> str:
    if scaled.is_held_out:
        return copy.FITTED_ON_SPLIT.format(first=scaled.temperature, split=source)
    first, second = scaled.temperature, scaled.other_temperature or 0.0
    return copy.FITTED_ON_HALVES.format(first=first, second=second)
