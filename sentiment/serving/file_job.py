"""Scoring of a file with several models, in parts, with progress and cancellation after each.

A part takes about a quarter of a second, so that requests for single texts are served in between.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from sentiment.data.columns import (
    DEFAULT_READING,
    LABEL,
    TEXT,
    ReadOptions,
    find_column,
    require_column,
)
from sentiment.data.encodings import decompressed_size
from sentiment.data.examples import Examples
from sentiment.data.gold import GoldLabels, read_gold_labels
from sentiment.data.tables import as_texts, count_rows, file_ending, read_table, read_texts
from sentiment.errors import InputError
from sentiment.evaluation.results import Result, ResultInfo
from sentiment.inference.columns import (
    EMPTY_TEXT,
    RowPredictions,
    append_columns,
    prediction_columns,
)
from sentiment.labels import UNLABELLED
from sentiment.limits import MAX_CHARACTERS, MAX_FILE_BYTES, MAX_ROWS
from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo
from sentiment.runtime.provenance import now, versions
from sentiment.serving.answers import BatchPrediction

_MOST_UNPACKED = 10  # times the largest file, for parquet
_PART_SECONDS = 0.25
_RATE_SECONDS = 8.0  # over which the rate is measured
_FIRST_PART, _LARGEST_PART = 2_000, 200_000  # characters

Score = Callable[[ModelInfo, Sequence[str]], BatchPrediction]


@dataclass(frozen=True)
class Batch:
    """Texts to score; `frame` has a row for each, with all columns of the file."""

    name: str
    frame: pd.DataFrame
    texts: tuple[str, ...]
    errors: tuple[str, ...]  # why a row is not scored, empty if it is
    notes: tuple[str, ...]  # on the file, a sentence each
    text_column: str
    label_column: str | None  # None without one
    labels: GoldLabels | None  # what was understood of it

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def gold(self) -> np.ndarray | None:
        """Return the gold labels, (rows,) 0, 1 or -1; None if there are none to evaluate with."""
        return None if self.labels is None else self.labels.values


@dataclass(frozen=True)
class Progress:
    """Progress of a run."""

    done: int  # predictions
    total: int  # predictions, without those of failed models
    per_second: float  # recently
    seconds_left: float  # estimated from the remaining characters, at the recent rate
    model: str


class RecentRate:
    """Rates over the last seconds: a machine may be busy now and idle a minute later."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int, int]] = deque([(time.monotonic(), 0, 0)])

    def add(self, done: int, characters: int) -> tuple[float, float]:
        """Take the counts so far; return answers and characters per second."""
        now = time.monotonic()
        self._seen.append((now, done, characters))
        # One measurement from before the window stays, so that a slow part is measured whole.
        while len(self._seen) > 2 and now - self._seen[1][0] >= _RATE_SECONDS:
            self._seen.popleft()
        then, done_then, characters_then = self._seen[0]
        seconds = max(now - then, 1e-6)
        return (done - done_then) / seconds, (characters - characters_then) / seconds


