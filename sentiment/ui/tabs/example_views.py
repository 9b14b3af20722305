"""What the Examples tab shows of a choice: the overview of errors, and the texts it filters."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from sentiment.data.loading import is_hub_id
from sentiment.data.sources import DATASETS, RANDOM_PART, full_title
from sentiment.errors import DataError, InputError
from sentiment.evaluation.challenge import CapabilityScore, is_challenge, score_capabilities
from sentiment.evaluation.comparison import join
from sentiment.evaluation.outcomes import (
    DEFAULT_OUTCOME,
    OUTCOMES,
    describe_outcome,
    select_rows,
)
from sentiment.evaluation.results import Result, by_name
from sentiment.evaluation.subsets import find_hits, score_slice, search
from sentiment.evaluation.texts import find_parts, find_texts
from sentiment.limits import MAX_SEARCH
from sentiment.ui.render.examples import Example, render_examples
from sentiment.ui.render.heatmap import render_heatmap, render_pairs
from sentiment.ui.render.html import render_message, render_sentence
from sentiment.ui.render.tables import render_slices
from sentiment.ui.session.selection import Chosen
from sentiment.ui.text import examples as copy
from sentiment.ui.text import scores as scores_copy

PAGE = 20  # texts shown at first, and by which "more" adds
ALL = "all texts"  # the slice that holds everything


def show_examples(
    chosen: Chosen,
    which: str | None,
    part: str | None,
    wanted: str | None,
    *,
    count: int = PAGE,
) -> tuple[Any, ...]:
    """Find the texts of an outcome, a slice and a search; a default where one is unknown.

    Returns:
        slices, sentence, texts, count, button for more, button to fetch, what is missing
    """
    a, b = chosen.a, chosen.b
    hidden = gr.Button(visible=False)
    if a is None or b is None:
        nothing = render_message(scores_copy.NO_RESULTS)
        return gr.skip(), nothing, "", PAGE, hidden, hidden, ""
    texts = find_texts(a)
    slices = {own.name: own.mask for own in find_parts(a, texts)}
    part = part if part in slices else ALL
    which = which if which in OUTCOMES else DEFAULT_OUTCOME
    picker = gr.Dropdown(choices=list(slices), value=part)
    missing = ("" if texts is not None else render_message(_missing(a)), _fetch_button(a, texts))
    wanted = (wanted or "")[:MAX_SEARCH]
    try:
        pairs = join(a, b)
        found = select_rows(pairs, which) & slices[part]
        if wanted and texts is None:
            raise InputError(copy.SEARCH_NEEDS_TEXTS)
        if wanted and texts is not None:
            found &= search(texts, wanted)
    except (DataError, InputError) as error:
        problem = render_message(str(error), is_alert=True)
        return picker, problem, "", PAGE, hidden, missing[1], missing[0]
    places = _order(pairs, found, is_wrong_first=which == "all")
    said = _say(chosen, pairs.iloc[places], which, part, shown=min(count, len(places)), texts=texts)
    if texts is None:
        return picker, said, "", count, hidden, missing[1], missing[0]
    listed = [_example(pairs.iloc[i], texts[i], wanted) for i in places[:count]]
    body = render_examples(listed) if listed else render_message(copy.NOTHING_FOUND)
    is_more = gr.Button(visible=len(places) > count)
    return picker, said, body, count, is_more, missing[1], missing[0]


def show_overview(chosen: Chosen) -> tuple[str, str]:
    """Render the heat map of the challenge set with its pairs, or the slices of other data."""
    a, b = chosen.a, chosen.b
    if a is None or b is None:
        return "", ""
    names = _names(a, b)
    if not is_challenge(a.info):
        return _render_slices(a, b), ""
    named = by_name(chosen.results)
    scores = {name: _score(result) for name, result in named.items()}
    groups: dict[str, list[str]] = {}
    for name, result in named.items():
        is_baseline = result.info.kind == "baseline"
        title = scores_copy.BOARD_GROUP_BASELINE if is_baseline else result.info.backbone
        groups.setdefault(title, []).append(name)
    _, own, other = chosen.selection
    heat = render_heatmap(scores, groups, chosen=(own or "", other or ""))
    return heat, render_pairs(*names, (scores[own or ""], scores[other or ""]))


@lru_cache(maxsize=64)
def _score(result: Result) -> list[CapabilityScore]:
    return score_capabilities(result)


def _order(pairs: pd.DataFrame, found: np.ndarray, *, is_wrong_first: bool) -> np.ndarray:
    """Order the found rows by how far A and B differ, or first by what B and A get wrong."""
    places = np.flatnonzero(found)
    gaps = (pairs["p_b"] - pairs["p_a"]).abs().to_numpy()[places]
    if not is_wrong_first:
        return places[np.argsort(-gaps, kind="stable")]
    is_right = [pairs[f"{side}_right"].to_numpy()[places] for side in "ab"]
    return places[np.lexsort((-gaps, is_right[0], is_right[1]))]


def _say(
    chosen: Chosen,
    rows: pd.DataFrame,
    which: str,
    part: str,
    *,
    shown: int,
    texts: list[str] | None,
) -> str:
    """Say how many texts there are, of which outcome, and in which order."""
    a, b = chosen.a, chosen.b
    if a is None or b is None:
        return ""
    names = _names(a, b)
    what = describe_outcome(which, *names)
    if part != ALL:
        what += f" ({part})"
    form = copy.FOUND_WRONG_FIRST if which == "all" else copy.FOUND
    form = copy.FOUND_UNREAD if texts is None else form
    said = form.format(shown=shown, count=len(rows), what=what, b=names[1])
    if which.startswith("c-"):
        said += copy.CHANGED.format(
            **{f"{side}_right": int(rows[f"{side}_right"].sum()) for side in "ab"}
        )
    return render_sentence(said)


def _example(row: pd.Series, text: str, wanted: str) -> Example:
    return Example(
        row=int(row["row"]),
        text=text,
        gold=int(row["gold"]),
        p_a=float(row["p_a"]),
        p_b=float(row["p_b"]),
        hits=find_hits(text, wanted),
    )


def _fetch_button(result: Result, texts: list[str] | None) -> Any:
    can_fetch = result.info.dataset in DATASETS or is_hub_id(result.info.dataset)
    title = full_title(result.info.dataset, result.info.split)
    return gr.Button(copy.FETCH_TEXTS.format(title=title), visible=texts is None and can_fetch)


def _missing(result: Result) -> str:
    info = result.info
    title = full_title(info.dataset, info.split)
    if info.dataset not in DATASETS:
        return copy.NO_TEXTS_HERE.format(title=title)
    drawn = RANDOM_PART.fullmatch(info.split)
    split = drawn["base"] if drawn else info.split
    return copy.NO_TEXTS.format(title=title, file=f"{info.dataset}/{split}.parquet")


def _names(a: Result, b: Result) -> tuple[str, str]:
    """Return their names, told apart where they are the same."""
    names = (a.info.model, b.info.model)
    return names if len(set(names)) == 2 else (f"A ({names[0]})", f"B ({names[1]})")


def _render_slices(a: Result, b: Result) -> str:
    rows = []
    try:
        order = b.frame.set_index("row").loc[a.frame["row"]].reset_index()
    except KeyError:  # they answer different texts, which is said with the texts
        return ""
    aligned = replace(b, frame=order)
    for own in find_parts(a, find_texts(a)):
        first, second = score_slice(a, own.mask), score_slice(aligned, own.mask)
        if first and second:
            rows.append((own.name, first, second))
    return render_slices(*_names(a, b), rows, copy.SLICES_NOTE)
