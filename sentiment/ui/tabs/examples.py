"""The Examples tab: the texts behind the numbers, by who is right, by part and by what they say."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from sentiment.data.loading import is_hub_id
from sentiment.data.sources import DATASETS, RANDOM_PART, full_title
from sentiment.errors import DataError, InputError
from sentiment.evaluation.challenge import is_challenge, score_capabilities
from sentiment.evaluation.comparison import join
from sentiment.evaluation.outcomes import (
    ALIASES,
    DEFAULT_OUTCOME,
    OUTCOMES,
    describe_outcome,
    select_rows,
)
from sentiment.evaluation.results import Result
from sentiment.evaluation.subsets import (
    score_slice,
    search,
)
from sentiment.evaluation.texts import fetch_texts, find_parts, find_texts
from sentiment.limits import MAX_SEARCH
from sentiment.ui.render.answers import Example, render_examples
from sentiment.ui.render.html import render_message, render_sentence, render_title
from sentiment.ui.render.matrices import ON_PRESS
from sentiment.ui.render.tables import render_capabilities, render_slices
from sentiment.ui.session.selection import Selection, choices, choose, remember
from sentiment.ui.text import shared as copy

PAGE = 20  # texts shown at first, and by which "more" adds
# The page keeps its place when a tab changes; what was asked for stands further up.
_LOOK_AT_TEXTS = """() => {
  const said = document.querySelector('#examples-said');
  said.tabIndex = -1;
  said.focus({preventScroll: true});
  said.scrollIntoView({block: 'center'});
}"""


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

    def open_tab(triple: Selection, which: str, part: str, wanted: str) -> tuple[Any, ...]:
        return open_group(*triple, which, part, wanted)

    def open_group(
        group: str | None, a: str | None, b: str | None, which: str, part: str, wanted: str
    ) -> tuple[Any, ...]:
        groups, group, first, second = choose(group, a, b)
        results = groups.get(group or "", [])
        chosen = (
            gr.Radio(choices=list(groups), value=group),
            choices(results, first),
            choices(results, second),
        )
        return *chosen, *_show(first, second, which, part, wanted, PAGE)

    def open_cell(event: gr.EventData, triple: Selection) -> tuple[Any, ...]:
        """The texts of the cell that was pressed in Scores."""
        which = ALIASES.get(key := str(getattr(event, "value", "")), key)
        which = which if which in OUTCOMES else DEFAULT_OUTCOME
        opened = open_group(*triple, which, "", "")
        return gr.Tabs(selected="examples"), which, "", *opened

    def show(group: str | None, a: str | None, b: str | None, *rest: Any) -> tuple[Any, ...]:
        _, _, first, second = choose(group, a, b)
        return _show(first, second, *rest)

    def open_part(
        event: gr.EventData, group: str | None, a: str | None, b: str | None
    ) -> tuple[Any, ...]:
        """The texts of the capability that was pressed, which one of the two gets wrong."""
        key, _, part = str(getattr(event, "value", "")).partition("|")
        key = key if key in OUTCOMES else DEFAULT_OUTCOME
        _, _, first, second = choose(group, a, b)
        return key, "", *_show(first, second, key, part, "")

    def show_more(group: str | None, a: str | None, b: str | None, *rest: Any) -> tuple[Any, ...]:
        *filters, count = rest
        return show(group, a, b, *filters, count + PAGE)

    def fetch(group: str | None, a: str | None, b: str | None, *rest: Any) -> tuple[Any, ...]:
        _, _, first, second = choose(group, a, b)
        try:
            if first is not None:
                fetch_texts(first)
        except DataError as error:
            problem = render_message(str(error), is_alert=True)
            return *(gr.skip() for _ in shown[:-1]), problem
        return _show(first, second, *rest)

    gr.HTML(f'<p class="s-lead">{copy.EXAMPLES_INTRO}</p>')
    group = gr.Radio(label=copy.DATASET_LABEL, choices=[], elem_id="examples-group")
    with gr.Row():
        first = gr.Dropdown(label=copy.MODEL_A, choices=[], elem_id="examples-a", min_width=240)
        second = gr.Dropdown(label=copy.MODEL_B, choices=[], elem_id="examples-b", min_width=240)
    with gr.Row():
        which = gr.Dropdown(
            label=copy.WHICH_TEXTS,
            choices=[(outcome.title, key) for key, outcome in OUTCOMES.items()],
            value=DEFAULT_OUTCOME,
            min_width=240,
        )
        part = gr.Dropdown(label=copy.SLICE_LABEL, choices=[], min_width=240)
        wanted = gr.Textbox(
            label=copy.SEARCH_LABEL, placeholder=copy.SEARCH_PLACEHOLDER, min_width=240
        )
    said = gr.HTML(elem_id="examples-said")
    texts = gr.HTML(elem_id="examples", js_on_load=ON_PRESS)
    count = gr.State(PAGE)
    more = gr.Button(copy.MORE, visible=False, size="sm")
    missing = gr.HTML(elem_id="examples-missing")
    fetched = gr.Button(copy.FETCH_TEXTS, visible=False, size="sm")
    parts = gr.HTML(elem_id="examples-parts", js_on_load=ON_PRESS)

    pair: list[Any] = [group, first, second]
    filters = [which, part, wanted]
    shown = [part, said, texts, count, more, parts, fetched, missing]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    tab.select(open_tab, inputs=[shared, *filters], outputs=[*pair, *shown], **quiet)
    matrices.select(
        open_cell, inputs=shared, outputs=[tabs, which, wanted, *pair, *shown], **quiet
    ).then(None, js=_LOOK_AT_TEXTS, api_visibility="private")
    parts.select(open_part, inputs=pair, outputs=[which, wanted, *shown], **quiet).then(
        None, js=_LOOK_AT_TEXTS, api_visibility="private"
    )
    group.input(open_group, inputs=[*pair, *filters], outputs=[*pair, *shown], **quiet)
    for choice in pair:
        choice.input(remember, inputs=pair, outputs=shared, queue=False, **quiet)
    for choice in (first, second, which, part):
        choice.input(show, inputs=[*pair, *filters], outputs=shown, **quiet)
    wanted.submit(show, inputs=[*pair, *filters], outputs=shown, **quiet)
    more.click(show_more, inputs=[*pair, *filters, count], outputs=shown, **quiet)
    fetched.click(fetch, inputs=[*pair, *filters], outputs=shown, api_visibility="private")
    return texts, pair


def _show(
    a: Result | None, b: Result | None, which: str, part: str, wanted: str, count: int = PAGE
) -> tuple[Any, ...]:
    """Part, sentence, texts, count, more, parts, fetch button and what is missing."""
    if a is None or b is None:
        nothing = render_message(copy.NO_RESULTS)
        return gr.skip(), nothing, "", PAGE, gr.skip(), "", gr.skip(), ""
    texts = find_texts(a)
    slices = {own.name: own.mask for own in find_parts(a, texts)}
    part = part if part in slices else next(iter(slices))
    missing = "" if texts is not None else render_message(_missing(a))
    everything = next(iter(slices))
    rest = (
        gr.Dropdown(choices=list(slices), value=part),
        gr.Button(visible=texts is None and _can_be_fetched(a)),
        missing,
    )
    try:
        pairs = join(a, b)
        found = select_rows(pairs, which) & slices[part]
        if wanted and texts is None:
            raise InputError(copy.SEARCH_NEEDS_TEXTS)
        if wanted and texts is not None:
            matching = search(texts, wanted[:MAX_SEARCH])
            found &= matching
            slices = {**slices, copy.MATCHING.format(wanted=wanted[:MAX_SEARCH]): matching}
        tables = _render_parts(a, b, slices)
    except (DataError, InputError) as error:
        problem = render_message(str(error), is_alert=True)
        return rest[0], problem, "", PAGE, gr.Button(visible=False), "", *rest[1:]
    gaps = (pairs["p_b"] - pairs["p_a"]).abs().to_numpy()
    places = np.flatnonzero(found)
    places = places[np.argsort(-gaps[places], kind="stable")]
    chosen = [
        Example(
            row=int(pairs["row"].iloc[i]),
            text=texts[i] if texts is not None else None,
            gold=int(pairs["gold"].iloc[i]),
            p_a=float(pairs["p_a"].iloc[i]),
            p_b=float(pairs["p_b"].iloc[i]),
        )
        for i in places[:count]
    ]
    what = describe_outcome(which, *_names(a, b))
    if part != everything:
        what += f" ({part})"
    said = copy.FOUND.format(shown=len(chosen), count=len(places), what=what)
    if which.startswith("c-"):
        right = {f"{side}_right": int(pairs[f"{side}_right"][found].sum()) for side in "ab"}
        said += copy.CHANGED.format(**right)
    body = render_examples(chosen) if chosen else render_message(copy.NOTHING_FOUND)
    is_more = gr.Button(visible=len(places) > count)
    return rest[0], render_sentence(said), body, count, is_more, tables, *rest[1:]


def _can_be_fetched(result: Result) -> bool:
    return result.info.dataset in DATASETS or is_hub_id(result.info.dataset)


def _names(a: Result, b: Result) -> tuple[str, str]:
    """Their names, told apart where they are the same."""
    names = (a.info.model, b.info.model)
    return names if len(set(names)) == 2 else (f"A ({names[0]})", f"B ({names[1]})")


def _missing(result: Result) -> str:
    info = result.info
    title = full_title(info.dataset, info.split)
    if info.dataset not in DATASETS:
        return copy.NO_TEXTS_HERE.format(title=title)
    drawn = RANDOM_PART.fullmatch(info.split)
    split = drawn["base"] if drawn else info.split
    return copy.NO_TEXTS.format(title=title, file=f"{info.dataset}/{split}.parquet")


def _render_parts(a: Result, b: Result, slices: dict[str, np.ndarray]) -> str:
    names = _names(a, b)
    if is_challenge(a.info):
        scores = (score_capabilities(a), score_capabilities(b))
        return (
            render_title(copy.CHALLENGE_TITLE)
            + render_sentence(copy.CHALLENGE_SAID)
            + render_capabilities(*names, scores, f"{a.info.model} and {b.info.model}")
        )
    rows = []
    other = b.frame.set_index("row").loc[a.frame["row"]].reset_index()
    aligned = Result(info=b.info, frame=other)
    for name, mask in slices.items():
        first, second = score_slice(a, mask), score_slice(aligned, mask)
        if first and second:
            rows.append((name, first, second))
    table = render_slices(*names, rows, copy.SLICES_NOTE)
    return f"{render_title(copy.SLICES_TITLE, copy.SLICES_QUESTION)}{table}"
