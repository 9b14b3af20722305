"""The Scores tab: the table of all models, a verdict on two of them, and the figures behind it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from sentiment.data.sources import file_stem
from sentiment.errors import DataError
from sentiment.evaluation.published import published_for
from sentiment.evaluation.results import Result
from sentiment.evaluation.score_table import against_baseline, majority_row, scores_frame
from sentiment.serving.lineup import LineUp
from sentiment.ui.render.charts import render_costs, render_reliability, render_training
from sentiment.ui.render.html import render_message, render_note, render_sentence, render_title
from sentiment.ui.render.matrices import ON_PRESS, render_verdict, say_baseline
from sentiment.ui.render.tables import render_exports, render_scores
from sentiment.ui.session.selection import Selection, choices, choose, find_groups, remember
from sentiment.ui.tabs.thresholds import create_thresholds
from sentiment.ui.text import shared as copy


def create_scores(lineup: LineUp, tab: gr.Tab, shared: gr.State) -> gr.HTML:
    """Build the components of `tab` and wire them.

    Args:
        shared: group, A and B as they were last chosen, in whichever tab.

    Returns:
        the matrices, which send the key of a pressed cell
    """

    def open_tab(triple: Selection) -> tuple[Any, ...]:
        """Read the saved predictions anew, so that what was trained since then is there.

        What was chosen before stays chosen.
        """
        group, a, b = triple
        groups, problems = find_groups()
        warning = "".join(render_message(problem, is_alert=True) for problem in problems)
        _, chosen, _, _ = choose(group, a, b)
        radio = gr.Radio(choices=list(groups), value=chosen)
        return warning, radio, *show_group(chosen, a, b)

    def show_group(
        group: str | None, a: str | None = None, b: str | None = None
    ) -> tuple[Any, ...]:
        groups, group, first, second = choose(group, a, b)
        results = groups.get(group or "", [])
        if not results:
            nothing = render_message(copy.NO_RESULTS)
            return nothing, *_nothing(len(group_outputs) - 1), *_nothing(len(pair_outputs))
        models = lineup.models()
        frame = scores_frame(results, models)
        info = results[0].info
        table = render_scores(
            frame,
            floor=majority_row(results[0]),
            published=published_for(info.dataset, info.split),
            caption=f"{group}, n = {results[0].metrics.n:,}",
        )
        table += "".join(map(render_sentence, _say_baseline(results)))
        if info.split.startswith("train-random"):
            table += render_note(copy.OVERLAPPING)
        places = [place for place in dict.fromkeys(frame["ms_on"]) if place]
        if places:
            table += render_note(copy.MEASURED_ON.format(where=" and ".join(places)))
        table += render_exports(frame, f"scores-{file_stem(info.dataset, info.split)}")
        costs = render_costs(frame)
        chosen = (choices(results, first), choices(results, second))
        return table, *costs, *chosen, *_show(results, first, second)

    def show_pair(group: str | None, a: str | None, b: str | None) -> tuple[Any, ...]:
        groups, group, first, second = choose(group, a, b)
        return _show(groups.get(group or "", []), first, second)

    def _show(results: list[Result], a: Result | None, b: Result | None) -> tuple[Any, ...]:
        if a is None or b is None:
            return _nothing(len(pair_outputs))
        models = {model.name: model for model in lineup.models()}
        try:
            verdict, matrices = render_verdict(results, a, b)
        except DataError as error:
            verdict, matrices = render_message(str(error), is_alert=True), ""
        return verdict, matrices, *render_training(a, b, models), *render_reliability(a, b, models)

    gr.HTML(f'<p class="s-lead">{copy.SCORES_INTRO}</p>')
    warning = gr.HTML()
    group = gr.Radio(label=copy.DATASET_LABEL, choices=[])
    table = gr.HTML(elem_id="scores-table")
    gr.HTML(f'<p class="s-note">{copy.TABLE_NOTE}</p>')
    gr.HTML(render_title(copy.VERDICT_TITLE, copy.VERDICT_QUESTION))
    with gr.Row():
        first = gr.Dropdown(label=copy.MODEL_A, choices=[], elem_id="model-a", min_width=280)
        second = gr.Dropdown(label=copy.MODEL_B, choices=[], elem_id="model-b", min_width=280)
    verdict = gr.HTML(elem_id="pair-sentence")
    matrices = gr.HTML(elem_id="matrices", js_on_load=ON_PRESS)
    gr.HTML(f'<p class="s-note">{copy.MATRICES_NOTE}</p>')
    gr.HTML(render_title(copy.COST_TITLE, copy.COST_QUESTION))
    with gr.Row():
        cost_plots = [
            gr.Plot(show_label=False, elem_id=f"cost-{name}", min_width=320, elem_classes="s-plot")
            for name in ("trained", "ms")
        ]
    cost_said = gr.HTML(elem_id="cost-said")
    gr.HTML(render_title(copy.TRAINING_TITLE, copy.TRAINING_QUESTION))
    with gr.Row():
        curves = [
            gr.Plot(
                show_label=False, elem_id=f"training-{name}", elem_classes="s-plot", min_width=320
            )
            for name in ("loss", "accuracy")
        ]
    training = [*curves, gr.HTML(elem_id="training-said")]
    gr.HTML(render_title(copy.RELIABILITY_TITLE, copy.RELIABILITY_QUESTION))
    with gr.Row():
        believed = [
            gr.Plot(
                show_label=False,
                elem_id=f"reliability-{name}",
                elem_classes="s-plot",
                min_width=320,
            )
            for name in ("before", "after")
        ]
    reliability = [*believed, gr.HTML(elem_id="reliability-said")]
    pair_outputs = [verdict, matrices, *training, *reliability]
    group_outputs = [table, *cost_plots, cost_said, first, second]
    chosen: list[Any] = [group, first, second]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    show_thresholds = create_thresholds(chosen)
    # When it is opened, not with the page: the intervals would keep the first answer waiting.
    tab.select(
        open_tab, inputs=shared, outputs=[warning, group, *group_outputs, *pair_outputs], **quiet
    ).then(**show_thresholds)
    group.input(show_group, inputs=group, outputs=[*group_outputs, *pair_outputs], **quiet).then(
        **show_thresholds
    )
    for choice in chosen:
        choice.input(remember, inputs=chosen, outputs=shared, queue=False, **quiet)
    for choice in (first, second):
        choice.input(show_pair, inputs=chosen, outputs=pair_outputs, **quiet).then(
            **show_thresholds
        )
    return matrices


def _say_baseline(results: list[Result]) -> list[str]:
    try:
        return say_baseline(against_baseline(results))
    except DataError:
        return []


def _nothing(count: int) -> tuple[Any, ...]:
    return (None,) * count
