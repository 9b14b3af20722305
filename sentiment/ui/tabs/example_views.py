"""Build the views of the Examples tab: the error overview and the filtered texts."""

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

PAGE_SIZE = 20  # texts shown at first and added by "Show more"
ALL = "all texts"  # the slice with all texts


def show_examples(
    chosen: Chosen,
    outcome: str | None,
    slice_name: str | None,
    query: str | None,
    *,
    count: int = PAGE_SIZE,
) -> tuple[Any, ...]:
    """Find the texts of an outcome, a slice and a search query; a default for what is unknown.

    Returns:
        slices, summary, texts, count, "Show more", "Download", note on missing texts
    """
    a, b = chosen.a, chosen.b
    hidden = gr.Button(visible=False)
    if a is None or b is None:
        empty = render_message(scores_copy.NO_RESULTS)
        return gr.skip(), empty, "", PAGE_SIZE, hidden, hidden, ""
    texts = find_texts(a)
    slices = {part.name: part.mask for part in find_parts(a, texts)}
    slice_name = slice_name if slice_name in slices else ALL
    outcome = outcome if outcome in OUTCOMES else DEFAULT_OUTCOME
    picker = gr.Dropdown(choices=list(slices), value=slice_name)
    missing = "" if texts is not None else render_message(_describe_missing(a))
    download = _download_button(a, texts)
    query = (query or "")[:MAX_SEARCH]
    try:
        pairs = join(a, b)
        mask = select_rows(pairs, outcome) & slices[slice_name]
        if query and texts is None:
            raise InputError(copy.SEARCH_NEEDS_TEXTS)
        if query and texts is not None:
            mask &= search(texts, query)
    except (DataError, InputError) as error:
        message = render_message(str(error), is_alert=True)
        return picker, message, "", PAGE_SIZE, hidden, download, missing
    indices = _order(pairs, mask, is_wrong_first=outcome == "all")
    shown = min(count, len(indices))
    summary = _summarize(chosen, pairs.iloc[indices], outcome, slice_name, shown=shown, texts=texts)
    if texts is None:
        return picker, summary, "", count, hidden, download, missing
    listed = [_example(pairs.iloc[i], texts[i], query) for i in indices[:count]]
    body = render_examples(listed) if listed else render_message(copy.NOTHING_FOUND)
    is_more = gr.Button(visible=len(indices) > count)
    return picker, summary, body, count, is_more, download, missing


def show_overview(chosen: Chosen) -> tuple[str, str]:
    """Render the heat map and the pairs of the challenge set, or the slices of other data."""
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
    _, name_a, name_b = chosen.selection
    heat = render_heatmap(scores, groups, chosen=(name_a or "", name_b or ""))
    return heat, render_pairs(*names, (scores[name_a or ""], scores[name_b or ""]))


@lru_cache(maxsize=64)
def _score(result: Result) -> list[CapabilityScore]:
    return score_capabilities(result)


def _order(pairs: pd.DataFrame, mask: np.ndarray, *, is_wrong_first: bool) -> np.ndarray:
    """Sort the rows in `mask` by the difference of A and B, or by errors of B, then of A."""
    indices = np.flatnonzero(mask)
    gaps = (pairs["p_b"] - pairs["p_a"]).abs().to_numpy()[indices]
    if not is_wrong_first:
        return indices[np.argsort(-gaps, kind="stable")]
    is_right = [pairs[f"{side}_right"].to_numpy()[indices] for side in "ab"]
    return indices[np.lexsort((-gaps, is_right[0], is_right[1]))]


def _summarize(
    chosen: Chosen,
    rows: pd.DataFrame,
    outcome: str,
    slice_name: str,
    *,
    shown: int,
    texts: list[str] | None,
) -> str:
    """Summarize the number of texts, their outcome and their order."""
    a, b = chosen.a, chosen.b
    if a is None or b is None:
        return ""
    names = _names(a, b)
    what = describe_outcome(outcome, *names)
    if slice_name != ALL:
        what += f" ({slice_name})"
    form = copy.FOUND_WRONG_FIRST if outcome == "all" else copy.FOUND
    form = copy.FOUND_UNREAD if texts is None else form
    summary = form.format(shown=shown, count=len(rows), what=what, b=names[1])
    if outcome.startswith("c-"):
        summary += copy.CHANGED.format(
            **{f"{side}_right": int(rows[f"{side}_right"].sum()) for side in "ab"}
        )
    return render_sentence(summary)


def _example(row: pd.Series, text: str, query: str) -> Example:
    return Example(
        row=int(row["row"]),
        text=text,
        gold=int(row["gold"]),
        p_a=float(row["p_a"]),
        p_b=float(row["p_b"]),
        hits=find_hits(text, query),
    )


def _download_button(result: Result, texts: list[str] | None) -> Any:
    can_download = result.info.dataset in DATASETS or is_hub_id(result.info.dataset)
    title = full_title(result.info.dataset, result.info.split)
    return gr.Button(
        copy.DOWNLOAD_TEXTS.format(title=title), visible=texts is None and can_download
    )


def _describe_missing(result: Result) -> str:
    info = result.info
    title = full_title(info.dataset, info.split)
    if info.dataset not in DATASETS:
        return copy.NO_SOURCE.format(title=title)
    sample = RANDOM_PART.fullmatch(info.split)
    split = sample["base"] if sample else info.split
    return copy.NO_TEXTS.format(title=title, file=f"{info.dataset}/{split}.parquet")


def _names(a: Result, b: Result) -> tuple[str, str]:
    """Return the names of A and B, with a prefix if they are the same."""
    names = (a.info.model, b.info.model)
    return names if len(set(names)) == 2 else (f"A ({names[0]})", f"B ({names[1]})")


def _render_slices(a: Result, b: Result) -> str:
    rows = []
    try:
        order = b.frame.set_index("row").loc[a.frame["row"]].reset_index()
    except KeyError:  # different texts; show_examples reports it
        return ""
    aligned = replace(b, frame=order)
    for part in find_parts(a, find_texts(a)):
        score_a, score_b = score_slice(a, part.mask), score_slice(aligned, part.mask)
        if score_a and score_b:
            rows.append((part.name, score_a, score_b))
    return render_slices(*_names(a, b), rows, copy.SLICES_NOTE)
