"""Pure: results -> tables: the leaderboard, its exports, slices, the data of a figure."""

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
_FOLDED = (
    "balanced_accuracy",
    "precision",
    "recall",
    "parameters",
    "size",
)  # columns shown on demand
_SMALL = 100_000  # bytes, from which a size is given in MB
_BASELINE = "baseline"


@dataclass(frozen=True)
class Column:
    """A column of the leaderboard."""

    name: str
    title: str
    is_folded: bool


@dataclass(frozen=True)
class Cell:
    """A cell of the leaderboard: what is shown, what is quieter, and what it is sorted by."""

    name: str
    shown: str
    quiet: str
    value: float | None
    is_folded: bool
    bar: tuple[float, float, float] | None = None  # low, middle and high, in per cent


def render_scores(
    frame: pd.DataFrame,
    *,
    floor: dict[str, object],
    published: Sequence[Published],
    caption: str,
    leaders: tuple[str, frozenset[str]] = ("", frozenset()),
    sets: bool = False,
) -> str:
    """Render the leaderboard, grouped by backbone; the baseline has a group of its own.

    Args:
        floor: the majority baseline, of `sentiment.evaluation.score_table.majority_row`.
        leaders: the best model and those that cannot be distinguished from it.
        sets: whether each row has buttons that choose its model as A or as B.
    """
    names = _distinct(frame)
    rows = [
        _row(name, row, leaders) for name, (_, row) in zip(names, frame.iterrows(), strict=True)
    ]
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["group"], []).append(row)
    baselines = groups.pop(copy.BOARD_GROUP_BASELINE, [])
    return str(
        render_template(
            "leaderboard",
            copy=copy,
            caption=caption,
            columns=_columns(),
            groups=[*groups.items(), (copy.BOARD_GROUP_BASELINE, baselines)],
            floor=_floor(floor),
            published=[_published(entry) for entry in published],
            sets=sets,
        )
    )


def _distinct(frame: pd.DataFrame) -> list[str]:
    """Return the names of the rows; where two are the same, the template or weights tell."""
    names = [str(name) for name in frame["model"]]
    for column in ("template", "weights_hash"):
        names = [
            name if names.count(name) == 1 else f"{name} ({tell})"
            for name, tell in zip(names, frame[column], strict=True)
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
    return [Column(name, title, name in _FOLDED) for name, title in titles.items()]


def _row(name: str, row: pd.Series, leaders: tuple[str, frozenset[str]]) -> dict[str, Any]:
    best, level = leaders
    is_baseline = row["kind"] == _BASELINE
    kind = f"{row['kind']}, {row['template']}" if row["template"] else str(row["kind"])
    mark = "best" if name == best else "level" if name in level else ""
    return {
        "name": name,
        "kind": kind,
        "backbone": "" if is_baseline else str(row["backbone"]).strip(),
        "group": copy.BOARD_GROUP_BASELINE if is_baseline else str(row["backbone"]).strip(),
        "mark": mark,
        "mark_title": {"best": copy.BOARD_BEST, "level": copy.BOARD_LEVEL}.get(mark, ""),
        "cells": [*_metric_cells(row), *_cost_cells(row)],
    }


def _metric_cells(row: pd.Series) -> list[Cell]:
    cells = []
    for name in WITH_INTERVAL:
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        shown = show_percent(row[name], count_decimals(low, high))
        is_accuracy = name == "accuracy" and not is_missing(row[name])
        bar = (100 * low, 100 * row[name], 100 * high) if is_accuracy else None
        cells.append(Cell(name, shown, show_range(low, high), row[name], name in _FOLDED, bar))
    cells.append(Cell("ece", show_percent(row["ece"]), "", row["ece"], is_folded=False))
    return cells


def _cost_cells(row: pd.Series) -> list[Cell]:
    divisor, unit = (1e3, "kB") if row["size"] < _SMALL else (1e6, "MB")
    slowest = "" if is_missing(row["ms_p95"]) else copy.BOARD_P95.format(row["ms_p95"])
    shown = {
        "trainable": (show_number(row["trainable"], "{:,.0f}"), "", row["trainable"]),
        "parameters": (show_number(row["parameters"], "{:,.0f}"), "", row["parameters"]),
        "size": (show_number(row["size"] / divisor, f"{{:.1f}} {unit}"), "", row["size"]),
        "ms": (show_number(row["ms_median"], "{:.1f}"), slowest, row["ms_median"]),
    }
    return [Cell(name, *own, is_folded=name in _FOLDED) for name, own in shown.items()]


def _floor(floor: dict[str, object]) -> dict[str, Any]:
    share = float(str(floor["accuracy"]))
    return {
        "name": copy.ALWAYS.format(label=LABELS[int(bool(floor["is_positive"]))]),
        "accuracy": show_percent(share),
        "value": share,
    }


def _published(entry: Published) -> tuple[str, str, str]:
    low, high = f"{100 * entry.low:.4g}", f"{100 * entry.high:.4g}"
    split = copy.SAME_SPLIT if entry.is_same_split else copy.OTHER_SPLIT
    return entry.method, low if low == high else f"{low}–{high}", f"{split}: {entry.note}"


def render_exports(frame: pd.DataFrame, name: str) -> str:
    """Render links that save the table, as data in the page: nothing is kept on the server."""
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


def render_data(said: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    """Render a sentence on what a figure shows, and its numbers behind a toggle."""
    return render_template("data", said=said, headers=headers, rows=rows, title=copy.SHOW_NUMBERS)


def render_slices(
    a: str, b: str, rows: Sequence[tuple[str, SliceScore, SliceScore]], caption: str
) -> str:
    """Render the accuracy of A and B on slices of the data; small slices are quieter."""
    shown = [
        {
            "name": name,
            "is_small": own.is_small,
            "n": f"{own.n:,}",
            "scores": [_sliced(own), _sliced(other)],
            "difference": show_signed(100 * (other.accuracy - own.accuracy), 1),
        }
        for name, own, other in rows
    ]
    headers = [title.format(a=a, b=b) for title in examples_copy.SLICES_HEADERS]
    return str(
        render_template(
            "slices", headers=headers, rows=shown, caption=caption, few=examples_copy.FEW_TEXTS
        )
    )


def _sliced(score: SliceScore) -> tuple[str, str]:
    low, high = score.interval.low, score.interval.high
    return show_percent(score.accuracy, count_decimals(low, high)), show_range(low, high)
