"""Pure: results -> charts, and under them a sentence on what they show and their numbers."""

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

_WELL_SURE = 0.01  # between confidence and accuracy
_COSTS = ("trainable", "ms_median")
# Probabilities of A and B after temperature scaling, and where the temperature comes from.
Tempered = Mapping[str, tuple[TemperatureScaled, str]]


def render_part(question: str, *figures: Chart, data: Markup, titles: tuple[str, ...] = ()) -> str:
    """Set charts side by side under the question they answer, with their `data` below."""
    drawn = [render_chart(figure) for figure in figures]
    shown = list(zip(titles or ("",) * len(drawn), drawn, strict=True))
    return str(render_template("part", question=question, figures=shown, data=data))


def render_empty(question: str, message: str) -> str:
    """Say under the question of a part why there is nothing to see."""
    return str(render_template("part_empty", question=question, message=message))


def render_costs(frame: pd.DataFrame) -> str:
    """Draw accuracy, trainable parameters and time of each model of the score table `frame`."""
    known = {cost: frame[frame[cost].notna()] for cost in _COSTS}
    if all(own.empty for own in known.values()):
        return render_empty(copy.COST_QUESTION, copy.COST_NONE)
    accuracies = build_axis(
        copy.COST_COLUMNS["accuracy"],
        100 * float(frame["accuracy_low"].min()) - 2,
        100 * float(frame["accuracy_high"].max()) + 1,
        most=4,
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
            data=render_data(_say_costs(known), copy.COST_HEADERS, _cost_rows(frame)),
        )
    )


def _say_costs(known: Mapping[str, pd.DataFrame]) -> str:
    sentences = []
    for cost, part in known.items():
        if part.empty:
            continue
        best, quickest = part.loc[part["accuracy"].idxmax()], part.loc[part[cost].idxmin()]
        sentences.append(
            copy.COST_SAID[cost].format(
                best=best["model"],
                accuracy=show_percent(best["accuracy"]),
                cost=best[cost],
                quickest=quickest["model"],
                least=quickest[cost],
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
    """Draw the learning curves of those of A and B that were trained here, by side."""
    if not runs:
        return render_empty(copy.TRAINING_QUESTION, copy.TRAINING_NONE)
    sentences, rows = [], []
    for side, run in runs.items():
        epochs = epochs_of(run.history)
        losses = [entry["loss"] for entry in run.history if "loss" in entry]
        if losses:
            said = copy.TRAINING_SAID.format(
                name=run.name,
                first=losses[0],
                last=losses[-1],
                epochs=len(epochs),
                n=run.n,
                split=run.split,
            )
            sentences.append(said)
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


def render_reliability(sides: Mapping[str, Result], tempered: Tempered) -> str:
    """Draw the calibration of A and B, before and after temperature scaling.

    Args:
        sides: by side, `a` or `b`.
        tempered: their probabilities after scaling, by the same sides.
    """
    if any(len(result.gold) < 2 for result in sides.values()):
        return render_empty(copy.RELIABILITY_QUESTION, copy.TOO_FEW)
    before = {side: result.reliability for side, result in sides.items()}
    after = {
        side: compute_reliability(sides[side].gold, own.p_positive)
        for side, (own, _) in tempered.items()
    }
    sentences = []
    for side, result in sides.items():
        own, source = tempered[side]
        is_worse = after[side].nll > before[side].nll
        sentences.append(_say_sure(side, result))
        sentences.append(
            copy.TEMPERED_SAID.format(
                temperature=_temperature(own, source),
                after=show_percent(after[side].ece),
                helped=copy.NO_HELP if is_worse else "",
            )
        )
    rows = [
        row
        for side in sides
        for when, found in ((copy.BEFORE, before[side]), (copy.AFTER, after[side]))
        for row in _reliability_rows(f"{side.upper()}, {when}", found)
    ]
    return render_part(
        copy.RELIABILITY_QUESTION,
        reliability_figure(before, copy.BEFORE),
        reliability_figure(after, copy.AFTER),
        data=render_data(" ".join(sentences), copy.RELIABILITY_HEADERS, rows),
        titles=(copy.BEFORE, copy.AFTER),
    )


def _reliability_rows(name: str, found: Reliability) -> list[tuple[str, ...]]:
    return [
        (
            name,
            copy.RELIABILITY_ALL,
            f"{found.n:,}",
            f"NLL {found.nll:.4f}",
            f"Brier {found.brier:.4f}, ECE {show_percent(found.ece, 2)} %",
        ),
        *(
            (
                name,
                f"{part.low:.2f}–{part.high:.2f}",
                f"{part.n:,}",
                f"{part.mean_predicted:.3f}",
                f"{part.fraction_positive:.3f}",
            )
            for part in found.bins
        ),
    ]


def _say_sure(side: str, result: Result) -> str:
    """Say the mean confidence of a model beside its accuracy."""
    confidence = float(np.maximum(result.p_positive, 1 - result.p_positive).mean())
    surplus = confidence - result.accuracy
    return copy.RELIABILITY_SAID.format(
        side=side.upper(),
        name=result.info.model,
        ece=show_percent(result.reliability.ece),
        sure=copy.SURE[0 if abs(surplus) < _WELL_SURE else 1 if surplus > 0 else -1],
        confidence=show_percent(confidence),
        accuracy=show_percent(result.accuracy),
    )


def _temperature(tempered: TemperatureScaled, source: str) -> str:
    if tempered.is_held_out:
        return copy.FROM_TRAIN.format(first=tempered.temperature, split=source)
    first, second = tempered.temperature, tempered.other_temperature or 0.0
    return copy.FROM_HALVES.format(first=first, second=second)
