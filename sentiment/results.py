"""Saved predictions: the row's number, its gold label and the answer; never the text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sentiment.catalogue import ASSETS, find_checkpoints
from sentiment.errors import DataError
from sentiment.labels import POSITIVE
from sentiment.metrics import Metrics, check_predictions, compute_metrics

RESULTS = ASSETS / "results"
PREDICTIONS = "predictions"
_METADATA_KEY = b"sentiment"
_COLUMNS = ("row", "gold", "p_positive", "tokens_read", "tokens_total")


@dataclass(frozen=True)
class ResultInfo:
    """What a file of saved predictions says of its origin."""

    model: str
    kind: str
    backbone: str
    method: str
    weights_hash: str
    dataset: str
    split: str
    fingerprint: str
    date: str
    versions: dict[str, str]
    encoding: int = 0  # how texts became tokens, see sentiment.encoding
    template: str = ""
    thresholds: dict[str, float] = field(default_factory=dict)  # log-odds, see calibration


@dataclass(frozen=True, eq=False)  # a frame has no single answer to ==
class Result:
    """One model's predictions on one split."""

    info: ResultInfo
    frame: pd.DataFrame  # columns row, gold, p_positive, tokens_read, tokens_total

    @property
    def accuracy(self) -> float:
        """Share of right predictions, without the rest of the metrics and their intervals."""
        return float(((self.frame["p_positive"] > 0.5) == (self.frame["gold"] == POSITIVE)).mean())

    @cached_property
    def metrics(self) -> Metrics:
        """Computed from the predictions, never stored beside them.

        Raises:
            DataError: a row has no gold label.
        """
        return compute_metrics(self.frame["gold"].to_numpy(), self.frame["p_positive"].to_numpy())


def save_result(result: Result, path: Path) -> None:
    """Write `result` as parquet, its origin in the file's metadata.

    Raises:
        DataError: the disk refuses.
    """
    table = pa.Table.from_pandas(result.frame, preserve_index=False)
    metadata = {_METADATA_KEY: json.dumps(asdict(result.info)).encode()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.replace_schema_metadata(metadata), path)
    except OSError as error:
        raise DataError(f"The predictions cannot be written to {path}: {error}") from error


def load_result(path: Path) -> Result:
    """Read a file that `save_result` wrote.

    Raises:
        DataError: it is no such file.
    """
    try:
        table = pq.read_table(path)
        stored = json.loads((table.schema.metadata or {})[_METADATA_KEY])
        info = ResultInfo(
            **{f.name: stored[f.name] for f in fields(ResultInfo) if f.name in stored}
        )
        result = Result(info=info, frame=table.select(list(_COLUMNS)).to_pandas())
        check_predictions(result.frame["gold"].to_numpy(), result.frame["p_positive"].to_numpy())
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError, DataError) as error:
        raise DataError(f"{path.name} holds no saved predictions: {error}") from error
    return result


@lru_cache(maxsize=256)
def _load_unchanged(path: Path, _modified: int) -> Result:
    """`load_result`, kept with its metrics until the file changes."""
    return load_result(path)


def find_results(more: Sequence[Path] = ()) -> tuple[list[Result], list[str]]:
    """All saved predictions of the models on this machine, and a sentence for each broken file.

    Where two files hold the same model on the same rows, as the zero-shot side of two trainings
    does, the later one counts.

    Args:
        more: files to read besides those.
    """
    paths = [*more, *sorted(RESULTS.rglob("*.parquet"))]
    for checkpoint in find_checkpoints():
        paths += sorted((checkpoint.folder / PREDICTIONS).glob("*.parquet"))
    found: dict[tuple[str, ...], Result] = {}
    problems = []
    for path in paths:
        try:
            result = _load_unchanged(path, path.stat().st_mtime_ns)
        except (DataError, OSError) as error:
            problems.append(str(error))
            continue
        info = result.info
        key = (info.dataset, info.split, info.fingerprint, info.model, info.weights_hash)
        if key not in found or found[key].info.date < info.date:
            found[key] = result
    results = sorted(
        found.values(),
        key=lambda r: (
            r.info.dataset,
            r.info.split,
            r.info.kind == "baseline",
            r.info.backbone,
            r.info.kind != "zero-shot",
        ),
    )
    return results, problems


def measure_saved() -> None:
    """Compute the metrics of all saved predictions; they are kept until the files change."""
    for result in find_results()[0]:
        with suppress(DataError):
            _ = result.metrics


def same_rows(a: Result, b: Result) -> bool:
    """Whether two results answer the same rows with the same gold labels."""
    return bool(
        a.info.fingerprint == b.info.fingerprint
        and np.array_equal(a.frame["row"], b.frame["row"])
        and np.array_equal(a.frame["gold"], b.frame["gold"])
    )
