"""A file of any size through one classifier: read, scored and written part by part.

A part is kept in a folder beside the output as soon as it is scored. The same command goes on where
it was cut off, and under `accelerate launch` the parts are divided among the processes.
"""

from __future__ import annotations

import hashlib
import itertools
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from sentiment.data.tables import TableWriter, stream_table
from sentiment.errors import InputError, SentimentError
from sentiment.inference.scoring import Progress, score
from sentiment.labels import LABELS
from sentiment.models.classifier import Classifier
from sentiment.runtime.distributed import process_group
from sentiment.runtime.files import read_json, write_json

PART = 1024  # rows
_PLAN = "plan.json"
_SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True)
class Summary:
    """What was done to a file."""

    scored: int
    positive: int
    empty: int
    shortened: int  # texts longer than the model reads
    found: int  # texts that an earlier run had scored
    prefix: str  # of the new columns


class _Part(NamedTuple):
    """The answers to the rows of a part; NaN and 0 where a row has no text."""

    p_positive: np.ndarray
    tokens_read: np.ndarray
    tokens_total: np.ndarray


def parts_folder(output: Path) -> Path:
    """Where the parts of an unfinished `output` are kept."""
    return output.parent / f".{output.name}.parts"


def score_file(
    classifier: Classifier,
    source: Path,
    output: Path,
    *,
    text_column: str,
    progress: Progress | None = None,
) -> Summary:
    """Write `source` to `output` with a label and a probability beside every text.

    The columns `label` and `p_positive` are added, and `error` where a row has no text; they are
    called otherwise where the file has such columns.

    Args:
        source: a CSV in UTF-8 or a parquet file.
        output: `.csv` or `.parquet`; what stands there is replaced when all is scored.
        progress: called with the number of this process's texts that are done and in all.

    Raises:
        InputError: the file cannot be read or has no text, or another run with other settings is
            unfinished there.
    """
    if output.suffix.lower() not in _SUFFIXES:
        raise InputError(f"{output} must end in {' or '.join(_SUFFIXES)}.")
    counts, columns = _survey(source, text_column)
    if not sum(counts):
        raise InputError("Every row of the text column is empty. Nothing was scored.")
    folder = parts_folder(output)
    _begin(folder, _plan(classifier, source, text_column))
    own = _score_parts(classifier, source, folder, text_column, counts, progress)
    found = sum(process_group().gather(own))
    prefix = _free_prefix(columns)
    totals = np.zeros(4, dtype=np.int64)
    if process_group().is_main:
        totals = _join(source, output, folder, text_column, prefix)
        shutil.rmtree(folder, ignore_errors=True)
    process_group().wait()
    scored, positive, empty, shortened = map(int, totals)
    return Summary(scored, positive, empty, shortened, found, prefix)


def _survey(source: Path, text_column: str) -> tuple[list[int], list[str]]:
    """(texts in each part, names of the columns); reading it all refuses a bad file at once."""
    counts: list[int] = []
    columns: list[str] = []
    for frame in stream_table(source, needed=(text_column,), rows=PART):
        columns = list(map(str, frame.columns))
        counts.append(sum(map(bool, _texts(frame, text_column))))
    return counts, columns


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    return [str(text).strip() for text in frame[column].fillna("")]


def _plan(classifier: Classifier, source: Path, text_column: str) -> dict[str, Any]:
    """What must not change between two runs that share their parts."""
    with source.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "part": PART,
        "file": content,
        "column": text_column,
        "model": classifier.name,
        "weights": classifier.weights_hash,
        "method": classifier.method.to_dict(),
    }


def _begin(folder: Path, plan: dict[str, Any]) -> None:
    """Claim the folder, or go on in it."""
    problem = ""
    if process_group().is_main:
        try:
            _claim(folder, plan)
        except SentimentError as error:
            problem = str(error)
        except OSError as error:
            problem = f"{folder} cannot be written: {error}"
    problem = process_group().gather(problem)[0]
    if problem:
        raise InputError(problem)


def _claim(folder: Path, plan: dict[str, Any]) -> None:
    path = folder / _PLAN
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        write_json(unfinished, plan)
        unfinished.replace(path)
        return
    kept = read_json(path)
    for name, value in plan.items():
        if kept.get(name) != value:
            raise InputError(
                f"{folder} holds an unfinished run with another {name} ({kept.get(name)!r}, now "
                f"{value!r}). Give the same again, or remove that folder to start anew."
            )


