"""Build the Examples tab: error rates by capability, and their texts."""

from __future__ import annotations

from typing import Any

import gradio as gr

from sentiment.data.loading import CHALLENGE
from sentiment.errors import DataError, InputError
from sentiment.evaluation.outcomes import ALIASES, DEFAULT_OUTCOME, OUTCOMES
from sentiment.evaluation.texts import fetch_texts, find_texts
from sentiment.ui.render.matrices import ON_PRESS
from sentiment.ui.session.errors import show_errors
from sentiment.ui.session.jobs import UNCHECKED
from sentiment.ui.session.selection import (
    Chosen,
    Selection,
    choose,
    create_pickers,
    fill_pickers,
    read_selection,
)
from sentiment.ui.tabs.example_views import ALL, PAGE_SIZE, show_examples, show_overview
from sentiment.ui.text import examples as copy

_FOLLOW = "(...choices) => window.sentimentExamples(...choices)"
_LOOK_AT_TEXTS = "() => window.sentimentLookAt('#examples-said')"


def create_examples(
    tabs: gr.Tabs, tab: gr.Tab, matrices: gr.HTML, shared: gr.State
) -> tuple[gr.HTML, list[Any]]:
    """Build the components of `tab` and wire them.

    Args:
        tabs: switched to this tab when a cell of `matrices` is pressed.
        matrices: of the Scores tab.
        shared: group, A and B as they were last chosen, in whichever tab.

    Returns:
        the list of texts, which sends the row number of a pressed one, and the components that
        hold group, A and B
    """
    pickers, which, part, wanted = _create_filters()
    overview = gr.HTML(elem_id="examples-parts", js_on_load=ON_PRESS)
    with gr.Row(elem_classes="s-missing"):
        missing = gr.HTML(elem_id="examples-missing")
        fetched = gr.Button(copy.DOWNLOAD_TEXTS, visible=False, size="sm", elem_id="examples-fetch")
    said = gr.HTML(elem_id="examples-said")
    texts = gr.HTML(elem_id="examples", js_on_load=ON_PRESS)
    count = gr.State(PAGE_SIZE)
    more = gr.Button(copy.MORE, visible=False, size="sm")
    pairs = gr.HTML(elem_id="examples-pairs")
    _wire(
        tabs,
        tab,
        matrices,
        shared,
        pickers=pickers,
        filters=[which, part, wanted],
        shown=[part, said, texts, count, more, fetched, missing],
        overview=[overview, pairs],
    )
    return texts, pickers


def _create_filters() -> tuple[list[Any], gr.Dropdown, gr.Dropdown, gr.Textbox]:
    """Create data set, A and B, then outcome, slice and search."""
    with gr.Row(elem_id="examples-bar", elem_classes="s-toolbar s-fields"):
        pickers = create_pickers(
            ("examples-group", "examples-a", "examples-b"),
            (copy.DATASET_LABEL, copy.MODEL_A, copy.MODEL_B),
        )
        which = gr.Dropdown(
            label=copy.WHICH_TEXTS,
            choices=[(outcome.title, key) for key, outcome in OUTCOMES.items()],
            value=DEFAULT_OUTCOME,
            elem_id="examples-outcome",
            min_width=150,
        )
        part = gr.Dropdown(
            label=copy.SLICE_LABEL,
            choices=[ALL],
            value=ALL,
            elem_id="examples-slice",
            min_width=150,
        )
        wanted = gr.Textbox(
            label=copy.SEARCH_LABEL,
            placeholder=copy.SEARCH_PLACEHOLDER,
            elem_id="examples-search",
            min_width=150,
        )
    return pickers, which, part, wanted


def _wire(
    tabs: gr.Tabs,
    tab: gr.Tab,
    matrices: gr.HTML,
    shared: gr.State,
    *,
    pickers: list[Any],
    filters: list[Any],
    shown: list[Any],
    overview: list[Any],
) -> None:
    """Wire the components."""
    here, seen = gr.State((None, None, None)), gr.State(None)
    pinned = gr.State(None)  # the group that was asked for in this tab, even without its texts
    held = [*pickers, *filters]
    whole = [*pickers, here, pinned, *filters, *shown[1:], *overview]
    _, _, _, count, more, fetched, _ = shown
    place = len(whole) - len(overview) - 1  # of what is missing
    follow: dict[str, Any] = {
        "fn": None,
        "inputs": held,
        "js": _FOLLOW,
        "api_visibility": "private",
    }
    look: dict[str, Any] = {"fn": None, "js": _LOOK_AT_TEXTS, "api_visibility": "private"}
    asked = [shared, here, seen, pinned, *filters]
    tab.select(open_tab, asked, [*whole, seen], **UNCHECKED).then(**follow)
    cell = matrices.select(open_cell, shared, [tabs, *whole, seen], **UNCHECKED)
    cell.then(**look).then(**follow)
    overview[0].select(open_capability, inputs=held, outputs=whole, **UNCHECKED).then(**look).then(
        **follow
    )
    for picker in pickers:
        picker.input(change_pair, inputs=held, outputs=whole, **UNCHECKED).then(**follow)
    *choices, wanted = filters
    # Not `input` of the search, which a pasted text does not raise.
    for changed in (*(choice.input for choice in choices), wanted.change):
        changed(change_filter, inputs=held, outputs=shown, trigger_mode="always_last", **UNCHECKED)
        changed(**follow)
    more.click(show_more, inputs=[*held, count], outputs=shown, **UNCHECKED)
    fetched.click(
        show_errors(outputs=len(whole), place=place)(fetch),
        inputs=held,
        outputs=whole,
        api_visibility="private",
    )


