"""Pure: failure rates on the challenge set -> the heat map, and the table of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sentiment.data.loading import CAPABILITY_TITLES
from sentiment.evaluation.challenge import CapabilityScore, FailureRate
from sentiment.ui.render.markup import render_template
from sentiment.ui.render.numbers import show_range
from sentiment.ui.text import examples as copy

_STRONGEST = 52  # per cent of the tint of a model that is always wrong: ink stays readable on it


def render_heatmap(
    scores: Mapping[str, Sequence[CapabilityScore]],
    groups: Mapping[str, Sequence[str]],
    *,
    chosen: Sequence[str] = (),
) -> str:
    """Render the error rate of every model on every capability; a cell opens its texts.

    Args:
        scores: by name of the model.
        groups: names of the models by title of their backbone, in the order of the rows.
        chosen: those that are A and B.
    """
    first = next(iter(scores.values()))
    columns = [
        (
            copy.HEAT_TITLES.get(own.capability, CAPABILITY_TITLES[own.capability]),
            CAPABILITY_TITLES[own.capability],
        )
        for own in first
    ]
    rows = [
        (title, [_row(name, scores[name], chosen) for name in names])
        for title, names in groups.items()
    ]
    return str(render_template("heatmap", copy=copy, columns=columns, groups=rows))


def _row(name: str, scores: Sequence[CapabilityScore], chosen: Sequence[str]) -> dict[str, Any]:
    sides = [side for side, own in zip("AB", chosen, strict=False) if own == name]
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
        "depth": f"{_STRONGEST * score.labels.rate:.0f}",
    }


def render_pairs(
    a: str, b: str, scores: tuple[Sequence[CapabilityScore], Sequence[CapabilityScore]]
) -> str:
    """Render how many invariance and directional pairs A and B fail, by capability."""
    rows = [
        (CAPABILITY_TITLES[own.capability], title, [_failed(first), _failed(second)])
        for own, other in zip(*scores, strict=True)
        for title, first, second in (
            (copy.FLIPPED_PAIRS, own.invariance, other.invariance),
            (copy.MISDIRECTED_PAIRS, own.directional, other.directional),
        )
        if first and second
    ]
    headers = [title.format(a=a, b=b) for title in copy.PAIRS_HEADERS]
    return str(render_template("pairs", copy=copy, headers=headers, rows=rows))


def _failed(share: FailureRate) -> tuple[str, str]:
    failed = copy.PAIRS_FAILED.format(failures=share.failures, n=share.n)
    return failed, show_range(share.interval.low, share.interval.high)