@dataclass(eq=False)
class Run:
    """Predictions of several models for a batch, possibly incomplete."""

    batch: Batch
    models: Sequence[ModelInfo]
    problems: dict[str, str] = field(default_factory=dict)  # error messages by model

    def __post_init__(self) -> None:
        rows = len(self.batch)
        self.predictions = {model.name: RowPredictions.create(rows) for model in self.models}

    def parts(self, score: Score, is_stopped: Callable[[], bool]) -> Iterator[Progress]:
        """Score in parts; stop early if `is_stopped` returns True, keeping finished parts."""
        filled = [i for i, error in enumerate(self.batch.errors) if not error]
        order = sorted(filled, key=lambda i: -len(self.batch.texts[i]))
        characters = sum(len(self.batch.texts[i]) for i in order)
        total, all_characters = len(order) * len(self.models), characters * len(self.models)
        done, read, rate = 0, 0, RecentRate()
        for model in self.models:
            model_done, model_read = 0, 0
            texts = [self.batch.texts[i] for i in order]
            for part in cut(texts, partial(score, model), is_stopped):
                if part.error:
                    self.problems[model.name] = part.error
                    total -= len(order) - model_done
                    all_characters -= characters - model_read
                    break
                n = len(part.p_positive)
                rows = order[model_done : model_done + n]
                self._fill(model.name, rows, part)
                length = sum(map(len, texts[model_done : model_done + n]))
                model_done, done = model_done + n, done + n
                model_read, read = model_read + length, read + length
                per_second, characters_per_second = rate.add(done, read)
                left = (all_characters - read) / max(characters_per_second, 1e-6)
                yield Progress(done, total, per_second, left, model.name)

    def _fill(self, model: str, rows: Sequence[int], part: BatchPrediction) -> None:
        """Set the predictions of `model` for `rows`."""
        own = self.predictions[model]
        if part.p_neutral and not len(own.p_neutral):  # known only when the model has answered
            own = own._replace(p_neutral=np.full(len(self.batch), np.nan))
            self.predictions[model] = own
        neutral = part.p_neutral or None
        own.fill(rows, part.p_positive, part.tokens_read, part.tokens_total, neutral)

    def answered(self, model: ModelInfo) -> int:
        """Count the rows that a model has scored so far."""
        return int(self.predictions[model.name].is_scored.sum())

    @property
    def is_whole(self) -> bool:
        """Return whether every model without an error has scored every row that can be scored."""
        filled = sum(not error for error in self.batch.errors)
        return all(
            self.answered(model) == filled
            for model in self.models
            if model.name not in self.problems
        )

    @property
    def disagreements(self) -> np.ndarray:
        """Mask of the rows to which two models give different labels, (rows,) bool."""
        scored = [own for own in self.predictions.values() if own.is_scored.any()]
        if not scored:
            return np.zeros(len(self.batch), dtype=bool)
        has_both = [
            np.any([own.is_scored & (own.is_positive == label) for own in scored], axis=0)
            for label in (False, True)
        ]
        return np.logical_and(*has_both)

    def to_frame(self) -> tuple[pd.DataFrame, dict[str, str]]:
        """Return the rows with the columns of all models, and the columns that were renamed.

        Cells of texts that were not scored are empty; `error` gives the reason.
        """
        columns = {}
        for model in self.models:
            scores, errors = self.predictions[model.name], self._errors(model)
            cells = prediction_columns(scores, errors if any(errors) else None, as_text=True)
            cells["tokens read"] = [
                f"{read} of {total}" if total else ""
                for read, total in zip(scores.tokens_read, scores.tokens_total, strict=True)
            ]
            columns[model.name] = cells
        frame = self.batch.frame.copy()
        return frame, append_columns(frame, columns)

    def _errors(self, model: ModelInfo) -> list[str]:
        """Return the error of each row of `model`, empty for rows that are scored or pending."""
        problem = self.problems.get(model.name, "")
        is_scored = self.predictions[model.name].is_scored
        return [
            error or ("" if done else problem)
            for error, done in zip(self.batch.errors, is_scored, strict=True)
        ]

    def to_results(self) -> list[Result]:
        """Return each model's result on the labelled texts that all models have scored.

        Models without predictions are left out; without labels there are no results.
        """
        names = [model.name for model in self.models if self.answered(model)]
        if self.batch.gold is None or not names:
            return []
        is_scored = np.all([self.predictions[name].is_scored for name in names], axis=0)
        rows = np.flatnonzero(is_scored & (self.batch.gold != UNLABELLED))
        if not len(rows):
            return []
        texts = tuple(self.batch.texts[i] for i in rows)
        examples = Examples(self.batch.name, "file", texts, self.batch.gold[rows], rows)
        return [self._result(model, rows, examples) for model in self.models if model.name in names]

    def _result(self, model: ModelInfo, rows: np.ndarray, examples: Examples) -> Result:
        info = ResultInfo(
            model=model.name,
            kind=model.kind,
            backbone=model.backbone,
            method=Method(kind="file"),
            weights_hash="",
            dataset=examples.dataset,
            split=examples.split,
            fingerprint=examples.fingerprint,
            date=now(),
            versions=versions(),
        )
        own = self.predictions[model.name]._asdict()
        scores = {name: own[name] for name in ("p_positive", "tokens_read", "tokens_total")}
        columns = {name: values[rows] for name, values in scores.items()}
        return Result(
            info=info, frame=pd.DataFrame({"row": rows, "gold": examples.labels, **columns})
        )


