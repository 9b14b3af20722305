"""The Batch tab: a file or pasted lines through several models, watched, stopped, downloaded."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd

from sentiment.data.tables import write_csv
from sentiment.errors import DataError, InputError
from sentiment.evaluation.score_table import majority_row, scores_frame
from sentiment.inference.columns import describe_renamed
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.file_job import Batch, Progress, Run, read_file, read_lines
from sentiment.serving.lineup import LineUp
from sentiment.serving.space import use_zero_gpu
from sentiment.ui.render.html import render_message, render_sentence
from sentiment.ui.render.matrices import render_verdict
from sentiment.ui.render.tables import render_scores
from sentiment.ui.session.jobs import BATCH_QUEUE, CancelTokens
from sentiment.ui.session.visit import VisitModels
from sentiment.ui.text import shared as copy

SHOWN_ROWS = 50
_NOTHING = (gr.skip(),) * 5


def create_batch(lineup: LineUp, tab: gr.Tab, visit: gr.State) -> None:
    """Build the components of `tab` and wire them.

    Args:
        visit: the models of the visit.
    """
    stops = CancelTokens()

    def wait(request: gr.Request) -> str:
        """Said at once: a run before this one may keep it waiting, and it can be stopped."""
        stops.announce(request)
        return render_message(copy.QUEUED)

    def run(
        path: str | None,
        pasted: str,
        names: list[str] | None,
        own: VisitModels,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:
        with stops.run(request) as is_stopped:
            try:
                yield from _score(lineup, path, pasted, names, own, is_stopped)
            except InputError as error:
                yield render_message(str(error), is_alert=True), *_empty()

    def stop(request: gr.Request) -> str:
        return render_message(copy.STOPPING if stops.ask(request) else copy.BATCH_IDLE)

    def open_tab(names: list[str] | None, own: VisitModels) -> Any:
        """The models there are now; those chosen before stay chosen."""
        there = [model.name for model in lineup.models(own)]
        kept = [name for name in names or [] if name in there]
        return gr.Dropdown(
            choices=there, value=kept or [m.name for m in lineup.default_models()][:2]
        )

    gr.HTML(f'<p class="s-lead">{copy.BATCH_INTRO}</p>')
    with gr.Row():
        file = gr.File(
            label=copy.BATCH_FILE, file_types=[".csv"], type="filepath", elem_id="batch-file"
        )
        pasted = gr.Textbox(
            label=copy.BATCH_LINES, lines=6, max_lines=10, min_width=320, elem_id="batch-lines"
        )
    models = gr.Dropdown(
        label=copy.BATCH_MODELS, choices=[], multiselect=True, elem_id="batch-models"
    )
    with gr.Row():
        start = gr.Button(copy.BATCH_START, variant="primary", elem_id="batch-start")
        end = gr.Button(copy.STOP, elem_id="batch-stop")
    progress = gr.HTML(render_message(copy.BATCH_EMPTY), elem_id="batch-progress")
    download = gr.DownloadButton(copy.BATCH_DOWNLOAD, visible=False, elem_id="batch-download")
    table = gr.HTML(elem_id="batch-scores")
    verdict = gr.HTML(elem_id="batch-verdict")
    matrices = gr.HTML(elem_id="batch-matrices")
    rows = gr.Dataframe(
        label=copy.BATCH_ROWS, interactive=False, visible=False, wrap=True, elem_id="batch-rows"
    )
    tab.select(
        open_tab,
        inputs=[models, visit],
        outputs=models,
        api_visibility="private",
        show_progress="hidden",
    )
    start.click(
        wait, outputs=progress, queue=False, api_visibility="private", show_progress="hidden"
    ).then(
        run,
        inputs=[file, pasted, models, visit],
        outputs=[progress, download, table, verdict, matrices, rows],
        concurrency_id=BATCH_QUEUE,
        api_visibility="private",
        show_progress="hidden",
    )
    end.click(stop, outputs=progress, queue=False, api_visibility="private")


def _score(
    lineup: LineUp,
    path: str | None,
    pasted: str,
    names: list[str] | None,
    own: VisitModels,
    is_stopped: Callable[[], bool],
) -> Iterator[tuple[Any, ...]]:
    """The outputs of a run, again and again while it goes on.

    Raises:
        InputError: there is nothing to score, or too much.
    """
    batch = _read(path, pasted)
    work = Run(batch, lineup.select(names, own))
    yield render_message(copy.BATCH_LOADING), *_empty()
    # A GPU is lent for a part at a time: a lease of a whole run would end long ones.
    for step in work.parts(use_zero_gpu(lineup.score), is_stopped):
        if not is_stopped():
            yield _say(step), *_NOTHING
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / f"{batch.name}-scored.csv"
        frame, renamed = work.to_frame()
        write_csv(frame, output)
        yield (
            _summary(work, describe_renamed(renamed)),
            *_results(lineup.models(own), work, frame, output),
        )


def _read(path: str | None, pasted: str) -> Batch:
    if path:
        return read_file(Path(path))
    if pasted.strip():
        return read_lines(pasted)
    raise InputError(copy.BATCH_EMPTY)


def _empty() -> tuple[Any, ...]:
    """Nothing but a message: what an earlier run left is taken away."""
    return gr.DownloadButton(visible=False), "", "", "", gr.Dataframe(visible=False)


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
    sentences = [said]
    for model in work.models:
        shortened = work.predictions[model.name].shortened
        if shortened:
            sentences.append(copy.BATCH_CUT.format(count=shortened, model=model.name))
    sentences += filter(None, (work.batch.note, renamed))
    problems = "".join(render_message(own, is_alert=True) for own in work.problems.values())
    return render_sentence(" ".join(sentences)) + problems


def _results(
    models: Sequence[ModelInfo], work: Run, frame: pd.DataFrame, output: Path
) -> tuple[Any, ...]:
    """Download, table, verdict, matrices and the first rows."""
    results = work.to_results()
    table = verdict = matrices = ""
    if results:
        table = render_scores(
            scores_frame(results, models),
            floor=majority_row(results[0]),
            published=(),
            caption=f"{work.batch.name}, n = {results[0].metrics.n:,}",
        )
    if len(results) > 1:
        try:
            verdict, matrices = render_verdict(results, results[0], results[-1], opens=False)
        except DataError as error:
            verdict = render_message(str(error), is_alert=True)
    return (
        gr.DownloadButton(value=str(output), visible=True),
        table,
        verdict,
        matrices,
        gr.Dataframe(value=frame.head(SHOWN_ROWS), visible=True),
    )