def open_tab(
    request: gr.Request,
    selection: Selection,
    here: Selection,
    seen: Selection | None,
    pinned: str | None,
    which: str,
    part: str,
    wanted: str,
) -> tuple[Any, ...]:
    """Open what a link or a choice asks for; else the challenge set, whose texts are here.

    A link counts once. What was chosen here stays until something else is chosen in Scores, which
    keeps its own choice.

    Args:
        selection: what is chosen in Scores.
        here: what was chosen here.
        seen: `selection` when this tab was last opened.
    """
    query = request.query_params
    linked = read_selection(query, "examples")
    if linked[0] and pinned is None:
        which = query.get("outcome", which)
        part, wanted = query.get("slice", part), query.get("search", wanted)
        return *_open(choose(*linked), linked[0], which, part, wanted), selection
    if here[0] is not None and seen == selection:
        return *_open(choose(*here), pinned, which, part, wanted), selection
    chosen = choose(*selection)
    if chosen.a is not None and chosen.group is not None and pinned != chosen.group.slug:
        is_asked = selection[0] is not None and find_texts(chosen.a) is not None
        if not is_asked:
            chosen = choose(CHALLENGE, *selection[1:])
    return *_open(chosen, pinned, which, part, wanted), selection


def open_cell(event: gr.EventData, selection: Selection) -> tuple[Any, ...]:
    """Show the texts of the cell that was pressed in Scores."""
    which = ALIASES.get(key := str(getattr(event, "value", "")), key)
    chosen = choose(*selection)
    opened = _open(chosen, chosen.selection[0], which, ALL, "")
    return gr.Tabs(selected="examples"), *opened, selection


def open_capability(
    event: gr.EventData, slug: str | None, a: str | None, b: str | None, *filters: str
) -> tuple[Any, ...]:
    """Show the texts of the pressed cell: its model becomes B, whose errors come first."""
    name, _, part = str(getattr(event, "value", "")).rpartition("|")
    if name == a:
        a, b = b, a
    elif name:
        b = name
    return _open(choose(slug, a, b), slug, "all", part, "")


def change_pair(
    slug: str | None, a: str | None, b: str | None, which: str, part: str, wanted: str
) -> tuple[Any, ...]:
    """Show the texts of another data set or of other models."""
    return _open(choose(slug, a, b), slug, which, part, wanted)


def change_filter(
    slug: str | None, a: str | None, b: str | None, which: str, part: str, wanted: str
) -> tuple[Any, ...]:
    """Show the texts of another outcome, slice or search."""
    return show_examples(choose(slug, a, b), which, part, wanted)


def show_more(slug: str | None, a: str | None, b: str | None, *rest: Any) -> tuple[Any, ...]:
    """Show the next texts, too."""
    which, part, wanted, count = rest
    return show_examples(choose(slug, a, b), which, part, wanted, count=count + PAGE_SIZE)


def fetch(
    slug: str | None, a: str | None, b: str | None, which: str, part: str, wanted: str
) -> tuple[Any, ...]:
    """Get the texts from the Hub, and show them.

    Raises:
        InputError: they cannot be had.
    """
    chosen = choose(slug, a, b)
    try:
        if chosen.a is not None:
            fetch_texts(chosen.a)
    except DataError as error:
        raise InputError(str(error)) from error
    return _open(chosen, slug, which, part, wanted)


def _open(
    chosen: Chosen,
    pinned: str | None,
    which: str,
    part: str,
    wanted: str,
) -> tuple[Any, ...]:
    """Return the pickers, the states, the filters, the texts and the overview."""
    which = which if which in OUTCOMES else DEFAULT_OUTCOME
    slices, *shown = show_examples(chosen, which, part, wanted)
    return (
        *fill_pickers(chosen),
        chosen.selection,
        pinned,
        which,
        slices,
        wanted,
        *shown,
        *show_overview(chosen),
    )
