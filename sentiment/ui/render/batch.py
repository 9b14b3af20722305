"""A file of texts -> its preview, and the rows with the predictions of all models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from sentiment.inference.columns import RowPredictions
from sentiment.labels import LABELS, NEGATIVE, POSITIVE, UNLABELLED
from sentiment.serving.file_job import Batch, Run
from sentiment.ui.render.markup import render_template
from sentiment.ui.text import batch as copy

PREVIEW = 3  # rows of a preview


def render_preview(batch: Batch) -> Markup:
    """Render the first rows of a batch, its columns, and how its labels are understood."""
    rows = len(batch)
    said = [copy.PREVIEW_ROWS.format(name=batch.name, rows=rows)]
    if batch.gold is None:
        said.append(copy.PREVIEW_NO_LABELS)
    else:
        counts = {
            name: int((batch.gold == label).sum())
            for name, label in (("positive", POSITIVE), ("negative", NEGATIVE))
        }
        said.append(copy.PREVIEW_LABELS.format(**counts))
    if batch.note:
        said.append(batch.note)
    count = min(PREVIEW, rows)
    return render_template(
        "batch_preview",
        copy=copy,
        said=" ".join(said),
        caption=copy.PREVIEW_CAPTION.format(count=count, rows=rows),
        has_labels=batch.gold is not None,
        rows=[
            {
                "text": batch.texts[i] or batch.errors[i],
                "given": str(batch.frame["label"].iloc[i]) if batch.gold is not None else "",
                "label": _name_label(batch.gold, i),
            }
            for i in range(count)
        ],
    )


def render_rows(work: Run, places: Sequence[int], *, most: int, which: str) -> Markup:
    """Render rows with the label and the probability of every model.

    Args:
        places: the chosen rows, in order; the first `most` are shown.
        which: what the chosen rows have in common.
    """
    shown = places[:most]
    disagree = work.disagreements
    return render_template(
        "batch_rows",
        copy=copy,
        caption=copy.ROWS_CAPTION.format(shown=len(shown), count=len(places), which=which),
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
    """Name the label of a row; empty where it has none."""
    return "" if gold is None or gold[row] == UNLABELLED else LABELS[gold[row]]


def _describe_cell(work: Run, model: str, row: int) -> dict[str, Any]:
    """Describe a prediction: its label, probability, and whether it is wrong."""
    own: RowPredictions = work.predictions[model]
    if not own.is_scored[row]:
        return {"label": "", "p": 0.0, "is_wrong": False}
    label = LABELS[int(own.is_positive[row])]
    gold = _name_label(work.batch.gold, row)
    return {
        "label": label,
        "p": float(own.p_positive[row]),
        "is_wrong": bool(gold) and gold != label,
    }
