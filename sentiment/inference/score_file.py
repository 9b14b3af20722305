"""Scoring of a file of any size with one classifier, in parts.

Each part is saved in a folder beside the output when it is scored. The same command resumes an
interrupted run, and under `accelerate launch` the parts are divided among the processes. The source
is read three times: to check it, to score it, and to write it with the predictions.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from sentiment.data.columns import DEFAULT_READING, TEXT, ReadOptions, require_column
from sentiment.data.tables import read_texts, stream_table
from sentiment.data.writing import TableWriter, check_output_ending
from sentiment.errors import InputError
from sentiment.inference.columns import (
    EMPTY_TEXT,
    RowPredictions,
    append_columns,
    prediction_columns,
)
from sentiment.inference.scoring import Progress, score
from sentiment.models.classifier import Classifier
from sentiment.runtime.distributed import process_group
from sentiment.runtime.files import claim_plan, write_atomically

PART = 1024  # rows


@dataclass(frozen=True)
class Summary:
    """Counts of the texts of a file, and its renamed columns."""

    scored: int
    positive: int
    empty: int
    shortened: int  # truncated texts
    first_shortened: int  # number of the row of the first one, from 1; 0 if there is none
    found: int  # texts that were scored in an earlier run
    renamed: dict[str, str]  # as `append_columns` returns it; empty in all but the main process
    notes: tuple[str, ...]  # on the file, a sentence each
    text_column: str


@dataclass(frozen=True)
class _Scan:
    """Counts and hash of the texts of a file."""

    counts: list[int]  # texts in each part
    empty: int  # rows without a text
    texts_hash: str  # sha256
    text_column: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Source:
    """The file to score."""

    path: Path
    reading: ReadOptions

    def stream(self, notes: list[str] | None = None) -> Iterator[pd.DataFrame]:
        """Read the file part by part."""
        return stream_table(self.path, rows=PART, reading=self.reading, notes=notes)


def parts_folder(output: Path) -> Path:
    """Return the folder of the parts of an unfinished `output`."""
    return output.parent / f".{output.name}.parts"


def score_file(
    classifier: Classifier,
    source: Path,
    output: Path,
    *,
    reading: ReadOptions = DEFAULT_READING,
    progress: Progress | None = None,
) -> Summary:
    """Write the rows of `source` to `output` with a predicted label and a probability each.

    The columns `predicted_label` and `p_positive` are appended, and `error` if a row has no text;
    a name that the file has already gets a number.

    Args:
        source: a CSV, JSON Lines or parquet file.
        output: `.csv`, `.jsonl` or `.parquet`; an existing file is replaced when all texts are
            scored.
        reading: how `source` is read.
        progress: called with the number of this process's texts that are done and in all.

    Raises:
        InputError: the file cannot be read or has no text, or another run with other settings is
            unfinished there.
        CheckpointError: the folder of the parts cannot be written.
    """
    check_output_ending(output)
    source_file = _Source(source, reading)
    survey = _scan(source_file)
    if not sum(survey.counts):
        raise InputError(
            f"{source.name}: Every row of the text column is empty. Nothing was scored."
        )
    folder = parts_folder(output)
    plan = _build_plan(classifier, survey)
    process_group().run_on_main(lambda: claim_plan(folder, plan, is_resumed=True))
    totals = _score_parts(classifier, source_file, folder, survey, progress)
    gathered = np.array(process_group().gather(totals))
    positive, shortened, resumed = map(int, gathered[:, :3].sum(axis=0))
    first = min((int(row) for row in gathered[:, 3] if row), default=0)
    has_errors = survey.empty > 0
    renamed = process_group().run_on_main(
        lambda: _join(source_file, output, folder, classifier.name, has_errors)
    )
    if process_group().is_main:
        shutil.rmtree(folder, ignore_errors=True)
    scored, empty, column = sum(survey.counts), survey.empty, survey.text_column
    return Summary(
        scored, positive, empty, shortened, first, resumed, renamed, survey.notes, column
    )


def _scan(source: _Source) -> _Scan:
    """Count and hash the texts; a malformed `source` raises before anything is scored."""
    counts: list[int] = []
    notes: list[str] = []
    column, rows, digest = "", 0, hashlib.sha256()
    for frame in source.stream(notes):
        column = column or require_column(
            list(frame.columns), TEXT, source.reading.text_column, file=source.path.name
        )
        texts = read_texts(frame, column, file=source.path.name, first=rows)
        counts.append(sum(map(bool, texts)))
        rows += len(texts)
        digest.update(repr(texts).encode())
    if not rows:
        raise InputError(f"{source.path.name} has a header and no rows. Nothing was scored.")
    return _Scan(counts, rows - sum(counts), digest.hexdigest(), column, tuple(notes))


def _build_plan(classifier: Classifier, survey: _Scan) -> dict[str, Any]:
    """Build the settings that must be the same when a run is resumed."""
    return {
        "rows in a part": PART,
        "file": survey.texts_hash,
        "text column": survey.text_column,
        "model": classifier.name,
        "weights": classifier.weights_hash,
        "method": classifier.method.to_dict(),
    }


def _score_parts(
    classifier: Classifier,
    source: _Source,
    folder: Path,
    survey: _Scan,
    progress: Progress | None,
) -> np.ndarray:
    """Score and save the parts of this process that are not saved yet.

    Returns:
        (4,) int64: numbers of positive texts, of truncated texts, and of texts that were scored in
        an earlier run, over all parts of this process; and the row of the first truncated text,
        counted from 1, 0 if there is none.
    """
    counts = survey.counts
    indices = range(process_group().rank, len(counts), process_group().world_size)
    total, done = sum(counts[index] for index in indices), 0
    totals, start = np.zeros(4, dtype=np.int64), 0
    for index, frame in enumerate(source.stream()):
        first_row, start = start + 1, start + len(frame)
        if index not in indices:
            continue
        path = _part_path(folder, index)
        part = _load(path, len(frame))
        if part is None:
            part = _score(classifier, read_texts(frame, survey.text_column, file=source.path.name))
            _save(part, path)
        else:
            totals[2] += counts[index]
        totals[:2] += int(part.is_positive.sum()), part.shortened
        if part.shortened and not totals[3]:
            totals[3] = first_row + int(part.is_shortened.argmax())
        done += counts[index]
        if progress:
            progress(done, total)
    return totals


def _score(classifier: Classifier, texts: Sequence[str]) -> RowPredictions:
    filled = [i for i, text in enumerate(texts) if text]
    scores = score(classifier, [texts[i] for i in filled])
    part = RowPredictions.create(len(texts), has_neutral=scores.p_neutral is not None)
    part.fill(filled, scores.p_positive, scores.tokens_read, scores.tokens_total, scores.p_neutral)
    return part


def _part_path(folder: Path, number: int) -> Path:
    return folder / f"part-{number}.npz"


def _save(part: RowPredictions, path: Path) -> None:
    try:
        with write_atomically(path) as staging:
            np.savez(staging, **part._asdict())
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error}") from error


def _load(path: Path, rows: int) -> RowPredictions | None:
    """Load the part in `path`; None where it is missing or incomplete."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            part = RowPredictions(*(arrays[name] for name in RowPredictions._fields))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    return part if len(part.p_positive) == rows else None


def _join(
    source: _Source, output: Path, folder: Path, model: str, has_errors: bool
) -> dict[str, str]:
    """Write the rows of `source` with the predictions of the parts; return renamed columns."""
    ending = check_output_ending(output)
    renamed: dict[str, str] = {}
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with (
            write_atomically(output) as staging,
            closing(TableWriter(staging, ending=ending)) as writer,
        ):
            for number, frame in enumerate(source.stream()):
                part = _load(_part_path(folder, number), len(frame))
                if part is None:
                    raise InputError(
                        f"A part of {folder} is missing or damaged. Give the same command again."
                    )
                errors = np.where(part.is_scored, "", EMPTY_TEXT).astype(object)
                shown = errors if has_errors else None
                cells = prediction_columns(part, shown, as_text=ending == ".csv")
                renamed = append_columns(frame, {model: cells})
                writer.write(frame)
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error}") from error
    return renamed