def read_file(path: Path, reading: ReadOptions = DEFAULT_READING) -> Batch:
    """Read the texts of a CSV, JSON Lines or parquet file, and its labels if it has any.

    Raises:
        InputError: the file cannot be read, is too large, or has no text.
    """
    check_size(path)
    table = read_table(path, reading=reading)
    name = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
    return _build(name, table.frame, reading, file=path.name, notes=table.notes)


def check_size(path: Path) -> None:
    """Check that a file is not too large for the app, before it is read or unpacked.

    Raises:
        InputError: it is.
    """
    size = decompressed_size(path, max_bytes=MAX_FILE_BYTES) if path.is_file() else 0
    if size > MAX_FILE_BYTES:
        is_packed = path.stat().st_size <= MAX_FILE_BYTES
        raise InputError(
            f"The file has {'over 5.0' if is_packed else f'{size / 2**20:.1f}'} MB"
            f"{' when it is unpacked' if is_packed else ''}; the limit is "
            f"{MAX_FILE_BYTES / 2**20:.0f} MB. Nothing was scored."
        )
    if file_ending(path) == ".parquet" and size:
        _check_rows(count_rows(path, most_bytes=_MOST_UNPACKED * MAX_FILE_BYTES), what="file")


def read_lines(pasted: str) -> Batch:
    """Read one text per line; empty lines are left out.

    Raises:
        InputError: there are no texts, or too many.
    """
    valid = pasted.encode("utf-8", "replace").decode("utf-8")  # lone surrogates
    lines = [line.strip() for line in valid.splitlines() if line.strip()]
    frame = pd.DataFrame({TEXT: lines}, dtype=str)
    return _build("pasted", frame, DEFAULT_READING, file="text")


def _check_rows(rows: int, *, what: str) -> None:
    if rows > MAX_ROWS:
        raise InputError(
            f"The {what} has {rows:,} rows; the limit is {MAX_ROWS:,}. Nothing was scored."
        )


def _build(
    name: str, frame: pd.DataFrame, reading: ReadOptions, *, file: str, notes: tuple[str, ...] = ()
) -> Batch:
    _check_rows(len(frame), what="text" if file == "text" else "file")
    columns = list(frame.columns)
    text_column = require_column(columns, TEXT, reading.text_column, file=file)
    label_column = find_column(columns, LABEL, reading.label_column, file=file)
    cells = read_texts(frame, text_column, file=file)
    texts = tuple(text.replace("\0", "").strip() for text in cells)
    errors = tuple(map(_error, texts))
    if all(errors):
        raise InputError("There is no text to score: every row is empty or too long.")
    labels = None
    if label_column is not None:
        cells = as_texts(frame[label_column])
        labels = read_gold_labels(cells, column=label_column, file=file)
        if reading.is_strict and labels.unlabelled:
            raise InputError(
                f"{file}: {labels.unlabelled} Label them, or leave --neutral refuse out."
            )
    return Batch(name, frame, texts, errors, notes, text_column, label_column, labels)


def cut(
    texts: Sequence[str],
    score: Callable[[Sequence[str]], BatchPrediction],
    is_stopped: Callable[[], bool] = lambda: False,
) -> Iterator[BatchPrediction]:
    """Score `texts` in their order, in parts that take about a quarter of a second each.

    It stops early if `is_stopped` returns True, and after a part with an error.
    """
    start, budget = 0, _FIRST_PART
    while start < len(texts) and not is_stopped():
        end, size = start + 1, len(texts[start])
        while end < len(texts) and size + len(texts[end]) <= budget:
            size += len(texts[end])
            end += 1
        before = time.monotonic()
        part = score(texts[start:end])
        took = max(time.monotonic() - before, 1e-3)
        yield part
        if part.error:
            return
        start = end
        budget = int(min(_LARGEST_PART, 2 * budget, max(1, size * _PART_SECONDS / took)))


def _error(text: str) -> str:
    if not text:
        return EMPTY_TEXT
    if len(text) > MAX_CHARACTERS:
        return f"{len(text):,} characters; the limit is {MAX_CHARACTERS:,}"
    return ""
