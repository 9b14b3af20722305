"""The score table: metrics with intervals, cost and published results per model; its exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from sentiment.data.formulas import guard_formulas
from sentiment.errors import InputError
from sentiment.evaluation.comparison import Comparison, compare
from sentiment.evaluation.metrics import Interval
from sentiment.evaluation.published import published_for
from sentiment.evaluation.results import Result, by_name
from sentiment.formatting import METRIC_TITLES, count_of, describe_shots, format_p
from sentiment.labels import POSITIVE
from sentiment.models.catalogue import (
    ModelInfo,
    backbone_title,
    read_latency,
    read_training_cost,
)

WITH_INTERVAL = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "auroc")
_PLAIN = ("nll", "brier", "ece")
_ORIGIN = ("dataset", "split", "fingerprint", "weights_hash", "seed", "date")
# Columns of the LaTeX and Markdown exports: key and heading.
_SHOWN = {
    "backbone": "Backbone",
    "model": "Model",
    "kind": "Kind",
    "n": "n",
    **{name: title for name, title in METRIC_TITLES.items() if name != "mcc"},
    "parameters": "Parameters",
    "trainable": "Trainable",
    "size": "Bytes",
    "ms_median": "ms per text",
}
_PAIR_SHOWN = {
    "a": "A",
    "b": "B",
    "n": "n",
    "only_a_right": "only A correct",
    "only_b_right": "only B correct",
    "difference": "B − A",
    "p_holm": "p (Holm)",
}
FORMATS = (".csv", ".tex", ".md")


def scores_frame(results: Sequence[Result], models: Sequence[ModelInfo]) -> pd.DataFrame:
    """Build the score table, a row per model: metrics, intervals as (low, high), size and latency.

    Parameters, trainable parameters, size (bytes) and milliseconds are NaN where the model is not
    on this machine, or was not measured.
    """
    known = {model.name: model for model in models}
    rows = []
    for name, result in by_name(results).items():
        metrics, model = result.metrics, known.get(result.info.model)
        latency = read_latency(model.folder) if model else {}
        cost = read_training_cost(model.folder) if model else {}
        row: dict[str, object] = {
            "backbone": " ".join(_backbone(result, models)),
            "model": name,
            "kind": result.info.kind,
            "n": metrics.n,
            "majority_accuracy": metrics.majority_accuracy,
        }
        for metric in WITH_INTERVAL:
            interval: Interval | None = getattr(metrics, f"{metric}_interval")
            row[metric] = getattr(metrics, metric)
            row[f"{metric}_low"] = interval.low if interval else None
            row[f"{metric}_high"] = interval.high if interval else None
        row |= {metric: getattr(result.reliability, metric) for metric in _PLAIN}
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
        row |= {field: getattr(result.info, field) for field in _ORIGIN}
        row["template"] = result.info.method.template
        row["demonstrations"] = describe_shots(result.info.method)
        rows.append(row)
    return pd.DataFrame(rows)


def draws_frame(groups: Sequence[Sequence[Result]], models: Sequence[ModelInfo]) -> pd.DataFrame:
    """Build rows of the score table for few-shot results: mean and deviation over the draws.

    A row has the columns of `scores_frame`, each metric as its mean, without an interval; its
    standard deviation, with n − 1, in METRIC_sd (NaN for one draw); and the accuracy of each draw
    in `draws`. Latency is that of prompts without demonstrations, so it is left out.

    Args:
        groups: the draws of each model, from `sentiment.evaluation.draws.group_draws`.
    """
    rows = []
    for group in groups:
        own = scores_frame(group, models)
        info, row = group[0].info, own.iloc[0].to_dict()
        for metric in (*WITH_INTERVAL, *_PLAIN):
            values = own[metric].astype(float)
            row[metric] = values.mean(skipna=False)
            row[f"{metric}_sd"] = values.std(skipna=False)
            row |= (
                {f"{metric}_low": None, f"{metric}_high": None} if metric in WITH_INTERVAL else {}
            )
        row |= {"ms_median": float("nan"), "ms_p95": float("nan"), "ms_on": ""}
        counted = f"{info.method.shots}-shot, {count_of(len(group), 'draw')}"
        row |= {"model": f"{info.model} ({counted})", "draws": tuple(own["accuracy"])}
        row["demonstrations"] = f"from {info.method.shots_from}" if info.method.shots_from else ""
        rows.append(row)
    return pd.DataFrame(rows)


def latency_title(latency: dict[str, Any]) -> str:
    """Describe the hardware that a latency was measured on, empty if it was not measured."""
    if not latency:
        return ""
    return f"{latency['hardware']['processor']}, {latency['threads']} threads"


def _backbone(result: Result, models: Sequence[ModelInfo]) -> tuple[str, str]:
    backbone = next((m for m in models if m.name == result.info.backbone), None)
    return backbone_title(backbone, models) if backbone else (result.info.backbone, "")


def majority_row(result: Result) -> dict[str, Any]:
    """Compute the majority baseline: always the more frequent gold label of the rows."""
    n, positive = len(result.gold), int((result.gold == POSITIVE).sum())
    return {"accuracy": max(positive, n - positive) / n, "n": n, "is_positive": positive * 2 >= n}


@dataclass(frozen=True)
class AgainstBaseline:
    """Fine-tuned models that are not better than the best baseline."""

    baseline: str
    accuracy: float  # of the baseline
    below: tuple[str, ...]  # models that are significantly worse
    level: tuple[str, ...]  # models without a significant difference


def against_baseline(
    results: Sequence[Result], pairs: Sequence[Comparison] = ()
) -> AgainstBaseline | None:
    """Find the fine-tuned models that are not better than the best baseline.

    The p-values are corrected over all pairs of `results`, as in `compare`.

    Returns:
        None if there is no baseline, or only one result.

    Args:
        pairs: what `compare(results)` found, where that is known.

    Raises:
        DataError: the results are for different texts.
    """
    baselines = [result for result in results if result.info.kind == "baseline"]
    if not baselines or len(results) < 2:
        return None
    best = max(baselines, key=lambda result: result.accuracy)
    below, level = [], []
    for (a, b), pair in zip(combinations(results, 2), pairs or compare(results), strict=True):
        if best is not a and best is not b:
            continue
        other = b if best is a else a
        if other.info.kind != "fine-tuned":
            continue
        if not pair.is_distinguishable:
            level.append(other.info.model)
        elif other.accuracy < best.accuracy:
            below.append(other.info.model)
    return AgainstBaseline(best.info.model, best.accuracy, tuple(below), tuple(level))


def export_scores(frame: pd.DataFrame, suffix: str) -> str:
    """Export the table as text: all numbers as CSV, rounded ones as LaTeX or Markdown.

    LaTeX (booktabs) and Markdown also hold published results on the data, marked as such. A metric
    has its interval in brackets; the mean over draws, its standard deviation after ±.

    Raises:
        InputError: the format is unknown.
    """
    if suffix == ".csv":
        written = frame.map(lambda v: " ".join(map(str, v)) if isinstance(v, tuple) else v)
        return guard_formulas(written).to_csv(index=False)
    shown = pd.DataFrame(
        {
            title: [_format_cell(name, row) for _, row in frame.iterrows()]
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
            for entry in published_for(str(frame["dataset"].iloc[0]), str(frame["split"].iloc[0]))
        ]
    )
    return _render_table(pd.concat([shown, published]).fillna(""), suffix)


def export_pairs(pairs: Sequence[Comparison], suffix: str) -> str:
    """Export the pairs as text: all numbers as CSV, rounded ones as LaTeX or Markdown.

    Raises:
        InputError: the format is unknown.
    """
    if suffix == ".csv":
        rows = [{**pair.to_dict(), **_bounds(pair.interval)} for pair in pairs]
        return guard_formulas(pd.DataFrame(rows).drop(columns="interval")).to_csv(index=False)
    rows = [
        {
            **{title: getattr(pair, name) for name, title in _PAIR_SHOWN.items()},
            "B − A": f"{100 * pair.difference:+.1f} [{100 * pair.interval.low:+.1f}, "
            f"{100 * pair.interval.high:+.1f}] points",
            "p (Holm)": format_p(pair.p_holm).removeprefix("p ").removeprefix("= "),
        }
        for pair in pairs
    ]
    return _render_table(pd.DataFrame(rows), suffix)


def write_export(path: Path, render: Callable[[str], str]) -> None:
    """Write an export to `path`, in the format of its suffix.

    Args:
        render: returns the content for a suffix.

    Raises:
        InputError: the format is unknown, or the file cannot be written.
    """
    content = render(path.suffix)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error}") from error


def _bounds(interval: Interval) -> dict[str, float]:
    return {"interval_low": interval.low, "interval_high": interval.high}


def _format_cell(name: str, row: pd.Series) -> str:
    value = row[name]
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(row.get("draws"), tuple) and name in (*WITH_INTERVAL, "ece"):
        deviation = row[f"{name}_sd"]
        return f"{value:.4f}" if pd.isna(deviation) else f"{value:.4f} ± {deviation:.4f}"
    if name in WITH_INTERVAL:
        return f"{value:.4f} [{row[f'{name}_low']:.3f}, {row[f'{name}_high']:.3f}]"
    if name == "ece":
        return f"{value:.3f}"
    if name == "ms_median":
        return f"{value:.1f}"
    return str(value) if isinstance(value, str) else f"{value:,.0f}"


def _render_table(frame: pd.DataFrame, suffix: str) -> str:
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
