"""The Scores tab: the table of all models, two confusion matrices and what lies between them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr
import plotly.graph_objects as go

from sentiment.data import DATASETS, dataset_title, split_title
from sentiment.lineup import LineUp
from sentiment.results import Result, find_results, same_rows
from sentiment.ui import text as copy
from sentiment.ui.cells import render_message
from sentiment.ui.figures import confusion_figure, difference_figure
from sentiment.ui.tables import below_baseline, majority_row, render_scores, scores_frame


def create_scores(lineup: LineUp, tab: gr.Tab) -> None:
    """Build the components of `tab` and wire them."""

    def open_tab(group: str | None, a: str | None, b: str | None) -> tuple[Any, ...]:
        """Read the saved predictions anew, so that what was trained since then is there.

        What was chosen before stays chosen.
        """
        groups, problems = _groups()
        warning = "".join(render_message(problem, is_alert=True) for problem in problems)
        if group not in groups:
            group = max(groups, key=lambda title: len(groups[title]), default=None)
        return warning, gr.Radio(choices=list(groups), value=group), *show_group(group, a, b)

    def show_group(
        group: str | None, a: str | None = None, b: str | None = None
    ) -> tuple[Any, ...]:
        results = _groups()[0].get(group or "", [])
        if not results:
            empty = gr.Dropdown(choices=[], value=None)
            return render_message(copy.NO_RESULTS), empty, empty, *show_pair(group, None, None)
        choices = list(_by_name(results))
        if a not in choices or b not in choices:
            a, b = (choices[results.index(result)] for result in _default_pair(results))
        table = render_scores(
            scores_frame(results, lineup.models()),
            floor=majority_row(results[0]),
            caption=f"{group}, n = {results[0].metrics.n:,}",
        )
        below = below_baseline(results)
        if below:
            names, accuracy = below
            said = copy.BELOW_BASELINE.format(names=", ".join(names), accuracy=accuracy)
            table += f'<p class="s-say">{escape(said)}</p>'
        return (
            table,
            gr.Dropdown(choices=choices, value=a),
            gr.Dropdown(choices=choices, value=b),
            *show_pair(group, a, b),
        )

    def show_pair(group: str | None, a: str | None, b: str | None) -> tuple[Any, ...]:
        by_name = _by_name(_groups()[0].get(group or "", []))
        if a not in by_name or b not in by_name:
            return _no_plot(), _no_plot(), _no_plot(), ""
        return _render_pair(by_name[a], by_name[b])

    gr.HTML(f'<p class="s-lead">{copy.SCORES_INTRO}</p>')
    warning = gr.HTML()
    group = gr.Radio(label=copy.DATASET_LABEL, choices=[])
    table = gr.HTML(elem_id="scores-table")
    gr.HTML(f'<p class="s-note">{copy.TABLE_NOTE}</p>')
    gr.HTML(f'<h2 class="s-title">{copy.MATRICES_TITLE}</h2>')
    with gr.Row():
        first = gr.Dropdown(label=copy.MODEL_A, choices=[], elem_id="model-a", min_width=280)
        second = gr.Dropdown(label=copy.MODEL_B, choices=[], elem_id="model-b", min_width=280)
    said = gr.HTML(elem_id="pair-sentence")
    with gr.Row():
        plots = [
            gr.Plot(label=label, elem_id=f"matrix-{name}", min_width=280)
            for name, label in (("a", copy.MODEL_A), ("b", copy.MODEL_B), ("change", "B − A"))
        ]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    pair = [*plots, said]
    # When it is opened, not with the page: the intervals would keep the first answer waiting.
    tab.select(
        open_tab,
        inputs=[group, first, second],
        outputs=[warning, group, table, first, second, *pair],
        **quiet,
    )
    group.input(show_group, inputs=group, outputs=[table, first, second, *pair], **quiet)
    for choice in (first, second):
        choice.input(show_pair, inputs=[group, first, second], outputs=pair, **quiet)


def _groups() -> tuple[dict[str, list[Result]], list[str]]:
    """Results by the rows they were scored on, and a sentence for each file that is broken."""
    results, problems = find_results()
    by_rows: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        title = f"{dataset_title(result.info.dataset)} {split_title(result.info.split)}"
        by_rows.setdefault((title, result.info.fingerprint), []).append(result)
    by_rows = dict(sorted(by_rows.items(), key=lambda item: not _is_official(item[1][0])))
    titles = [title for title, _ in by_rows]
    groups = {
        title if titles.count(title) == 1 else f"{title} ({fingerprint})": group
        for (title, fingerprint), group in by_rows.items()
    }
    return groups, problems


def _is_official(result: Result) -> bool:
    known = DATASETS.get(result.info.dataset)
    return known is not None and result.info.split == known.evaluation_split


def _by_name(results: Sequence[Result]) -> dict[str, Result]:
    """Results by model; where two have one name, its weights tell them apart."""
    names = [result.info.model for result in results]
    return {
        name if names.count(name) == 1 else f"{name} ({result.info.weights_hash})": result
        for name, result in zip(names, results, strict=True)
    }


def _default_pair(results: Sequence[Result]) -> tuple[Result, Result]:
    """A zero-shot side and the best model trained from the same backbone, where there are both."""
    best = max(results, key=lambda result: result.metrics.accuracy)
    for result in results:
        if result.info.kind == "zero-shot" and result.info.backbone == best.info.backbone:
            return result, best
    return results[0], best


def _no_plot() -> Any:
    return gr.Plot(value=None, visible=False)


def _plot(figure: go.Figure, label: str) -> Any:
    return gr.Plot(value=figure, label=label, visible=True)


def _render_pair(a: Result, b: Result) -> tuple[Any, ...]:
    matrices = (
        _plot(confusion_figure(a.metrics), f"A: {a.info.model}"),
        _plot(confusion_figure(b.metrics), f"B: {b.info.model}"),
    )
    if not same_rows(a, b):
        return *matrices, _no_plot(), render_message(copy.DIFFERENT_ROWS, is_alert=True)
    return (
        *matrices,
        _plot(difference_figure(a.metrics, b.metrics), "B − A: what changed"),
        f'<p class="s-say">{escape(pair_sentence(a, b))}</p>',
    )


def pair_sentence(a: Result, b: Result) -> str:
    """What B gets right that A did not, and the other way round, in words."""
    gold = a.frame["gold"].to_numpy()
    a_right = (a.frame["p_positive"].to_numpy() > 0.5) == gold
    b_right = (b.frame["p_positive"].to_numpy() > 0.5) == gold
    gained, lost = int((b_right & ~a_right).sum()), int((a_right & ~b_right).sum())
    return (
        f"{a.info.model} is right about {int(a_right.sum()):,} of {len(gold):,} texts, "
        f"{b.info.model} about {int(b_right.sum()):,}: {gained:,} that A got wrong, B gets right; "
        f"{lost:,} that A got right, B gets wrong."
    )
