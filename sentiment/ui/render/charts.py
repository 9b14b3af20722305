"""Pure: results -> a figure, and under it a sentence on what it shows and its numbers."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from sentiment.data.sources import full_title
from sentiment.errors import CheckpointError
from sentiment.evaluation.reliability import TemperatureScaled, compute_reliability
from sentiment.evaluation.results import Result, scale_result
from sentiment.models.catalogue import RUN_FILE, ModelInfo
from sentiment.runtime.files import read_json
from sentiment.training.history import epoch_rows, epochs_of
from sentiment.ui.render.figures import cost_figure, epochs_figure, loss_figure, reliability_figure
from sentiment.ui.render.html import NOT_KNOWN, render_message
from sentiment.ui.render.tables import render_data
from sentiment.ui.text import shared as copy

_WELL_SURE = 0.01  # between confidence and accuracy
_COSTS = {"trainable": copy.COST_TRAINED, "ms_median": copy.COST_MS}


def render_costs(frame: pd.DataFrame) -> tuple[Any, Any, str]:
    """Accuracy against trainable parameters and against milliseconds, for the table `frame`."""
    plots, sentences = [], []
    for cost, title in _COSTS.items():
        known = frame[frame[cost].notna()]
        if known.empty:
            plots.append(_no_plot())
            continue
        best = known.loc[known["accuracy"].idxmax()]
        quickest = known.loc[known[cost].idxmin()]
        plots.append(gr.Plot(value=cost_figure(known, cost, title), visible=True))
        sentences.append(
            copy.COST_SAID[cost].format(
                best=best["model"],
                accuracy=best["accuracy"],
                cost=best[cost],
                quickest=quickest["model"],
                least=quickest[cost],
            )
        )
    if not sentences:
        return plots[0], plots[1], render_message(copy.COST_NONE)
    rows = [
        (
            str(row["model"]),
            f"{row['accuracy']:.4f}",
            _shown(row["trainable"], "{:,.0f}"),
            _shown(row["ms_median"], "{:.1f}"),
            _shown(row["ms_p95"], "{:.1f}"),
            _shown(row["training_seconds"], "{:,.0f}"),
            _shown(row["training_peak_bytes"] / 1e9, "{:.2f}"),
        )
        for _, row in frame.iterrows()
    ]
    headers = ["Model", "Accuracy", "Trainable parameters", "ms per text, median", "ms, p95"]
    headers += ["Training, s", "Peak memory, GB"]
    return plots[0], plots[1], render_data(" ".join(sentences), headers, rows)


def render_training(a: Result, b: Result, models: dict[str, ModelInfo]) -> tuple[Any, Any, str]:
    """The training curves of those of A and B that were trained here."""
    runs: dict[str, tuple[str, list[dict[str, float]]]] = {}
    watched: dict[str, dict[str, Any]] = {}
    for side, result in (("a", a), ("b", b)):
        model = models.get(result.info.model)
        run = _run(model) if model and result.info.kind == "fine-tuned" else {}
        if epochs_of(run.get("history", [])):
            runs[side] = (result.info.model, run["history"])
            watched[side] = run
    if a is b:
        runs.pop("a", None)
    if not runs:
        return _no_plot(), _no_plot(), render_message(copy.TRAINING_NONE)
    sentences, rows = [], []
    for side, (name, history) in runs.items():
        epochs = epochs_of(history)
        losses = [entry["loss"] for entry in history if "loss" in entry]
        if losses:
            sentences.append(
                copy.TRAINING_SAID.format(
                    name=name,
                    first=losses[0],
                    last=losses[-1],
                    epochs=len(epochs),
                    **_watched(watched[side]),
                )
            )
        rows += [(f"{side.upper()}: {name}", *row) for row in epoch_rows(history)[1:]]
    headers = ("Model", "Epoch", "Training loss", "Loss", "Accuracy")
    loss, accuracy = (
        gr.Plot(value=draw(runs), visible=True) for draw in (loss_figure, epochs_figure)
    )
    return loss, accuracy, render_data(" ".join(sentences), headers, rows)


def _run(model: ModelInfo) -> dict[str, Any]:
    try:
        return read_json(model.folder / RUN_FILE)
    except CheckpointError:
        return {}


def _watched(run: dict[str, Any]) -> dict[str, Any]:
    """Name the texts that were evaluated after every epoch: how many, of which split."""
    scored = run["data"]["evaluation"]
    return {
        "n": min(run["recipe"]["watched_examples"], scored["n"]),
        "split": full_title(scored["dataset"], scored["split"]),
    }


def render_reliability(a: Result, b: Result, models: dict[str, ModelInfo]) -> tuple[Any, Any, str]:
    """Calibration of A and B, before and after temperature scaling."""
    sides = {"a": a, "b": b} if a is not b else {"b": b}
    if len(b.gold) < 2:
        return _no_plot(), _no_plot(), render_message(copy.TOO_FEW)
    before = {side: result.reliability for side, result in sides.items()}
    tempered = {side: scale_result(result, models) for side, result in sides.items()}
    after = {
        side: compute_reliability(sides[side].gold, own.p_positive)
        for side, (own, _) in tempered.items()
    }
    sentences = []
    for side, result in sides.items():
        own, source = tempered[side]
        sentences.append(_say_sure(side, result))
        sentences.append(
            copy.TEMPERED_SAID.format(
                temperature=_temperature(own, source),
                after=after[side].ece,
                helped=copy.NO_HELP if after[side].nll > before[side].nll else "",
            )
        )
    rows = []
    for side in sides:
        for when, found in ((copy.BEFORE, before[side]), (copy.AFTER, after[side])):
            rows.append(
                (
                    f"{side.upper()}, {when}",
                    "all",
                    f"{found.n:,}",
                    f"NLL {found.nll:.4f}",
                    f"Brier {found.brier:.4f}, ECE {found.ece:.4f}",
                )
            )
            rows += [
                (
                    f"{side.upper()}, {when}",
                    f"{part.low:.2f}–{part.high:.2f}",
                    f"{part.n:,}",
                    f"{part.mean_predicted:.3f}",
                    f"{part.fraction_positive:.3f}",
                )
                for part in found.bins
            ]
    headers = ("Model", "Bin", "n", "Mean predicted probability", "Fraction of positives")
    first, second = (
        gr.Plot(value=reliability_figure(found, when), visible=True)
        for found, when in ((before, copy.BEFORE), (after, copy.AFTER))
    )
    return first, second, render_data(" ".join(sentences), headers, rows)


def _say_sure(side: str, result: Result) -> str:
    """Mean confidence of a model beside its accuracy."""
    confidence = float(np.maximum(result.p_positive, 1 - result.p_positive).mean())
    surplus = confidence - result.accuracy
    return copy.RELIABILITY_SAID.format(
        side=side.upper(),
        name=result.info.model,
        ece=result.reliability.ece,
        sure=copy.SURE[0 if abs(surplus) < _WELL_SURE else 1 if surplus > 0 else -1],
        confidence=confidence,
        accuracy=result.accuracy,
    )


def _temperature(tempered: TemperatureScaled, source: str) -> str:
    if tempered.is_held_out:
        return copy.FROM_TRAIN.format(first=tempered.temperature, split=source)
    first, second = tempered.temperature, tempered.other_temperature or 0.0
    return copy.FROM_HALVES.format(first=first, second=second)


def _shown(value: float, form: str) -> str:
    return NOT_KNOWN if pd.isna(value) else form.format(value)


def _no_plot() -> Any:
    return gr.Plot(value=None, visible=False)
