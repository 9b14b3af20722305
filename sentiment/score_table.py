"""One table of all models: metrics with intervals, cost, published figures; and its exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sentiment.catalogue import CheckpointInfo, read_latency, read_training_cost
from sentiment.comparison import Comparison, format_p
from sentiment.errors import InputError
from sentiment.lineup import backbone_title
from sentiment.metrics import Interval
from sentiment.published import published_for
from sentiment.results import Result

WITH_INTERVAL = ("accuracy", "precision", "recall", "f1", "auroc")
_PLAIN = ("nll", "brier", "ece")
_ORIGIN = ("dataset", "split", "fingerprint", "weights_hash", "template", "seed", "date")
# Columns of the exports people read: key and heading.
_SHOWN = {
    "backbone": "Backbone",
    "model": "Model",
    "kind": "Kind",
    "n": "n",
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "auroc": "AUROC",
    "ece": "ECE",
    "parameters": "Parameters",
    "trainable": "Trained",
    "size": "Bytes",
    "ms_median": "ms a text",
}
_PAIR_SHOWN = {
    "a": "A",
    "b": "B",
    "n": "n",
    "only_a_right": "only A right",
    "only_b_right": "only B right",
    "difference": "B − A",
    "p_holm": "p (Holm)",
}
FORMATS = (".csv", ".tex", ".md")


def scores_frame(results: Sequence[Result], models: Sequence[CheckpointInfo]) -> pd.DataFrame:
    """One row per model: metrics as numbers, intervals as (low, high), facts of the checkpoint.

    Parameters, trained weights, size (bytes) and milliseconds are NaN where the model is not on
    this machine, or was not measured.
    """
    known = {model.name: model for model in models}
    rows = []
    for result in results:
        metrics, model = result.metrics, known.get(result.info.model)
        latency = read_latency(model.folder) if model else {}
        cost = read_training_cost(model.folder) if model else {}
        row: dict[str, object] = {
            "backbone": " ".join(_backbone(result, models)),
            "model": result.info.model,
            "kind": result.info.kind,
            "n": metrics.n,
        }
        for name in WITH_INTERVAL:
            interval: Interval | None = getattr(metrics, f"{name}_interval")
            row[name] = getattr(metrics, name)
            row[f"{name}_low"] = interval.low if interval else None
            row[f"{name}_high"] = interval.high if interval else None
        row |= {name: getattr(result.reliability, name) for name in _PLAIN}
        row |= {
            "parameters": model.parameters if model else float("nan"),
            "trainable": model.trainable if model else float("nan"),
            "size": model.size_bytes if model else float("nan"),
            "ms_median": latency.get("median_ms", float("nan")),
            "ms_p95": latency.get("p95_ms", float("nan")),
            "ms_on": latency_title(latency),
            "training_seconds": cost.get("seconds", float("nan")),
            "training_peak_bytes": cost.get("peak_memory_bytes", float("nan")),
        }
        row |= {name: getattr(result.info, name) for name in _ORIGIN}
        rows.append(row)
    return pd.DataFrame(rows)


def latency_title(latency: dict[str, Any]) -> str:
    """What a model's time was measured on, empty where it was not."""
    if not latency:
        return ""
    return f"{latency['hardware']['processor']}, {latency['threads']} threads"


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


def export_scores(frame: pd.DataFrame, dataset: str, suffix: str) -> str:
    """The table as text: all numbers as CSV, or those people read as LaTeX or Markdown.

    LaTeX (booktabs) and Markdown also hold what was published about `dataset`, marked as such.

    Raises:
        InputError: no such format.
    """
    if suffix == ".csv":
        return frame.to_csv(index=False)
    shown = pd.DataFrame(
        {
            title: [_format(name, row) for _, row in frame.iterrows()]
            for name, title in _SHOWN.items()
        }
    )
    published = pd.DataFrame(
        [
            {
                "Backbone": "published elsewhere",
                "Model": entry.method,
                "Kind": "same split" if entry.is_same_split else f"not the same: {entry.note}",
                "Accuracy": entry.shown,
            }
            for entry in published_for(dataset)
        ]
    )
    return _render(pd.concat([shown, published]).fillna(""), suffix)


def export_pairs(pairs: Sequence[Comparison], suffix: str) -> str:
    """The pairs as text, as CSV with all numbers or as LaTeX or Markdown.

    Raises:
        InputError: no such format.
    """
    if suffix == ".csv":
        rows = [{**pair.to_dict(), **_bounds(pair.interval)} for pair in pairs]
        return pd.DataFrame(rows).drop(columns="interval").to_csv(index=False)
    rows = [
        {
            **{title: getattr(pair, name) for name, title in _PAIR_SHOWN.items()},
            "B − A": f"{100 * pair.difference:+.1f} [{100 * pair.interval.low:+.1f}, "
            f"{100 * pair.interval.high:+.1f}] points",
            "p (Holm)": format_p(pair.p_holm).removeprefix("p ").removeprefix("= "),
        }
        for pair in pairs
    ]
    return _render(pd.DataFrame(rows), suffix)


def write_export(path: Path, render: Callable[[str], str]) -> None:
    """Write what `render` makes for the format that the name of `path` asks for.

    Raises:
        InputError: no such format, or the file cannot be written.
    """
    content = render(path.suffix)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error}") from error


def _bounds(interval: Interval) -> dict[str, float]:
    return {"interval_low": interval.low, "interval_high": interval.high}


def _format(name: str, row: pd.Series) -> str:
    value = row[name]
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    if name in WITH_INTERVAL:
        return f"{value:.4f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"
    if name == "ece":
        return f"{value:.3f}"
    if name == "ms_median":
        return f"{value:.1f}"
    return str(value) if isinstance(value, str) else f"{value:,.0f}"


def _render(frame: pd.DataFrame, suffix: str) -> str:
    if suffix == ".tex":
        styled = frame.style.hide(axis="index").format(escape="latex")
        styled = styled.format_index(escape="latex", axis=1)
        return str(styled.to_latex(hrules=True))
    if suffix == ".md":
        rows = [list(map(str, frame.columns)), *frame.astype(str).to_numpy().tolist()]
        rows = [[cell.replace("|", "\\|") for cell in row] for row in rows]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        lines.insert(1, "|---" * len(frame.columns) + "|")
        return "\n".join(lines) + "\n"
    raise InputError(f"Unknown format {suffix!r}. Choose from: {', '.join(FORMATS)}.")
