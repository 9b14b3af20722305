"""Render error rates on the challenge set as a heat map, and the table of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sentiment.data.loading import CAPABILITY_TITLES
from sentiment.evaluation.challenge import CapabilityScore, FailureRate
from sentiment.ui.render.markup import render_template
from sentiment.ui.render.numbers import show_range
from sentiment.ui.text import examples as copy

_MAX_TINT = 52  # per cent, at an error rate of 100 %; keeps the text readable


def render_heatmap(
    scores: Mapping[str, Sequence[CapabilityScore]],
    groups: Mapping[str, Sequence[str]],
    *,
    chosen: Sequence[str] = (),
) -> str:
    """Render the error rate of every model by capability; a cell opens its texts.

    Args:
        scores: by model name.
        groups: model names by backbone title, in row order.
        chosen: names of A and B.
    """
    first = next(iter(scores.values()))
    columns = [
        (
            copy.HEAT_TITLES.get(score.capability, CAPABILITY_TITLES[score.capability]),
            CAPABILITY_TITLES[score.capability],
        )
        for score in first
    ]
    rows = [
        (title, [_row(name, scores[name], chosen) for name in names])
        for title, names in groups.items()
    ]
    return str(render_template("heatmap", copy=copy, columns=columns, groups=rows))


def _row(name: str, scores: Sequence[CapabilityScore], chosen: Sequence[str]) -> dict[str, Any]:
    sides = [side for side, chosen_name in zip("AB", chosen, strict=False) if chosen_name == name]
    return {
        "name": name,
        "side": " ".join(sides),
        "cells": [_cell(name, score) for score in scores],
    }


def _cell(name: str, score: CapabilityScore) -> dict[str, str]:
    title = CAPABILITY_TITLES[score.capability]
    label = copy.HEAT_CELL.format(
        model=name, capability=title, failures=score.labels.failures, n=score.labels.n
    )
    return {
        "key": f"{name}|{title}",
        "rate": f"{100 * score.labels.rate:.0f}",
        "label": label,
        "depth": f"{_MAX_TINT * score.labels.rate:.0f}",
    }


def render_pairs(
    a: str, b: str, scores: tuple[Sequence[CapabilityScore], Sequence[CapabilityScore]]
) -> str:
    """Render the failures of A and B on invariance and directional pairs, by capability."""
    rows = [
        (CAPABILITY_TITLES[score_a.capability], title, [_failed(first), _failed(second)])
        for score_a, score_b in zip(*scores, strict=True)
        for title, first, second in (
            (copy.INVARIANCE, score_a.invariance, score_b.invariance),
            (copy.DIRECTIONAL, score_a.directional, score_b.directional),
        )
        if first and second
    ]
    headers = [title.format(a=a, b=b) for title in copy.PAIRS_HEADERS]
    return str(render_template("pairs", copy=copy, headers=headers, rows=rows))


def _failed(rate: FailureRate) -> tuple[str, str]:
    failed = copy.PAIRS_FAILED.format(failures=rate.failures, n=rate.n)
    return failed, show_range(rate.interval.low, rate.interval.high)
