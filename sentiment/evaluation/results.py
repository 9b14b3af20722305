"""Saved predictions: row number, gold label and probability of each text, without the text."""

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

from sentiment.data.sources import full_title, random_part_name
from sentiment.errors import CheckpointError, DataError
from sentiment.evaluation.metrics import Metrics, check_probabilities, compute_metrics
from sentiment.evaluation.reliability import (
    Reliability,
    TemperatureScaled,
    compute_reliability,
    scale_temperature,
)
from sentiment.formatting import describe_shots
from sentiment.labels import POSITIVE, UNLABELLED
from sentiment.method import UNTRAINED, Method
from sentiment.models.catalogue import RUN_FILE, ModelInfo, list_models
from sentiment.paths import RESULTS
from sentiment.probabilities import is_positive
from sentiment.runtime.files import read_json

PREDICTIONS = "predictions"
METADATA_KEY = b"sentiment"
_COLUMNS = ("row", "gold", "p_positive", "tokens_read", "tokens_total")
RANDOM_FIFTH = random_part_name("train", 0.2, 42)


@dataclass(frozen=True)
class ResultInfo:
    """Metadata of saved predictions: the model, the data and the run they come from."""

    model: str
    kind: str
    backbone: str
    method: Method
    weights_hash: str
    dataset: str
    split: str
    fingerprint: str
    date: str
    versions: dict[str, str]
    encoding: int = 0  # how texts became tokens, see sentiment.models.encoding
    thresholds: dict[str, float] = field(default_factory=dict)  # log-odds, see calibration
    seed: int | None = None  # of the training; None where nothing was trained
    revision: str = ""  # commit of a model from the Hub; one that was asked for is in `model`

    def is_of(self, model: str) -> bool:
        """Return whether these are the predictions of a model itself, without demonstrations."""
        return self.model == model and not self.method.shots


@dataclass(frozen=True, eq=False)  # data frames have no scalar ==
class Result:
    """One model's predictions on one split."""

    info: ResultInfo
    frame: pd.DataFrame  # columns row, gold, p_positive, tokens_read, tokens_total
    has_ids: bool = False  # `row` holds ids of the source, not row numbers

    @cached_property
    def accuracy(self) -> float:
        """Compute the accuracy, without the other metrics and their intervals."""
        return float((is_positive(self.p_positive) == (self.gold == POSITIVE)).mean())

    @property
    def gold(self) -> np.ndarray:
        """Return the gold labels of the labelled rows, (n,)."""
        return self._labelled["gold"].to_numpy()

    @property
    def p_positive(self) -> np.ndarray:
        """Return the probabilities of the positive label of the labelled rows, (n,)."""
        return self._labelled["p_positive"].to_numpy()

    @cached_property
    def _labelled(self) -> pd.DataFrame:
        return self.frame[self.frame["gold"] != UNLABELLED]

    @cached_property
    def metrics(self) -> Metrics:
        """Compute the metrics of the labelled rows; they are not saved with the predictions.

        Raises:
            DataError: no row has a gold label.
        """
        return compute_metrics(self.gold, self.p_positive)

    @cached_property
    def reliability(self) -> Reliability:
        """Compute the calibration of the probabilities of the labelled rows.

        Raises:
            DataError: no row has a gold label.
        """
        return compute_reliability(self.gold, self.p_positive)


def save_result(result: Result, path: Path) -> None:
    """Write `result` as parquet, with its `info` in the file's metadata.

    Raises:
        DataError: the file cannot be written.
    """
    table = pa.Table.from_pandas(result.frame, preserve_index=False)
    stored = {**asdict(result.info), "method": result.info.method.to_dict()}
    if result.has_ids:
        stored["has_ids"] = True
    metadata = {METADATA_KEY: json.dumps(stored).encode()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.replace_schema_metadata(metadata), path)
    except OSError as error:
        raise DataError(f"The predictions cannot be written to {path}: {error}") from error


