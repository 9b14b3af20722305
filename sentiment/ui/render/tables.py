"""Render tables: the leaderboard, its exports, slices, and the data of a chart."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from sentiment.evaluation.published import Published
from sentiment.evaluation.score_table import FORMATS, WITH_INTERVAL, export_scores
from sentiment.evaluation.subsets import SliceScore
from sentiment.formatting import METRIC_TITLES
from sentiment.labels import LABELS
from sentiment.method import UNTRAINED
from sentiment.ui.render.markup import render_template, show_signed
from sentiment.ui.render.numbers import (
    count_decimals,
    is_missing,
    show_number,
    show_percent,
    show_range,
)
from sentiment.ui.text import examples as examples_copy
from sentiment.ui.text import scores as copy

_TYPES = {".csv": "text/csv", ".tex": "text/x-tex", ".md": "text/markdown"}
_FORMAT_TITLES = {".csv": "CSV", ".tex": "LaTeX", ".md": "Markdown"}
# Columns shown on demand.
_OPTIONAL = ("balanced_accuracy", "precision", "recall", "parameters", "size")
_MIN_MB = 100_000  # bytes; smaller sizes are in kB
_BASELINE = "baseline"


@dataclass(frozen=True)
class Column:
    """Column of the leaderboard."""

    name: str
    title: str
    is_optional: bool


@dataclass(frozen=True)
class Cell:
    """Cell of the leaderboard; it is sorted by `value`."""

    name: str
    shown: str
    note: str  # in smaller type
    value: float | None
    is_optional: bool
    bar: tuple[float, float, float] | None = None  # low, middle and high, in per cent
    draws: tuple[float, ...] = ()  # of few-shot prompting, in per cent, in place of low and high


def render_scores(
    frame: pd.DataFrame,
    *,
    majority: dict[str, object],
    published: Sequence[Published],
    caption: str,
    leaders: tuple[str, frozenset[str]] = ("", frozenset()),
    selectable: bool = False,
) -> str:
    """Render the leaderboard, grouped by backbone; the baseline is a separate group.

    Few-shot rows stand before what was trained, and cannot be selected.

    Args:
        majority: the majority-class baseline, from `sentiment.evaluation.score_table.majority_row`.
        leaders: the best model and those not distinguishable from it.
        selectable: whether each row has buttons that select its model as A or B.
    """
    names = _distinct(frame)
    rows = [
        _row(name, row, leaders) for name, (_, row) in zip(names, frame.iterrows(), strict=True)
    ]
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["group"], []).append(row)
    for own in groups.values():
        own.sort(key=lambda row: row["is_trained"])
    baselines = groups.pop(copy.BOARD_GROUP_BASELINE, [])
    return str(
        render_template(
            "leaderboard",
            copy=copy,
            caption=caption,
            has_draws=any(row["draws"] for row in rows),
            columns=_columns(),
            groups=[*groups.items(), (copy.BOARD_GROUP_BASELINE, baselines)],
            majority=_majority(majority),
            published=[_published(entry) for entry in published],
            selectable=selectable,
        )
    )


def _distinct(frame: pd.DataFrame) -> list[str]:
    """Return the row names; duplicates get their template or weights hash as a suffix."""
    names = [str(name) for name in frame["model"]]
    for column in ("template", "weights_hash"):
        names = [
            name if names.count(name) == 1 else f"{name} ({suffix})"
            for name, suffix in zip(names, frame[column], strict=True)
        ]
    return names


def _columns() -> list[Column]:
    titles = {
        **{name: f"{title}, %" for name, title in METRIC_TITLES.items() if name != "mcc"},
        "trainable": copy.BOARD_TRAINABLE,
        "parameters": copy.BOARD_PARAMETERS,
        "size": copy.BOARD_SIZE,
        "ms": copy.BOARD_MS,
    }
    return [Column(name, title, name in _OPTIONAL) for name, title in titles.items()]


def _row(name: str, row: pd.Series, leaders: tuple[str, frozenset[str]]) -> dict[str, Any]:
    best, tied = leaders
    is_baseline = row["kind"] == _BASELINE
    kind = ", ".join(filter(None, (row["kind"], row["template"], row["demonstrations"])))
    mark = "best" if name == best else "level" if name in tied else ""
    return {
        "name": name,
        "kind": kind,
        "backbone": "" if is_baseline else str(row["backbone"]).strip(),
        "group": copy.BOARD_GROUP_BASELINE if is_baseline else str(row["backbone"]).strip(),
        "is_trained": row["kind"] not in UNTRAINED,
        "draws": _say_draws(row),
        "mark": mark,
        "mark_title": {"best": copy.BOARD_BEST, "level": copy.BOARD_TIED}.get(mark, ""),
        "cells": [*_metric_cells(row), *_cost_cells(row)],
    }


def _metric_cells(row: pd.Series) -> list[Cell]:
    cells = []
    for name in WITH_INTERVAL:
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        shown = show_percent(row[name], count_decimals(low, high))
        draws = tuple(100 * share for share in _draws(row)) if name == "accuracy" else ()
        is_accuracy = name == "accuracy" and not is_missing(row[name])
        low_end, high_end = (row[name], row[name]) if draws else (low, high)
        bar = (100 * low_end, 100 * row[name], 100 * high_end) if is_accuracy else None
        note = show_range(low, high) or _show_deviation(row, name)
        cells.append(Cell(name, shown, note, row[name], name in _OPTIONAL, bar, draws))
    note = _show_deviation(row, "ece")
    cells.append(Cell("ece", show_percent(row["ece"]), note, row["ece"], is_optional=False))
    return cells


def _draws(row: pd.Series) -> tuple[float, ...]:
    """Return the accuracy of each draw of a few-shot row; none for another row."""
    draws = row.get("draws")
    return draws if isinstance(draws, tuple) else ()


def _say_draws(row: pd.Series) -> str:
    shown = ", ".join(map(show_percent, _draws(row)))
    return copy.BOARD_DRAWS.format(accuracies=shown) if shown else ""


def _show_deviation(row: pd.Series, metric: str) -> str:
    deviation = row.get(f"{metric}_sd")
    return "" if is_missing(deviation) else f"± {show_percent(deviation)}"


def _cost_cells(row: pd.Series) -> list[Cell]:
    divisor, unit = (1e3, "kB") if row["size"] < _MIN_MB else (1e6, "MB")
    p95 = "" if is_missing(row["ms_p95"]) else copy.BOARD_P95.format(row["ms_p95"])
    shown = {
        "trainable": (show_number(row["trainable"], "{:,.0f}"), "", row["trainable"]),
        "parameters": (show_number(row["parameters"], "{:,.0f}"), "", row["parameters"]),
        "size": (show_number(row["size"] / divisor, f"{{:.1f}} {unit}"), "", row["size"]),
        "ms": (show_number(row["ms_median"], "{:.1f}"), p95, row["ms_median"]),
    }
    return [Cell(name, *values, is_optional=name in _OPTIONAL) for name, values in shown.items()]


def _majority(majority: dict[str, object]) -> dict[str, Any]:
    share = float(str(majority["accuracy"]))
    return {
        "name": copy.ALWAYS.format(label=LABELS[int(bool(majority["is_positive"]))]),
        "accuracy": show_percent(share),
        "value": share,
    }


def _published(entry: Published) -> tuple[str, str, str]:
    low, high = f"{100 * entry.low:.4g}", f"{100 * entry.high:.4g}"
    split = copy.SAME_SPLIT if entry.is_same_split else copy.OTHER_SPLIT
    return entry.method, low if low == high else f"{low}–{high}", f"{split}: {entry.note}"


def render_exports(frame: pd.DataFrame, name: str) -> str:
    """Render download links of the table as data URLs."""
    links = [
        (
            f"{name}{form}",
            f"data:{_TYPES[form]};charset=utf-8;base64,"
            + b64encode(export_scores(frame, form).encode()).decode(),
            _FORMAT_TITLES[form],
        )
        for form in FORMATS
    ]
    return str(render_template("exports", title=copy.SAVE_TABLE, links=links))


def render_data(summary: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    """Render the summary of a chart, and its data table behind a toggle."""
    return render_template(
        "data", summary=summary, headers=headers, rows=rows, title=copy.SHOW_NUMBERS
    )


def render_slices(
    a: str, b: str, rows: Sequence[tuple[str, SliceScore, SliceScore]], caption: str
) -> str:
    """Render the accuracy of A and B by slice; small slices are marked."""
    shown = [
        {
            "name": name,
            "is_small": score_a.is_small,
            "n": f"{score_a.n:,}",
            "scores": [_format_score(score_a), _format_score(score_b)],
            "difference": show_signed(100 * (score_b.accuracy - score_a.accuracy), 1),
        }
        for name, score_a, score_b in rows
    ]
    headers = [title.format(a=a, b=b) for title in examples_copy.SLICES_HEADERS]
    return str(
        render_template(
            "slices", headers=headers, rows=shown, caption=caption, few=examples_copy.FEW_TEXTS
        )
    )


def _format_score(score: SliceScore) -> tuple[str, str]:
    low, high = score.interval.low, score.interval.high
    return show_percent(score.accuracy, count_decimals(low, high)), show_range(low, high)
