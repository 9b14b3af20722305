"""Build the Scores tab: a paired comparison, the leaderboard, and further parts."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pandas as pd

from sentiment.data.sources import file_stem
from sentiment.errors import DataError
from sentiment.evaluation.draws import group_draws
from sentiment.evaluation.published import published_for
from sentiment.evaluation.score_table import (
    against_baseline,
    draws_frame,
    majority_row,
    scores_frame,
)
from sentiment.serving.lineup import LineUp
from sentiment.ui.render.html import render_message, render_note, render_sentence, render_title
from sentiment.ui.render.markup import render_template
from sentiment.ui.render.matrices import ON_PRESS, describe_baseline
from sentiment.ui.render.pairs import render_pair
from sentiment.ui.render.tables import render_exports, render_scores
from sentiment.ui.session.jobs import UNCHECKED
from sentiment.ui.session.pairs import compare_all, compare_pair, find_leaders
from sentiment.ui.session.selection import (
    Chosen,
    Selection,
    choose,
    create_pickers,
    fill_pickers,
    find_groups,
    read_selection,
)
from sentiment.ui.tabs.score_parts import Parts, create_parts
from sentiment.ui.text import scores as copy

_FOLLOW = "(data, a, b) => window.sentimentScores(data, a, b)"
_SIDES = {"set-a": 0, "set-b": 1}


def create_scores(lineup: LineUp, tab: gr.Tab, shared: gr.State) -> gr.HTML:
    """Build the components of `tab` and wire them; return the matrices, which send pressed cells.

    Args:
        shared: group, A and B as they were last chosen, in whichever tab.
    """

    def open_tab(request: gr.Request, selection: Selection) -> tuple[Any, ...]:
        """Read the saved predictions anew, so that what was trained since then is there.

        What was chosen before stays chosen; a link counts once.
        """
        linked = read_selection(request.query_params, "scores")
        is_first = selection == (None, None, None)
        chosen = choose(*(linked if linked[0] and is_first else selection))
        problems = find_groups()[1]
        warning = "".join(render_message(problem, is_alert=True) for problem in problems)
        return warning, *_show_pair(chosen)

    def show_group(slug: str | None, a: str | None, b: str | None) -> tuple[Any, ...]:
        return *_show_pair(choose(slug, a, b)), render_message(copy.BOARD_WORKING)

    def show_pair(slug: str | None, a: str | None, b: str | None) -> tuple[Any, ...]:
        return _show_pair(choose(slug, a, b))

    def set_side(
        event: gr.EventData, slug: str | None, a: str | None, b: str | None
    ) -> tuple[Any, ...]:
        """Choose the model of a row of the leaderboard as A or as B."""
        side, _, name = str(getattr(event, "value", "")).partition("|")
        pair = [a, b]
        if side in _SIDES:
            pair[_SIDES[side]] = name
        return _show_pair(choose(slug, *pair))

    warning = gr.HTML()
    with gr.Row(elem_id="scores-bar", elem_classes="s-toolbar s-fields"):
        pickers = create_pickers(
            ("scores-group", "model-a", "model-b"),
            (copy.DATASET_LABEL, copy.MODEL_A, copy.MODEL_B),
        )
    pair = gr.HTML(elem_id="pair-sentence")
    gr.HTML(render_title(copy.BOARD_TITLE))
    table = gr.HTML(elem_id="scores-table", js_on_load=ON_PRESS)
    parts = create_parts(lineup, pickers)

    shown = [*pickers, shared, pair]
    # When it is opened, not with the page: the intervals would keep the first answer waiting.
    opened = tab.select(open_tab, inputs=shared, outputs=[warning, *shown], **UNCHECKED)
    group, *models = pickers
    changed = group.input(show_group, inputs=pickers, outputs=[*shown, table], **UNCHECKED)
    sides = [own.input(show_pair, inputs=pickers, outputs=shown, **UNCHECKED) for own in models]
    sides.append(table.select(set_side, inputs=pickers, outputs=shown, **UNCHECKED))
    _follow(lineup, pickers, parts, table, groups=[opened, changed], pairs=sides)
    return parts.matrices


def _follow(
    lineup: LineUp,
    pickers: list[Any],
    parts: Parts,
    table: gr.HTML,
    *,
    groups: list[Any],
    pairs: list[Any],
) -> None:
    """Show the parts of a chosen pair, and the leaderboard of a chosen data set, as a link too."""

    def show_table(slug: str | None, a: str | None, b: str | None) -> str:
        return _render_table(choose(slug, a, b), lineup)

    board: dict[str, Any] = {"fn": show_table, "inputs": pickers, "outputs": table, **UNCHECKED}
    link: dict[str, Any] = {
        "fn": None,
        "inputs": pickers,
        "js": _FOLLOW,
        "api_visibility": "private",
    }
    for event in groups:
        event.then(**link).then(**parts.event).then(**board).then(**link)
    for event in pairs:
        event.then(**link).then(**parts.event)


def _show_pair(chosen: Chosen) -> tuple[Any, ...]:
    """Return the pickers, the selection for other tabs, and the picture of the pair."""
    if chosen.a is None or chosen.b is None:
        return *fill_pickers(chosen), chosen.selection, render_message(copy.NO_RESULTS)
    try:
        compared = compare_pair(chosen.results, chosen.a, chosen.b)
        pair: str = render_pair(compared, is_same=chosen.a is chosen.b)
    except DataError as error:
        pair = render_message(str(error), is_alert=True)
    return *fill_pickers(chosen), chosen.selection, pair


def _render_table(chosen: Chosen, lineup: LineUp) -> str:
    """Render the leaderboard of a group, what it says of the baseline, and its exports."""
    results = chosen.results
    if not results or chosen.group is None:
        return ""
    models, draws = lineup.models(), group_draws(chosen.group.draws)
    frame = scores_frame(results, models)
    if draws:
        frame = pd.concat([frame, draws_frame(draws, models)], ignore_index=True)
    info, sentences = results[0].info, []
    leaders: tuple[str, frozenset[str]] = ("", frozenset())
    try:
        leaders = find_leaders(results)
        sentences = describe_baseline(against_baseline(results, compare_all(results)))
    except DataError:  # said where the pair is shown
        pass
    table = render_scores(
        frame,
        majority=majority_row(results[0]),
        published=published_for(info.dataset, info.split),
        caption=f"{chosen.group.title}, n = {results[0].metrics.n:,}",
        leaders=leaders,
        selectable=True,
    )
    notes = [copy.TABLE_NOTE, *([copy.DRAWS_NOTE] if draws else [])]
    if places := [place for place in dict.fromkeys(frame["ms_on"]) if place]:
        notes.append(copy.MEASURED_ON.format(where=" and ".join(places)))
    warning = render_note(copy.OVERLAPPING) if info.split.startswith("train-random") else ""
    return "".join(
        (
            warning,
            table,
            *map(render_sentence, sentences),
            render_template("notes", title=copy.TABLE_NOTE_TITLE, notes=notes),
            render_exports(frame, f"scores-{file_stem(info.dataset, info.split)}"),
        )
    )