def load_result(path: Path) -> Result:
    """Load a result that `save_result` wrote.

    Raises:
        DataError: the file cannot be read, or holds no saved predictions.
    """
    try:
        table = pq.read_table(path)
        stored = json.loads((table.schema.metadata or {})[METADATA_KEY])
        stored["method"] = Method.from_dict(stored["method"])
        info = ResultInfo(
            **{f.name: stored[f.name] for f in fields(ResultInfo) if f.name in stored}
        )
        frame = table.select(list(_COLUMNS)).to_pandas()
        has_ids = bool(stored.get("has_ids")) or frame["row"].dtype.kind not in "iu"
        result = Result(info=info, frame=frame, has_ids=has_ids)
        check_probabilities(result.frame["p_positive"].to_numpy())
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError, DataError) as error:
        raise DataError(f"{path.name} holds no saved predictions: {error}") from error
    return result


@lru_cache(maxsize=256)
def _load_cached(path: Path, _modified: int) -> Result:
    """Load a result and cache it, with its metrics, until the file changes."""
    return load_result(path)


def find_results(more: Sequence[Path] = ()) -> tuple[list[Result], list[str]]:
    """Find all saved predictions of the models on this machine, and an error message per bad file.

    Of several files with the same model and rows, such as the zero-shot result of two training
    runs, the latest is used.

    Args:
        more: further files to read.
    """
    paths = [*more, *sorted(RESULTS.rglob("*.parquet"))]
    for checkpoint in list_models():
        paths += sorted((checkpoint.folder / PREDICTIONS).glob("*.parquet"))
    latest: dict[tuple[object, ...], Result] = {}
    errors = []
    for path in paths:
        try:
            result = _load_cached(path, path.stat().st_mtime_ns)
        except (DataError, OSError) as error:
            errors.append(str(error))
            continue
        info = result.info
        model_key = (info.model, info.weights_hash, info.method)
        key = (info.dataset, info.split, info.fingerprint, *model_key)
        if key not in latest or latest[key].info.date < info.date:
            latest[key] = result
    results = sorted(
        latest.values(),
        key=lambda r: (
            r.info.dataset,
            r.info.split,
            r.info.kind == "baseline",
            r.info.backbone,
            r.info.kind not in UNTRAINED,
            r.info.method.shots,
            r.info.method.shots_seed,
        ),
    )
    return results, errors


def measure_saved() -> None:
    """Compute the metrics of all saved predictions; they are cached until the files change."""
    for result in find_results()[0]:
        with suppress(DataError):
            _ = result.metrics


def by_name(results: Sequence[Result]) -> dict[str, Result]:
    """Map the names of `name_results` to results."""
    return dict(zip(name_results(results), results, strict=True))


def name_results(results: Sequence[Result]) -> list[str]:
    """Name results by their models; equal names get draw, template or weights hash appended."""
    names = [result.info.model for result in results]
    for suffixes in (
        [describe_shots(result.info.method) for result in results],
        [result.info.method.template for result in results],
        [result.info.weights_hash for result in results],
    ):
        names = [
            f"{name} ({suffix})" if names.count(name) > 1 and suffix else name
            for name, suffix in zip(names, suffixes, strict=True)
        ]
    return names


def scale_result(result: Result, models: dict[str, ModelInfo]) -> tuple[TemperatureScaled, str]:
    """Scale the probabilities of `result` by a temperature, fitted on held-out rows if possible.

    Returns:
        (scaled probabilities, title of the held-out split or an empty string)
    """
    info = result.info
    held_out = next(
        (
            other
            for other in find_results()[0]
            if (other.info.weights_hash, other.info.method) == (info.weights_hash, info.method)
            and other.info.dataset == info.dataset
            and other.info.split in _held_out_splits(result, models.get(info.model))
            and other.info.split != info.split
        ),
        None,
    )
    if held_out is None:
        return scale_temperature(result.gold, result.p_positive), ""
    fitted_on = (held_out.gold, held_out.p_positive)
    source = full_title(held_out.info.dataset, held_out.info.split)
    return scale_temperature(result.gold, result.p_positive, fitted_on), source


def _held_out_splits(result: Result, model: ModelInfo | None) -> set[str]:
    """List the parts of train that the model of `result` was not trained on."""
    if result.info.kind in UNTRAINED:
        return {RANDOM_FIFTH}
    try:
        run = read_json(model.folder / RUN_FILE) if model else {}
        recipe, evaluation_split = run["recipe"], run["data"]["evaluation"]["split"]
    except (CheckpointError, KeyError):
        return set()
    share = recipe.get("test_share") or 0.0
    splits = {random_part_name("train", share, recipe["seed"])} if share else set()
    return splits | ({evaluation_split} if evaluation_split.startswith("train-") else set())
