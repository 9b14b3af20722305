"""Pure: results -> the table of scores, as data frame and as escaped HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd

from sentiment.catalogue import CheckpointInfo
from sentiment.lineup import backbone_title
from sentiment.metrics import Interval
from sentiment.results import Result

_INTERVALS = ("accuracy", "precision", "recall", "f1", "auroc")
_HEADERS = {
    "model": "Model",
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "auroc": "AUROC",
    "parameters": "Parameters",
    "size": "Own weights",
}
NOT_KNOWN = "–"


def scores_frame(results: Sequence[Result], models: Sequence[CheckpointInfo]) -> pd.DataFrame:
    """One row per model: metrics as numbers, intervals as (low, high), facts of the checkpoint.

    Parameters, trained weights and size are NaN where the model is not on this machine.
    """
    known = {model.name: model for model in models}
    rows = []
    for result in results:
        metrics, model = result.metrics, known.get(result.info.model)
        row: dict[str, object] = {
            "backbone": " ".join(_backbone(result, models)),
            "model": result.info.model,
            "kind": result.info.kind,
            "n": metrics.n,
            "parameters": model.parameters if model else float("nan"),
            "trainable": model.trainable if model else float("nan"),
            "size": model.size_bytes if model else float("nan"),
        }
        for name in _INTERVALS:
            interval: Interval | None = getattr(metrics, f"{name}_interval")
            row[name] = getattr(metrics, name)
            row[f"{name}_low"] = interval.low if interval else None
            row[f"{name}_high"] = interval.high if interval else None
        rows.append(row)
    return pd.DataFrame(rows)


def _backbone(result: Result, models: Sequence[CheckpointInfo]) -> tuple[str, str]:
    home = next((m for m in models if m.name == result.info.backbone), None)
    return backbone_title(home, models) if home else (result.info.backbone, "")


def majority_row(result: Result) -> dict[str, object]:
    """The floor: always the more frequent gold label of the rows `result` was scored on."""
    (_tn, _fp), (fn, tp) = result.metrics.confusion
    n, positive = result.metrics.n, fn + tp
    return {"accuracy": max(positive, n - positive) / n, "n": n, "is_positive": positive * 2 >= n}


def below_baseline(results: Sequence[Result]) -> tuple[list[str], float] | None:
    """The trained models that do worse than the best baseline, and that baseline's accuracy.

    None where there is no baseline, or no trained model below it.
    """
    accuracies = [r.metrics.accuracy for r in results if r.info.kind == "baseline"]
    best = max(accuracies, default=0.0)
    below = [
        result.info.model
        for result in results
        if result.info.kind == "fine-tuned" and result.metrics.accuracy < best
    ]
    return (below, best) if below else None


def render_scores(frame: pd.DataFrame, *, floor: dict[str, object], caption: str) -> str:
    """The table, grouped by backbone so that zero-shot and fine-tuned stand together."""
    head = "".join(f'<th scope="col">{title}</th>' for title in _HEADERS.values())
    body = []
    for backbone, group in frame.groupby("backbone", sort=False):
        body.append(
            f'<tr class="s-group"><th scope="rowgroup" colspan="{len(_HEADERS)}">'
            f"{escape(str(backbone))}</th></tr>"
        )
        body += [_row(row) for _, row in group.iterrows()]
    always = "positive" if floor["is_positive"] else "negative"
    empty = f"<td>{NOT_KNOWN}</td>" * (len(_HEADERS) - 2)
    body.append(
        f'<tr class="s-floor"><th scope="row">always {always}<small>baseline</small></th>'
        f"<td>{floor['accuracy']:.4f}</td>{empty}</tr>"
    )
    return (
        f'<div class="s-scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="s-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _row(row: pd.Series) -> str:
    cells = [
        f'<th scope="row">{escape(row["model"])}<small>{escape(row["kind"])}</small></th>',
    ]
    for name in _INTERVALS:
        cells.append(f"<td>{_measured(row, name)}</td>")
    exact = _number(row["parameters"], "{:,.0f}")
    trained = _number(row["trainable"], "{:,.0f} trained") if row["trainable"] else "none trained"
    cells.append(
        f'<td title="{exact}">{_number(row["parameters"] / 1e6, "{:.1f} M")}'
        f"<small>{trained}</small></td>"
    )
    in_kilobytes = row["size"] < 100_000
    divisor, unit = (1e3, "kB") if in_kilobytes else (1e6, "MB")
    cells.append(f"<td>{_number(row['size'] / divisor, f'{{:.1f}} {unit}')}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _measured(row: pd.Series, name: str) -> str:
    if pd.isna(row[name]):
        return NOT_KNOWN
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:.4f}<small>[{low:.3f}, {high:.3f}]</small>"


def _number(value: float | None, form: str) -> str:
    return NOT_KNOWN if value is None or pd.isna(value) else form.format(value)
