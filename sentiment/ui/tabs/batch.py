"""Build the Batch tab: classify a file or pasted lines with several models."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from sentiment.data.writing import write_table
from sentiment.errors import DataError, InputError
from sentiment.evaluation.comparison import join
from sentiment.evaluation.outcomes import describe_outcome, select_rows
from sentiment.evaluation.results import Result
from sentiment.evaluation.score_table import majority_row, scores_frame
from sentiment.inference.columns import describe_renamed
from sentiment.labels import LABELS
from sentiment.models.catalogue import ModelInfo, expected_ms
from sentiment.serving.file_job import Batch, Progress, Run
from sentiment.serving.lineup import LineUp
from sentiment.serving.space import use_zero_gpu
from sentiment.ui.render.batch import render_rows
from sentiment.ui.render.html import render_message, render_note, render_sentence
from sentiment.ui.render.matrices import ON_PRESS, render_verdict
from sentiment.ui.render.tables import render_scores
from sentiment.ui.session.errors import show_errors
from sentiment.ui.session.jobs import BATCH_QUEUE, INSTANT, PRIVATE, CancelTokens
from sentiment.ui.session.visit import VisitModels
from sentiment.ui.tabs.batch_input import create_input, read_input
from sentiment.ui.text import batch as copy
from sentiment.ui.text import shared

SHOWN_ROWS = 50
_MANY = 1_000  # rows, to say how long a large model takes
ALL_ROWS = ""  # in place of the key of a matrix's cell


@dataclass(frozen=True)
class Scored:
    """Results of a run."""

    work: Run
    results: tuple[Result, ...]  # of the labelled texts that all models have scored

    def pair(self, a: str | None, b: str | None) -> tuple[Result, Result]:
        """Return the results of A and B.

        Raises:
            InputError: one of them is not there.
        """
        named = {result.info.model: result for result in self.results}
        if a not in named or b not in named:
            raise InputError(f"Unknown model. Choose from: {', '.join(named)}.")
        return named[a], named[b]


@dataclass(frozen=True)
class _Outcome:
    """Components that show a run, from top to bottom."""

    progress: gr.HTML
    download: gr.DownloadButton
    stop: gr.Button
    pair: gr.Row
    a: gr.Dropdown
    b: gr.Dropdown
    verdict: gr.HTML
    matrices: gr.HTML
    filters: gr.Row
    only: gr.Checkbox
    everything: gr.Button
    rows: gr.HTML
    more: gr.Accordion
    scores: gr.HTML
    scored: gr.State  # `Scored`, or None
    cell: gr.State  # key of the pressed cell

    def fields(self) -> list[Any]:
        """List the components in order."""
        return [getattr(self, name) for name in self.__dataclass_fields__]


def create_batch(lineup: LineUp, tab: gr.Tab, visit: gr.State) -> None:
    """Build the components of `tab` and wire them.

    Args:
        visit: the models of the visit.
    """
    with gr.Accordion(copy.BATCH_INPUT, open=True, elem_id="batch-input") as fold:
        gr.HTML(f'<p class="s-lead">{copy.BATCH_INTRO}</p>')
        given = create_input()
        with gr.Row(elem_classes="s-batch-bar"):
            models = gr.Dropdown(
                label=copy.BATCH_MODELS, choices=[], multiselect=True, elem_id="batch-models"
            )
            start = gr.Button(copy.BATCH_START, variant="primary", elem_id="batch-start")
            stop = gr.Button(shared.STOP, elem_id="batch-stop")
        slow = gr.HTML(elem_id="batch-slow")
    outcome = _create_outcome(stop)

    def open_tab(names: list[str] | None, own: VisitModels) -> Any:
        """Offer the models there are now; those chosen before stay chosen."""
        there = [model.name for model in lineup.models(own)]
        kept = [name for name in names or [] if name in there]
        usual = [model.name for model in lineup.default_pair()]
        return gr.Dropdown(choices=there, value=kept or usual)

    tab.select(open_tab, [models, visit], models, **PRIVATE)
    models.change(
        lambda names, own: describe_slow(lineup.models(own), names or []),
        [models, visit],
        slow,
        **INSTANT,
    )
    _wire_run(lineup, [*given.values(), models, visit], start, fold, outcome)
    _wire_views(outcome)


def describe_slow(models: Sequence[ModelInfo], names: Sequence[str]) -> str:
    """Say how long the large ones of the chosen models take; empty if there are none."""
    large = [model for model in models if model.name in names and model.is_large]
    if not large:
        return ""
    minutes = sum(map(expected_ms, large)) * _MANY / 60_000
    listed = ", ".join(model.name for model in large)
    return render_note(copy.BATCH_SLOW.format(names=listed, rows=_MANY, minutes=minutes))


def _create_outcome(stop: gr.Button) -> _Outcome:
    """Create the components that show a run."""
    with gr.Row(elem_classes="s-batch-bar"):
        progress = gr.HTML(render_message(copy.BATCH_EMPTY), elem_id="batch-progress")
        download = gr.DownloadButton(
            copy.BATCH_DOWNLOAD, visible=False, variant="primary", elem_id="batch-download"
        )
    with gr.Row(visible=False) as pair:
        a = gr.Dropdown(label=copy.BATCH_MODEL_A, choices=[], elem_id="batch-a", min_width=220)
        b = gr.Dropdown(label=copy.BATCH_MODEL_B, choices=[], elem_id="batch-b", min_width=220)
    verdict = gr.HTML(elem_id="batch-verdict")
    matrices = gr.HTML(elem_id="batch-matrices", js_on_load=ON_PRESS)
    with gr.Row(visible=False, elem_classes="s-batch-filter") as filters:
        only = gr.Checkbox(label=copy.ROWS_DISAGREE, elem_id="batch-only")
        everything = gr.Button(copy.ROWS_ALL, size="sm", visible=False, elem_id="batch-all")
    rows = gr.HTML(elem_id="batch-rows")
    with gr.Accordion(copy.BATCH_SCORES, open=False, visible=False) as more:
        scores = gr.HTML(elem_id="batch-scores")
    return _Outcome(
        progress,
        download,
        stop,
        pair,
        a,
        b,
        verdict,
        matrices,
        filters,
        only,
        everything,
        rows,
        more,
        scores,
        gr.State(None, time_to_live=3600),
        gr.State(ALL_ROWS),
    )


def _wire_run(
    lineup: LineUp, inputs: list[Any], start: gr.Button, fold: gr.Accordion, outcome: _Outcome
) -> None:
    stops = CancelTokens()
    outputs = [*outcome.fields(), fold]

    def wait(request: gr.Request) -> str:
        """Answer at once: a run before this one may keep it waiting, and it can be stopped."""
        stops.announce(request)
        return render_message(shared.QUEUED)

    def run(
        path: str | None,
        lines: str,
        text: str | None,
        label: str | None,
        encoding: str | None,
        has_header: bool,
        has_quotes: bool,
        is_strict: bool,
        names: list[str] | None,
        own: VisitModels,
        request: gr.Request,
    ) -> Iterator[dict[Any, Any]]:
        with stops.run(request) as is_stopped:
            try:
                batch = read_input(
                    path, lines, text, label, encoding, has_header, has_quotes, is_strict
                )
                for changes in _score(lineup, batch, names, own, is_stopped):
                    yield _address(changes, outcome, fold)
            except InputError as error:
                said = render_message(str(error), is_alert=True)
                yield _address({"progress": said, **_empty()}, outcome, fold)

    def stop(request: gr.Request) -> str:
        return render_message(shared.STOPPING if stops.ask(request) else copy.BATCH_IDLE)

    def clear() -> dict[Any, Any]:
        """Clear the results and the title, which would be those of the former texts."""
        title = gr.Accordion(label=copy.BATCH_INPUT)
        shown = {"progress": render_message(copy.BATCH_EMPTY), **_empty(), "fold": title}
        return _address(shown, outcome, fold)

    for texts in inputs[:2]:
        texts.change(clear, outputs=outputs, **INSTANT)
    start.click(wait, outputs=outcome.progress, **INSTANT).then(
        run, inputs, outputs, concurrency_id=BATCH_QUEUE, **PRIVATE
    )
    outcome.stop.click(stop, outputs=outcome.progress, **INSTANT)


def _address(changes: dict[str, Any], outcome: _Outcome, fold: gr.Accordion) -> dict[Any, Any]:
    """Turn changes by name of the component into what Gradio takes."""
    return {
        fold if name == "fold" else getattr(outcome, name): value for name, value in changes.items()
    }


def _wire_views(outcome: _Outcome) -> None:
    """Let the pair, the cells of the matrices and the filter lead to what they name."""
    chosen = [outcome.scored, outcome.a, outcome.b]
    rows = [outcome.rows, outcome.everything]

    @show_errors(outputs=5)
    def compare(
        scored: Scored | None, a: str | None, b: str | None, is_only: bool
    ) -> tuple[Any, ...]:
        """Compare another pair; the rows of a cell belonged to the former one."""
        if scored is None:
            return tuple(gr.skip() for _ in range(5))
        return *_compare(scored, a, b), ALL_ROWS, *_show(scored, a, b, ALL_ROWS, is_only)

    @show_errors(outputs=3, place=1)
    def press(
        event: gr.EventData, scored: Scored | None, a: str | None, b: str | None, is_only: bool
    ) -> tuple[Any, ...]:
        if scored is None:
            return gr.skip(), gr.skip(), gr.skip()
        key = str(getattr(event, "value", ""))
        return key, *_show(scored, a, b, key, is_only)

    @show_errors(outputs=2)
    def show(
        scored: Scored | None, a: str | None, b: str | None, key: str, is_only: bool
    ) -> tuple[Any, ...]:
        return (gr.skip(), gr.skip()) if scored is None else _show(scored, a, b, key, is_only)

    for choice in (outcome.a, outcome.b):
        choice.input(
            compare,
            [*chosen, outcome.only],
            [outcome.verdict, outcome.matrices, outcome.cell, *rows],
            **PRIVATE,
        )
    outcome.matrices.select(press, [*chosen, outcome.only], [outcome.cell, *rows], **PRIVATE)
    outcome.only.input(show, [*chosen, outcome.cell, outcome.only], rows, **PRIVATE)
    outcome.everything.click(
        lambda scored, a, b, is_only: (ALL_ROWS, *_show(scored, a, b, ALL_ROWS, is_only)),
        [*chosen, outcome.only],
        [outcome.cell, *rows],
        **PRIVATE,
    )


def _score(
    lineup: LineUp,
    batch: Batch,
    names: list[str] | None,
    own: VisitModels,
    is_stopped: Callable[[], bool],
) -> Iterator[dict[str, Any]]:
    """Yield updates of the tab while a run is in progress.

    Raises:
        InputError: there is no model to score with.
    """
    work = Run(batch, lineup.select(names, own))
    yield {"progress": render_message(copy.BATCH_LOADING), **_empty()}
    # A GPU is lent for a part at a time: a lease of a whole run would end long ones.
    for step in work.parts(use_zero_gpu(lineup.score), is_stopped):
        if not is_stopped():
            yield {"progress": _say(step)}
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / f"{batch.name}-scored.csv"
        frame, renamed = work.to_frame()
        write_table(frame, output)
        yield {
            "progress": _summary(work, describe_renamed(renamed)),
            "download": gr.DownloadButton(value=str(output), visible=True),
            **_results(work, lineup.models(own)),
        }


def _empty() -> dict[str, Any]:
    """Clear the results of an earlier run."""
    return {
        "download": gr.DownloadButton(visible=False),
        "pair": gr.Row(visible=False),
        "verdict": "",
        "matrices": "",
        "filters": gr.Row(visible=False),
        "rows": "",
        "more": gr.Accordion(visible=False),
        "scores": "",
        "scored": None,
        "cell": ALL_ROWS,
    }


def _say(step: Progress) -> str:
    return render_message(
        copy.BATCH_PROGRESS.format(
            done=step.done,
            total=step.total,
            rate=step.per_second,
            left=max(1.0, step.seconds_left),
            model=step.model,
        )
    )


def _summary(work: Run, renamed: str) -> str:
    """Render the counts of a run, of all models or of each, and what is odd about the file."""
    counts = [work.answered(model) for model in work.models]
    errors = sum(bool(error) for error in work.batch.errors)
    if work.is_whole:
        said = copy.BATCH_DONE.format(answered=max(counts), rows=len(work.batch), errors=errors)
    else:
        each = ", ".join(
            copy.BATCH_EACH.format(model=model.name, answered=count)
            for model, count in zip(work.models, counts, strict=True)
        )
        said = copy.BATCH_STOPPED.format(each=each, rows=len(work.batch))
    sentences = [said, *_count_correct(work)]
    for model in work.models:
        shortened = work.predictions[model.name].shortened
        if shortened:
            sentences.append(copy.BATCH_CUT.format(count=shortened, model=model.name))
    sentences += filter(None, (*work.batch.notes, _describe_labels(work.batch), renamed))
    problems = "".join(render_message(own, is_alert=True) for own in work.problems.values())
    return render_sentence(" ".join(sentences)) + problems


def _count_correct(work: Run) -> list[str]:
    """Say how many labelled texts each model predicts correctly, where there are any."""
    results = work.to_results()
    if not results:
        return []
    each = [
        f"{result.info.model} {round(result.accuracy * result.metrics.n):,}" for result in results
    ]
    floor = majority_row(results[0])
    said = copy.BATCH_CORRECT.format(
        n=floor["n"],
        counts=", ".join(each),
        label=LABELS[int(floor["is_positive"])],
        majority=round(floor["accuracy"] * floor["n"]),
    )
    return [said, copy.BATCH_ONE_CLASS] if floor["accuracy"] == 1 else [said]


def _describe_labels(batch: Batch) -> str:
    """Say which rows have no label, or why the labels are not understood."""
    return "" if batch.labels is None else batch.labels.error or batch.labels.unlabelled


def _results(work: Run, models: Sequence[ModelInfo]) -> dict[str, Any]:
    """Show the pair, its matrices, the rows and the metrics of a run."""
    results = tuple(work.to_results())
    scored = Scored(work, results)
    names = [result.info.model for result in results]
    is_pair = len(results) > 1
    a, b = (names[0], names[-1]) if is_pair else (None, None)
    verdict, matrices = _compare(scored, a, b) if is_pair else ("", "")
    rows, everything = _show(scored, a, b, ALL_ROWS, False)
    title = copy.BATCH_INPUT_DONE.format(name=work.batch.name, models=len(work.models))
    return {
        "pair": gr.Row(visible=is_pair),
        "a": gr.Dropdown(choices=names, value=a),
        "b": gr.Dropdown(choices=names, value=b),
        "verdict": verdict,
        "matrices": matrices,
        "filters": gr.Row(visible=len(work.models) > 1),
        "only": False,
        "everything": everything,
        "rows": rows,
        "more": gr.Accordion(visible=bool(results)),
        "scores": _render_scores(work, results, models) if results else "",
        "scored": scored,
        "cell": ALL_ROWS,
        "fold": gr.Accordion(label=title, open=False),
    }


def _render_scores(work: Run, results: Sequence[Result], models: Sequence[ModelInfo]) -> str:
    return render_scores(
        scores_frame(list(results), models),
        majority=majority_row(results[0]),
        published=(),
        caption=f"{work.batch.name}, n = {results[0].metrics.n:,}",
    )


def _compare(scored: Scored, a: str | None, b: str | None) -> tuple[str, str]:
    """Render the verdict on a pair and its matrices.

    Raises:
        InputError: a model is not one of the run.
    """
    try:
        return render_verdict(list(scored.results), *scored.pair(a, b))
    except DataError as error:
        return render_message(str(error), is_alert=True), ""


def _show(
    scored: Scored, a: str | None, b: str | None, key: str, is_only: bool
) -> tuple[str, gr.Button]:
    """Render the rows of a cell or all of them, and the button that leads back to all.

    Raises:
        InputError: the key is no cell's, or a model is not one of the run.
    """
    chosen, which = np.ones(len(scored.work.batch), dtype=bool), ""
    if key != ALL_ROWS:
        first, second = scored.pair(a, b)
        pairs = join(first, second)
        chosen[:] = False
        chosen[pairs["row"][select_rows(pairs, key)]] = True
        which = f": {describe_outcome(key, first.info.model, second.info.model)}"
    if is_only:
        chosen &= scored.work.disagreements
        which += copy.ROWS_DISAGREEING
    places = np.flatnonzero(chosen).tolist()
    shown = render_rows(scored.work, places, limit=SHOWN_ROWS, which=which)
    return shown, gr.Button(visible=key != ALL_ROWS)