def _score_parts(
    classifier: Classifier,
    source: Path,
    folder: Path,
    text_column: str,
    counts: Sequence[int],
    progress: Progress | None,
) -> int:
    """Score this process's parts that are not there yet; returns how many texts were."""
    own = range(process_group().rank, len(counts), process_group().count)
    total, done, found = sum(counts[i] for i in own), 0, 0
    frames = stream_table(source, needed=(text_column,), rows=PART)
    for number, frame in enumerate(frames):
        if number not in own:
            continue
        path = folder / f"part-{number}.npz"
        if _load(path, len(frame)) is not None:
            found += counts[number]
        else:
            _save(_score(classifier, _texts(frame, text_column)), path)
        done += counts[number]
        if progress:
            progress(done, total)
    return found


def _score(classifier: Classifier, texts: Sequence[str]) -> _Part:
    filled = [i for i, text in enumerate(texts) if text]
    part = _Part(
        np.full(len(texts), np.nan),
        np.zeros(len(texts), dtype=np.int64),
        np.zeros(len(texts), dtype=np.int64),
    )
    scores = score(classifier, [texts[i] for i in filled])
    part.p_positive[filled] = scores.p_positive
    part.tokens_read[filled] = scores.tokens_read
    part.tokens_total[filled] = scores.tokens_total
    return part


def _save(part: _Part, path: Path) -> None:
    """Write beside the place, then move there: a killed process leaves no half part."""
    unfinished = path.with_suffix(".unfinished.npz")
    try:
        np.savez(unfinished, **part._asdict())
        unfinished.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error}") from error


def _load(path: Path, rows: int) -> _Part | None:
    """The part in `path`, None where it is not there or not whole."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            part = _Part(*(kept[name] for name in _Part._fields))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    return part if len(part.p_positive) == rows else None


def _join(source: Path, output: Path, folder: Path, text_column: str, prefix: str) -> np.ndarray:
    """Write the rows with their answers; returns texts scored, positive, empty and shortened."""
    is_parquet = output.suffix.lower() == ".parquet"
    totals = sum(
        (_count(part) for _, part in _answered(source, folder, text_column)),
        start=np.zeros(4, dtype=np.int64),
    )
    unfinished = folder / f"joined{output.suffix}"
    try:
        with closing(TableWriter(unfinished, is_parquet=is_parquet)) as writer:
            for frame, part in _answered(source, folder, text_column):
                empty = np.isnan(part.p_positive)
                label = np.where(empty, "", np.array(LABELS)[(part.p_positive > 0.5).astype(int)])
                p_positive = part.p_positive if is_parquet else _shown(part.p_positive)
                frame[f"{prefix}label"] = label.astype(object)
                frame[f"{prefix}p_positive"] = p_positive
                if totals[2]:
                    error = np.where(empty, "empty text", "")
                    frame[f"{prefix}error"] = error.astype(object)
                writer.write(frame)
        output.parent.mkdir(parents=True, exist_ok=True)
        unfinished.replace(output)
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error}") from error
    return totals


def _answered(source: Path, folder: Path, text_column: str) -> Iterator[tuple[pd.DataFrame, _Part]]:
    """Every part of the file with its answers."""
    frames = stream_table(source, needed=(text_column,), rows=PART)
    for number, frame in enumerate(frames):
        part = _load(folder / f"part-{number}.npz", len(frame))
        if part is None:
            raise InputError(
                f"A part of {folder} is missing or damaged. Give the same command again."
            )
        yield frame, part


def _count(part: _Part) -> np.ndarray:
    """Texts scored, positive, empty and shortened, (4,)."""
    filled = ~np.isnan(part.p_positive)
    is_cut = part.tokens_read < part.tokens_total
    counts = (filled, part.p_positive > 0.5, ~filled, is_cut)
    return np.array([int(own.sum()) for own in counts])


def _shown(p_positive: np.ndarray) -> list[str]:
    return ["" if np.isnan(p) else f"{p:.6f}" for p in p_positive]


def _free_prefix(columns: Sequence[str]) -> str:
    """What the new columns begin with so that they overwrite none of `columns`."""
    numbered = (f"predicted{number}_" for number in itertools.count(2))
    prefixes = itertools.chain(["", "predicted_"], numbered)
    added = ("label", "p_positive", "error")
    return next(p for p in prefixes if not any(p + name in columns for name in added))
