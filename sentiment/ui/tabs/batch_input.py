"""The input of the Batch tab: a file or pasted lines, its columns, and a preview before scoring."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from sentiment.data.columns import LABEL, TEXT, ReadOptions, find_column
from sentiment.data.tables import ENDINGS, read_columns
from sentiment.errors import InputError
from sentiment.paths import ASSETS
from sentiment.serving.file_job import Batch, check_size, read_file, read_lines
from sentiment.ui.render.batch import render_preview
from sentiment.ui.render.html import render_message
from sentiment.ui.session.jobs import INSTANT, PRIVATE
from sentiment.ui.text import batch as copy

SAMPLE_FILE = ASSETS / "data" / "sample_reviews.csv"
_NO_LABELS = (copy.BATCH_NO_LABELS, "")


@dataclass(frozen=True)
class BatchInput:
    """The components that say what is scored."""

    file: gr.File
    pasted: gr.Textbox
    text_column: gr.Dropdown
    label_column: gr.Dropdown

    def values(self) -> list[Any]:
        """List the components whose values `read_input` takes, in its order."""
        return [self.file, self.pasted, self.text_column, self.label_column]


def create_input() -> BatchInput:
    """Create the components, and the preview that follows them."""
    with gr.Row():
        with gr.Column(min_width=300):
            file = gr.File(
                label=copy.BATCH_FILE,
                file_types=[*ENDINGS, ".gz"],
                type="filepath",
                elem_id="batch-file",
            )
            sample = gr.Button(copy.BATCH_SAMPLE, size="sm", elem_id="batch-sample")
        pasted = gr.Textbox(
            label=copy.BATCH_LINES, lines=5, max_lines=10, min_width=300, elem_id="batch-lines"
        )
    with gr.Row(visible=False) as columns:
        text_column = gr.Dropdown(
            label=copy.BATCH_TEXT_COLUMN, choices=[], min_width=220, elem_id="batch-text-column"
        )
        label_column = gr.Dropdown(
            label=copy.BATCH_LABEL_COLUMN, choices=[], min_width=220, elem_id="batch-label-column"
        )
    preview = gr.HTML(elem_id="batch-preview")
    own = BatchInput(file, pasted, text_column, label_column)
    sample.click(_give_sample, outputs=file, **PRIVATE)
    for given in (file, pasted):
        given.change(
            offer_columns,
            [file, pasted],
            [columns, text_column, label_column, preview],
            trigger_mode="always_last",
            **INSTANT,
        )
    for chosen in (text_column, label_column):
        chosen.input(preview_input, own.values(), preview, trigger_mode="always_last", **INSTANT)
    return own


def read_input(path: str | None, pasted: str, text: str | None, label: str | None) -> Batch:
    """Read the file with the chosen columns, or the pasted lines.

    Raises:
        InputError: there is neither, or the file cannot be read.
    """
    if path:
        return read_file(Path(path), ReadOptions(text_column=text or None, label_column=label))
    if pasted.strip():
        return read_lines(pasted)
    raise InputError(copy.BATCH_EMPTY)


def offer_columns(path: str | None, pasted: str) -> tuple[Any, ...]:
    """Offer the columns of a file, with the usual names chosen, and render the preview."""
    hidden = gr.Row(visible=False)
    nothing = gr.Dropdown(choices=[], value=None)
    if not path:
        return hidden, nothing, nothing, preview_input(path, pasted, None, None)
    try:
        check_size(Path(path))
        columns = read_columns(Path(path))
        name = Path(path).name
        text = find_column(columns, TEXT, file=name)
        label = find_column(columns, LABEL, file=name) or ""
    except InputError as error:
        return hidden, nothing, nothing, render_message(str(error), is_alert=True)
    return (
        gr.Row(visible=True),
        gr.Dropdown(choices=columns, value=text),
        gr.Dropdown(choices=[_NO_LABELS, *((own, own) for own in columns)], value=label),
        preview_input(path, pasted, text, label),
    )


def preview_input(path: str | None, pasted: str, text: str | None, label: str | None) -> str:
    """Render what would be scored, or why it cannot be."""
    if not path and not pasted.strip():
        return ""
    try:
        return render_preview(read_input(path, pasted, text, label))
    except InputError as error:
        return render_message(str(error), is_alert=True)


def _give_sample() -> Iterator[str]:
    """Give a copy of the sample file: Gradio serves only what lies in the temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield shutil.copy(SAMPLE_FILE, folder)
