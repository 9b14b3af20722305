"""Saved predictions as the tabs show them: by the rows they answer, under distinct names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import numpy as np

from sentiment.data.loading import CHALLENGE
from sentiment.data.sources import DATASETS, WHOLE_SPLIT, file_stem, full_title
from sentiment.evaluation.results import Result, by_name, find_results
from sentiment.evaluation.texts import find_texts

# Slug of the group, A and B; None where none was chosen.
Selection = tuple[str | None, str | None, str | None]


@dataclass(frozen=True)
class Group:
    """Saved predictions on the same rows."""

    slug: str  # in links: sst2, imdb, challenge, sst2-train-random-20-seed-42
    title: str
    results: tuple[Result, ...]  # compared with each other
    draws: tuple[Result, ...] = ()  # few-shot, not compared


@dataclass(frozen=True)
class Chosen:
    """The groups there are, and the group and the pair that are chosen."""

    groups: dict[str, Group] = field(default_factory=dict)  # by slug
    group: Group | None = None
    a: Result | None = None
    b: Result | None = None

    @property
    def results(self) -> tuple[Result, ...]:
        """Return the results of the chosen group; none where there is no group."""
        return self.group.results if self.group else ()

    @property
    def selection(self) -> Selection:
        """Return slug and names of what is chosen."""
        names = [_name(self.results, own) for own in (self.a, self.b)]
        return self.group.slug if self.group else None, names[0], names[1]


def find_groups() -> tuple[dict[str, Group], list[str]]:
    """Find results by the rows they were scored on, and a sentence for each broken file.

    Few-shot results are not compared where there are others: each draw would add to the pairs that
    Holm's correction covers.
    """
    results, problems = find_results()
    by_rows: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if not len(result.gold):
            problems.append(f"{result.info.model} on {_title(result)}: no text has a label.")
            continue
        by_rows.setdefault((_title(result), result.info.fingerprint), []).append(result)
    ranked = sorted(by_rows.items(), key=lambda item: _rank(item[1][0]))
    titles = [title for (title, _), _ in ranked]
    groups = {}
    for (title, fingerprint), own in ranked:
        is_only = titles.count(title) == 1
        slug = _slug(own[0]) if is_only else f"{_slug(own[0])}-{fingerprint}"
        shown = title if is_only else f"{title} ({fingerprint})"
        compared = tuple(result for result in own if not result.info.method.shots) or tuple(own)
        draws = tuple(result for result in own if result not in compared)
        groups[slug] = Group(slug, shown, compared, draws)
    return groups, problems


def default_pair(results: Sequence[Result]) -> tuple[str, str]:
    """Choose a zero-shot side and the best model trained from the same backbone, if possible."""
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


def choose(group: str | None, a: str | None, b: str | None) -> Chosen:
    """Choose a group and a pair by slug and names; a default where one is unknown."""
    groups, _ = find_groups()
    chosen = groups.get(group or "") or next(iter(groups.values()), None)
    if chosen is None:
        return Chosen()
    named = by_name(chosen.results)
    pair = (a, b) if a in named and b in named else _complete(chosen.results, a, b)
    return Chosen(groups, chosen, *(named.get(name or "") for name in pair))


def read_selection(query: Mapping[str, str], tab: str) -> Selection:
    """Read data, A and B of a link such as ?tab=scores&data=sst2&a=NAME; unknown ones are None."""
    if query.get("tab") != tab:
        return None, None, None
    group = find_groups()[0].get(query.get("data", ""))
    named = by_name(group.results) if group else {}
    a, b = (name if (name := query.get(side, "")) in named else None for side in "ab")
    return group.slug if group else None, a, b


def create_pickers(ids: tuple[str, str, str], labels: tuple[str, str, str]) -> list[Any]:
    """Create the dropdowns of data set, A and B."""
    return [
        gr.Dropdown(label=label, choices=[], elem_id=name, min_width=150)
        for name, label in zip(ids, labels, strict=True)
    ]


def fill_pickers(chosen: Chosen) -> tuple[Any, ...]:
    """Fill the dropdowns of data set, A and B with what there is and what is chosen."""
    slug, a, b = chosen.selection
    titles = [(group.title, group.slug) for group in chosen.groups.values()]
    names = list(by_name(chosen.results))
    return (
        gr.Dropdown(choices=titles, value=slug),
        *(gr.Dropdown(choices=names, value=name) for name in (a, b)),
    )


def find_example(
    group: str | None, a: str | None, b: str | None, row: str
) -> tuple[str | None, int | None]:
    """Find the text and the gold label of a row that was pressed; None where there is none.

    Args:
        group: slug of the data set.
        row: number of the row, as the page sends it.
    """
    first = choose(group, a, b).a
    if first is None or not row.isdecimal():
        return None, None
    texts = find_texts(first)
    places = np.flatnonzero(first.frame["row"].to_numpy() == int(row))
    if texts is None or not len(places):
        return None, None
    gold = int(first.frame["gold"].iloc[places[0]])
    return texts[places[0]], gold if gold >= 0 else None


def _complete(results: Sequence[Result], a: str | None, b: str | None) -> tuple[str, str]:
    """Keep the one of A and B that is known, beside a default for the other."""
    names = list(by_name(results))
    first, second = default_pair(results)
    if a in names:
        return str(a), next((name for name in (second, first) if name != a), str(a))
    if b in names:
        return next((name for name in (first, second) if name != b), str(b)), str(b)
    return first, second


def _title(result: Result) -> str:
    return full_title(result.info.dataset, result.info.split)


def _slug(result: Result) -> str:
    info = result.info
    known = DATASETS.get(info.dataset)
    is_official = known is not None and info.split == known.evaluation_split
    if is_official or info.split == WHOLE_SPLIT:
        return info.dataset
    return file_stem(info.dataset, info.split)


def _rank(result: Result) -> int:
    """Rank the official splits first, then the challenge set, then what was scored besides."""
    known = DATASETS.get(result.info.dataset)
    if known is not None and result.info.split == known.evaluation_split:
        return list(DATASETS).index(result.info.dataset)
    return len(DATASETS) + (result.info.dataset != CHALLENGE)


def _name(results: Sequence[Result], result: Result | None) -> str | None:
    return next((name for name, own in by_name(results).items() if own is result), None)


def _place(results: Sequence[Result], wanted: Result) -> int:
    return next(i for i, result in enumerate(results) if result is wanted)
