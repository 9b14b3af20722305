"""A file of texts through several models: in parts, so that it can be watched, stopped and kept.

A part takes about half a second, so that a single text in between need not wait for the file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from sentiment.answers import Part
from sentiment.catalogue import CheckpointInfo
from sentiment.data import Examples
from sentiment.errors import InputError
from sentiment.labels import LABELS, UNLABELLED, parse_label
from sentiment.limits import MAX_CHARACTERS, MAX_FILE_BYTES, MAX_ROWS
from sentiment.provenance import now, versions
from sentiment.results import Result, ResultInfo
from sentiment.tabular import read_csv

TEXT, LABEL = "text", "label"
_PART_SECONDS = 0.5
_FIRST_PART, _LARGEST_PART = 16, 512  # texts

Score = Callable[[CheckpointInfo, Sequence[str]], Part]


@dataclass(frozen=True)
class Batch:
    """Texts to be scored; `frame` has a row for each, with all the columns it came with."""

    name: str
    frame: pd.DataFrame
    texts: tuple[str, ...]
    errors: tuple[str, ...]  # why a row is not scored, empty where it is
    gold: np.ndarray | None  # (rows,) 0, 1 or -1; None where there is no column of labels

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Progress:
    """Where a run stands."""

    done: int  # texts times models
    total: int
    per_second: float
    model: str

    @property
    def seconds_left(self) -> float:
        """At the rate so far."""
        return (self.total - self.done) / self.per_second if self.per_second else float("inf")


@dataclass(eq=False)
class Run:
    """The answers of a batch, as far as they have come."""

    batch: Batch
    models: Sequence[CheckpointInfo]
    problems: dict[str, str] = field(default_factory=dict)  # of models that could not answer

    def __post_init__(self) -> None:
        shape = len(self.batch)
        self.p_positive = {model.name: np.full(shape, np.nan) for model in self.models}
        self.read = {model.name: np.zeros(shape, dtype=np.int64) for model in self.models}
        self.total = {model.name: np.zeros(shape, dtype=np.int64) for model in self.models}

    def parts(self, score: Score, is_stopped: Callable[[], bool]) -> Iterator[Progress]:
        """Score part after part; ends early where `is_stopped` says so. What is done stays."""
        filled = [i for i, error in enumerate(self.batch.errors) if not error]
        order = sorted(filled, key=lambda i: -len(self.batch.texts[i]))
        total, done, started = len(order) * len(self.models), 0, time.monotonic()
        for model in self.models:
            size, start = _FIRST_PART, 0
            while start < len(order):
                if is_stopped():
                    return
                rows = order[start : start + size]
                before = time.monotonic()
                part = score(model, [self.batch.texts[i] for i in rows])
                took = time.monotonic() - before
                if part.problem:
                    self.problems[model.name] = part.problem
                    done += len(order) - start
                    break
                self.p_positive[model.name][rows] = part.p_positive
                self.read[model.name][rows] = part.tokens_read
                self.total[model.name][rows] = part.tokens_total
                start += len(rows)
                done += len(rows)
                wanted = int(len(rows) * _PART_SECONDS / max(took, 1e-3))
                size = min(_LARGEST_PART, max(1, min(2 * size, wanted)))
                rate = done / max(time.monotonic() - started, 1e-6)
                yield Progress(done, total, rate, model.name)

    def to_frame(self) -> pd.DataFrame:
        """The rows as they came, with every model's label and probability beside them.

        Cells of texts that were not scored are empty; `error` says why where a row cannot be.
        """
        frame = self.batch.frame.copy()
        for model in self.models:
            p = self.p_positive[model.name]
            labels = ["" if np.isnan(value) else LABELS[int(value > 0.5)] for value in p]
            shown = ["" if np.isnan(value) else f"{value:.6f}" for value in p]
            frame[_free(f"{model.name} label", frame)] = labels
            frame[_free(f"{model.name} p_positive", frame)] = shown
        if any(self.batch.errors):
            frame[_free("error", frame)] = list(self.batch.errors)
        return frame

    def to_results(self) -> list[Result]:
        """The answers to the labelled texts that all models have answered; none without labels."""
        names = [model.name for model in self.models if model.name not in self.problems]
        if self.batch.gold is None or not names:
            return []
        answered = ~np.any([np.isnan(self.p_positive[name]) for name in names], axis=0)
        rows = np.flatnonzero(answered & (self.batch.gold != UNLABELLED))
        if not len(rows):
            return []
        texts = tuple(self.batch.texts[i] for i in rows)
        examples = Examples(self.batch.name, "file", texts, self.batch.gold[rows], rows)
        return [self._result(model, rows, examples) for model in self.models if model.name in names]

    def _result(self, model: CheckpointInfo, rows: np.ndarray, examples: Examples) -> Result:
        info = ResultInfo(
            model=model.name,
            kind=model.kind,
            backbone=model.backbone,
            method="",
            weights_hash="",
            dataset=examples.dataset,
            split=examples.split,
            fingerprint=examples.fingerprint,
            date=now(),
            versions=versions(),
        )
        columns = {
            "row": rows,
            "gold": examples.labels,
            "p_positive": self.p_positive[model.name][rows],
            "tokens_read": self.read[model.name][rows],
            "tokens_total": self.total[model.name][rows],
        }
        return Result(info=info, frame=pd.DataFrame(columns))


def read_file(path: Path) -> Batch:
    """The texts of a CSV with the column `text` and perhaps `label`.

    Raises:
        InputError: it is no such file, too large, or no row has a text.
    """
    size = path.stat().st_size if path.is_file() else 0
    if size > MAX_FILE_BYTES:
        raise InputError(
            f"The file has {size / 2**20:.1f} MB; the limit is {MAX_FILE_BYTES / 2**20:.0f} MB. "
            f"Nothing was scored."
        )
    return _build(path.stem, read_csv(path, needed=(TEXT,)), what="file")


def read_lines(pasted: str) -> Batch:
    """A text a line; empty lines are left out.

    Raises:
        InputError: there are none, or too many.
    """
    lines = [line.strip() for line in pasted.splitlines() if line.strip()]
    return _build("pasted", pd.DataFrame({TEXT: lines}, dtype=str), what="text")


def _build(name: str, frame: pd.DataFrame, *, what: str) -> Batch:
    if len(frame) > MAX_ROWS:
        raise InputError(
            f"The {what} has {len(frame):,} rows; the limit is {MAX_ROWS:,}. Nothing was scored."
        )
    texts = tuple(text.replace("\0", "").strip() for text in frame[TEXT])
    errors = tuple(map(_error, texts))
    if all(errors):
        raise InputError("There is no text to score: every row is empty or too long.")
    gold = None
    if LABEL in frame.columns:
        parsed = (parse_label(value) for value in frame[LABEL])
        gold = np.array([UNLABELLED if label is None else label for label in parsed])
    return Batch(name=name, frame=frame, texts=texts, errors=errors, gold=gold)


def _error(text: str) -> str:
    if not text:
        return "empty text"
    if len(text) > MAX_CHARACTERS:
        return f"{len(text):,} characters; the limit is {MAX_CHARACTERS:,}"
    return ""


def _free(name: str, frame: pd.DataFrame) -> str:
    """`name`, numbered where the file has such a column already."""
    number = 1
    free = name
    while free in frame.columns:
        number += 1
        free = f"{name} {number}"
    return free
