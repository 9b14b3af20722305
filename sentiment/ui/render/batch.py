"""Render the preview of a file of texts, and its rows with the predictions of all models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from sentiment.data.tables import as_texts
from sentiment.inference.columns import RowPredictions
from sentiment.labels import LABELS, UNLABELLED
from sentiment.serving.file_job import Batch, Run
from sentiment.ui.render.markup import render_template
from sentiment.ui.text import batch as copy

PREVIEW_ROWS = 3


def render_preview(batch: Batch) -> Markup:
    """Render the first rows of a batch, its columns, and the parsed labels."""
    rows = len(batch)
    notes = [copy.PREVIEW_ROWS.format(name=batch.name, rows=rows, column=batch.text_column)]
    notes.append(_describe_labels(batch))
    notes += batch.notes
    count = min(PREVIEW_ROWS, rows)
    has_labels = batch.label_column is not None
    cells = as_texts(batch.frame[batch.label_column].head(count)) if has_labels else [""] * count
    return render_template(
        "batch_preview",
        copy=copy,
        note=" ".join(notes),
        caption=copy.PREVIEW_CAPTION.format(count=count, rows=rows),
        has_labels=has_labels,
        rows=[
            {
                "text": batch.texts[i] or batch.errors[i],
                "given": cells[i],
                "label": _name_label(batch.gold, i),
            }
            for i in range(count)
        ],
    )


def _describe_labels(batch: Batch) -> str:
    """Describe how the labels are understood, or that there are none to evaluate with."""
    if batch.labels is None:
        return copy.PREVIEW_NO_LABELS
    return batch.labels.sentence or f"{batch.labels.error} {copy.PREVIEW_NOT_EVALUATED}"


def render_rows(work: Run, rows: Sequence[int], *, limit: int, which: str) -> Markup:
    """Render rows with the label and the probability of every model.

    Args:
        rows: row numbers, in order; the first `limit` are shown.
        which: description of the filter.
    """
    shown = rows[:limit]
    disagree = work.disagreements
    return render_template(
        "batch_rows",
        copy=copy,
        caption=copy.ROWS_CAPTION.format(shown=len(shown), count=len(rows), which=which),
        models=[model.name for model in work.models],
        has_labels=work.batch.gold is not None,
        rows=[
            {
                "number": i + 1,
                "text": work.batch.texts[i] or work.batch.errors[i],
                "label": _name_label(work.batch.gold, i),
                "differs": bool(disagree[i]),
                "cells": [_describe_cell(work, model.name, i) for model in work.models],
            }
            for i in shown
        ],
    )


def _name_label(gold: np.ndarray | None, row: int) -> str:
    """Return the name of the label of a row, empty if it has none."""
    return "" if gold is None or gold[row] == UNLABELLED else LABELS[gold[row]]


def _describe_cell(work: Run, model: str, row: int) -> dict[str, Any]:
    """Return the label and the probabilities of a prediction, and whether it is wrong."""
    predictions: RowPredictions = work.predictions[model]
    if not predictions.is_scored[row]:
        return {"label": "", "p": 0.0, "neutral": None, "is_wrong": False}
    label = LABELS[int(predictions.is_positive[row])]
    gold = _name_label(work.batch.gold, row)
    return {
        "label": label,
        "p": float(predictions.p_positive[row]),
        "neutral": float(predictions.p_neutral[row]) if len(predictions.p_neutral) else None,
        "is_wrong": bool(gold) and gold != label,
    }
