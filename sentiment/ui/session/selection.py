"""Saved predictions as the tabs show them: by the rows they answer, under distinct names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
import numpy as np

from sentiment.data.loading import CHALLENGE
from sentiment.data.sources import DATASETS, full_title
from sentiment.evaluation.results import Result, by_name, find_results
from sentiment.evaluation.texts import find_texts

Selection = tuple[str | None, str | None, str | None]  # group, A and B, None where none was chosen


def remember(group: str | None, a: str | None, b: str | None) -> Selection:
    """What was chosen, for the other tabs."""
    return group, a, b


def find_groups() -> tuple[dict[str, list[Result]], list[str]]:
    """Results by the rows they were scored on, and a sentence for each file that is broken."""
    results, problems = find_results()
    by_rows: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if not len(result.gold):
            problems.append(f"{result.info.model} on {_title(result)}: no text has a label.")
            continue
        by_rows.setdefault((_title(result), result.info.fingerprint), []).append(result)
    by_rows = dict(sorted(by_rows.items(), key=lambda item: _rank(item[1][0])))
    titles = [title for title, _ in by_rows]
    groups = {
        title if titles.count(title) == 1 else f"{title} ({fingerprint})": group
        for (title, fingerprint), group in by_rows.items()
    }
    return groups, problems


def _title(result: Result) -> str:
    return full_title(result.info.dataset, result.info.split)


def _rank(result: Result) -> int:
    """The official splits first, then the challenge set, then what was scored besides."""
    known = DATASETS.get(result.info.dataset)
    if known is not None and result.info.split == known.evaluation_split:
        return list(DATASETS).index(result.info.dataset)
    return len(DATASETS) + (result.info.dataset != CHALLENGE)


def default_group(groups: dict[str, list[Result]]) -> str | None:
    """The first group, which `find_groups` puts there because most people ask for it."""
    return next(iter(groups), None)


def default_pair(results: Sequence[Result]) -> tuple[str, str]:
    """A zero-shot side and the best model trained from the same backbone, where there are both."""
    names = list(by_name(results))
    trained = [result for result in results if result.info.kind == "fine-tuned"]
    best = max(trained or results, key=lambda result: result.accuracy)
    others = [result for result in results if result is not best] or list(results)
    first = next(
        (
            result
            for result in others
            if result.info.kind == "zero-shot" and result.info.backbone == best.info.backbone
        ),
        others[0],
    )
    return names[_place(results, first)], names[_place(results, best)]


def _place(results: Sequence[Result], wanted: Result) -> int:
    return next(i for i, result in enumerate(results) if result is wanted)


def choose(
    group: str | None, a: str | None, b: str | None
) -> tuple[dict[str, list[Result]], str | None, Result | None, Result | None]:
    """All groups, and the group and the pair that are chosen, or the defaults where none are."""
    groups, _ = find_groups()
    if group not in groups:
        group = default_group(groups)
    results = groups.get(group or "", [])
    named = by_name(results)
    if results and (a not in named or b not in named):
        a, b = default_pair(results)
    return groups, group, named.get(a or ""), named.get(b or "")


def choices(results: Sequence[Result], result: Result | None) -> Any:
    """A dropdown of the models of `results` with that of `result` chosen."""
    named = by_name(results)
    value = next((name for name, own in named.items() if own is result), None)
    return gr.Dropdown(choices=list(named), value=value)


def find_text(group: str | None, a: str | None, b: str | None, row: str) -> str | None:
    """The text of a row that was pressed, where it is available."""
    _, _, first, _ = choose(group, a, b)
    if first is None or not row.isdecimal():
        return None
    texts = find_texts(first)
    places = np.flatnonzero(first.frame["row"].to_numpy() == int(row))
    return texts[places[0]] if texts is not None and len(places) else None
