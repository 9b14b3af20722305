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
    encoding: gr.Textbox
    has_header: gr.Checkbox
    has_quotes: gr.Checkbox
    is_strict: gr.Checkbox

    @property
    def format(self) -> list[Any]:
        """List the components of the file's format, in the order of `offer_columns`."""
        return [self.encoding, self.has_header, self.has_quotes, self.is_strict]

    def values(self) -> list[Any]:
        """List the components whose values `read_input` takes, in its order."""
        return [self.file, self.pasted, self.text_column, self.label_column, *self.format]


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
    with gr.Accordion(copy.BATCH_FORMAT, open=False, elem_id="batch-format"):
        format_ = _create_format()
    preview = gr.HTML(elem_id="batch-preview")
    own = BatchInput(file, pasted, text_column, label_column, *format_)
    sample.click(_give_sample, outputs=file, **PRIVATE)
    for given in (file, pasted, *own.format[:3]):
        given.change(
            offer_columns,
            [file, pasted, *own.format],
            [columns, text_column, label_column, preview],
            trigger_mode="always_last",
            **INSTANT,
        )
    for chosen in (text_column, label_column, own.is_strict):
        chosen.input(preview_input, own.values(), preview, trigger_mode="always_last", **INSTANT)
    return own


def _create_format() -> tuple[gr.Textbox, gr.Checkbox, gr.Checkbox, gr.Checkbox]:
    """Create the options on how a file is read, those of the command line."""
    encoding = gr.Textbox(
        label=copy.FORMAT_ENCODING,
        placeholder=copy.FORMAT_ENCODING_HINT,
        max_lines=1,
        elem_id="batch-encoding",
    )
    with gr.Row():
        has_header = gr.Checkbox(True, label=copy.FORMAT_HEADER, elem_id="batch-header")
        has_quotes = gr.Checkbox(True, label=copy.FORMAT_QUOTES, elem_id="batch-quotes")
        is_strict = gr.Checkbox(False, label=copy.FORMAT_STRICT, elem_id="batch-strict")
    return encoding, has_header, has_quotes, is_strict


def read_input(
    path: str | None,
    pasted: str,
    text: str | None,
    label: str | None,
    encoding: str | None = None,
    has_header: bool = True,
    has_quotes: bool = True,
    is_strict: bool = False,
) -> Batch:
    """Read the file with the chosen columns and format, or the pasted lines.

    Raises:
        InputError: there is neither, or the file cannot be read.
    """
    if path:
        reading = ReadOptions(
            encoding=(encoding or "").strip() or None,
            text_column=text or None,
            label_column=label,
            has_header=has_header,
            has_quotes=has_quotes,
            is_strict=is_strict,
        )
        return read_file(Path(path), reading)
    if pasted.strip():
        return read_lines(pasted)
    raise InputError(copy.BATCH_EMPTY)


def offer_columns(
    path: str | None,
    pasted: str,
    encoding: str | None = None,
    has_header: bool = True,
    has_quotes: bool = True,
    is_strict: bool = False,
) -> tuple[Any, ...]:
    """Offer the columns of a file, with the usual names chosen, and render the preview."""
    hidden = gr.Row(visible=False)
    nothing = gr.Dropdown(choices=[], value=None)
    if not path:
        return hidden, nothing, nothing, preview_input(path, pasted, None, None)
    try:
        check_size(Path(path))
        reading = ReadOptions(
            encoding=(encoding or "").strip() or None, has_header=has_header, has_quotes=has_quotes
        )
        columns = read_columns(Path(path), reading=reading)
        name = Path(path).name
        text = find_column(columns, TEXT, file=name)
        label = find_column(columns, LABEL, file=name) or ""
    except InputError as error:
        return hidden, nothing, nothing, render_message(str(error), is_alert=True)
    return (
        gr.Row(visible=True),
        gr.Dropdown(choices=columns, value=text),
        gr.Dropdown(choices=[_NO_LABELS, *((own, own) for own in columns)], value=label),
        preview_input(path, pasted, text, label, encoding, has_header, has_quotes, is_strict),
    )


def preview_input(path: str | None, pasted: str, *chosen: Any) -> str:
    """Render what would be scored, or why it cannot be.

    Args:
        chosen: the further arguments of `read_input`.
    """
    if not path and not pasted.strip():
        return ""
    try:
        return render_preview(read_input(path, pasted, *chosen))
    except InputError as error:
        return render_message(str(error), is_alert=True)


def _give_sample() -> Iterator[str]:
    """Give a copy of the sample file: Gradio serves only what lies in the temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield shutil.copy(SAMPLE_FILE, folder)
