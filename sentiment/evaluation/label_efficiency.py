"""Accuracy by the number of labelled texts, and the break-even with prompting.

A learning curve is the accuracy of one way of training a backbone, over nested class-balanced
samples of growing size, each drawn with several seeds. Everything is computed from saved
predictions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sentiment.errors import DataError
from sentiment.evaluation.draws import group_draws
from sentiment.evaluation.metrics import BOOTSTRAP_SEED, RESAMPLES, Interval, percentile_interval
from sentiment.evaluation.results import Result
from sentiment.labels import POSITIVE
from sentiment.method import UNTRAINED
from sentiment.probabilities import is_positive, log_odds
from sentiment.runtime.files import write_atomically

Way = Literal["tfidf", "head", "lora", "contrastive"]
WAYS: tuple[Way, ...] = get_args(Way)
WAY_TITLES: dict[Way, str] = {
    "tfidf": "TF-IDF",
    "head": "A head",
    "lora": "LoRA",
    "contrastive": "Contrastive fine-tuning",
}
TFIDF = "TF-IDF"  # in place of a backbone
_METADATA = b"sentiment-label-efficiency"
_HALF = 127  # of the codes; those up to it stand for at most 0.5


@dataclass(frozen=True, order=True)
class Point:
    """A training run of a curve: number of labelled texts, and seed of their draw."""

    n: int
    seed: int

    @property
    def column(self) -> str:
        """Return the name of its column in the file."""
        return f"{self.n}-{self.seed}"


@dataclass(frozen=True)
class CurveInfo:
    """What a curve was computed with; the same in a run that is resumed."""

    backbone: str  # or `TFIDF`
    way: Way
    weights_hash: str  # of the backbone
    dataset: str
    split: str  # evaluated on
    fingerprint: str  # of the texts evaluated on
    train_fingerprint: str
    n_train: int  # texts that the samples are drawn from
    settings: dict[str, Any]


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Predictions of one way of training one backbone, by size and seed of the sample."""

    info: CurveInfo
    rows: np.ndarray  # (texts,) int64 or str
    gold: np.ndarray  # (texts,) int64
    p_positive: dict[Point, np.ndarray] = field(default_factory=dict)  # (texts,) each
    seconds: dict[Point, float] = field(default_factory=dict)

    @property
    def sizes(self) -> list[int]:
        """List the sizes of the samples, the smallest first."""
        return sorted({point.n for point in self.p_positive})

    def correct(self, n: int) -> np.ndarray:
        """Tell which texts are predicted correctly after `n` labels, (seeds, texts) bool."""
        points = sorted(point for point in self.p_positive if point.n == n)
        scores = np.stack([self.p_positive[point] for point in points])
        return is_positive(scores) == (self.gold == POSITIVE)

    def accuracies(self, n: int) -> list[float]:
        """Compute the accuracy of each seed after `n` labels."""
        return self.correct(n).mean(axis=1).tolist()


def encode_probabilities(p_positive: np.ndarray) -> np.ndarray:
    """Round probabilities to 255 steps, (texts,) uint8; none moves across 0.5."""
    scaled = 2 * _HALF * np.asarray(p_positive, dtype=np.float64)
    return np.where(scaled > _HALF, np.ceil(scaled), np.floor(scaled)).astype(np.uint8)


def decode_probabilities(codes: np.ndarray) -> np.ndarray:
    """Return the probabilities of `encode_probabilities`, off by less than 0.004."""
    return codes.astype(np.float64) / (2 * _HALF)


def save_curve(curve: LearningCurve, path: Path) -> None:
    """Write the predictions of all points, a byte each, as parquet.

    Raises:
        DataError: the file cannot be written.
    """
    points = sorted(curve.p_positive)
    codes = {point.column: encode_probabilities(curve.p_positive[point]) for point in points}
    table = pa.table({"row": curve.rows, "gold": curve.gold.astype(np.int8), **codes})
    seconds = {point.column: round(curve.seconds[point], 1) for point in points}
    stored = {"format": 1, **vars(curve.info), "seconds": seconds}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(path) as staging:
            pq.write_table(
                table.replace_schema_metadata({_METADATA: json.dumps(stored).encode()}),
                staging,
                compression="zstd",
            )
    except OSError as error:
        raise DataError(f"The predictions cannot be written to {path}: {error}") from error


def load_curve(path: Path) -> LearningCurve:
    """Load a curve that `save_curve` wrote.

    Raises:
        DataError: the file cannot be read, or holds no curve.
    """
    try:
        table = pq.read_table(path)
        stored = json.loads((table.schema.metadata or {})[_METADATA])
        points = [Point(*map(int, name.split("-"))) for name in table.column_names[2:]]
        columns = {point: table[point.column].to_numpy() for point in points}
        return LearningCurve(
            CurveInfo(**{name: stored[name] for name in CurveInfo.__dataclass_fields__}),
            rows=table["row"].to_numpy(),
            gold=table["gold"].to_numpy().astype(np.int64),
            p_positive={point: decode_probabilities(codes) for point, codes in columns.items()},
            seconds={point: float(stored["seconds"][point.column]) for point in points},
        )
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path.name} holds no learning curve: {error}") from error


def curve_file(backbone: str, way: Way) -> str:
    """Return the name of the file of a curve; a Hub id's slash is written as two hyphens."""
    return f"{backbone.replace('/', '--')}-{way}.parquet" if way != "tfidf" else "tfidf.parquet"


# Break-even


@dataclass(frozen=True, eq=False)
class PromptedLine:
    """Predictions of a backbone without training, on the texts of the curves."""

    backbone: str
    kind: Literal["zero-shot", "calibrated", "few-shot"]
    shots: int
    correct: np.ndarray  # (draws, texts) bool

    @property
    def accuracy(self) -> float:
        """Compute the mean accuracy of the draws."""
        return float(self.correct.mean())

    @property
    def accuracies(self) -> list[float]:
        """Compute the accuracy of each draw."""
        return self.correct.mean(axis=1).tolist()


def find_lines(results: Sequence[Result], curve: LearningCurve) -> list[PromptedLine]:
    """Find the lines of untrained models on the texts of `curve`.

    Each zero-shot result gives a line and, with its threshold at the batch mean, a calibrated one;
    the few-shot draws of a model with the same number of demonstrations give one together.
    """
    own = [
        result
        for result in results
        if result.info.fingerprint == curve.info.fingerprint and result.info.kind in UNTRAINED
    ]
    lines = []
    for group in group_draws(own):
        info = group[0].info
        frames = [result.frame.set_index("row").loc[curve.rows] for result in group]
        scores = np.stack([frame["p_positive"].to_numpy() for frame in frames])
        gold = curve.gold == POSITIVE
        correct, shots = is_positive(scores) == gold, info.method.shots
        lines.append(PromptedLine(info.model, "few-shot" if shots else "zero-shot", shots, correct))
        threshold = info.thresholds.get("batch_mean")
        if threshold is not None and not shots:
            moved = (log_odds(scores) > threshold) == gold
            lines.append(PromptedLine(info.model, "calibrated", 0, moved))
    return lines


@dataclass(frozen=True)
class BreakEven:
    """The smallest numbers of labels from which on training is better than prompting.

    None where it is not so at the largest size measured.
    """

    way: Way
    line: PromptedLine
    by_mean: int | None  # from there on the mean over the seeds is above the line
    beyond_noise: int | None  # from there on the 95 % interval of the difference is above 0
    largest: int

    @property
    def sentence(self) -> str:
        """Describe the break-even point."""
        line = self.line
        asked = {
            "zero-shot": f"{line.backbone} zero-shot",
            "calibrated": f"{line.backbone} zero-shot with its threshold at the batch mean",
            "few-shot": f"{line.backbone} with {line.shots} demonstrations",
        }[line.kind]
        trained = WAY_TITLES[self.way]
        if self.by_mean is None:
            return f"{trained} does not overtake {asked} within {self.largest:,} labels."
        overtakes = f"{trained} overtakes {asked} with {self.by_mean:,} labels"
        if self.beyond_noise is None:
            return f"{overtakes}, but not by more than the noise within {self.largest:,}."
        if self.beyond_noise == self.by_mean:
            return f"{overtakes}, by more than the noise."
        return f"{overtakes}, and by more than the noise with {self.beyond_noise:,}."


def find_break_even(curve: LearningCurve, line: PromptedLine) -> BreakEven:
    """Find from which size on `curve` stays above `line`."""
    above, beyond = [], []
    for n in curve.sizes:
        trained = curve.correct(n)
        above.append(bool(trained.mean() > line.accuracy))
        beyond.append(difference_interval(trained, line.correct).low > 0)
    return BreakEven(
        way=curve.info.way,
        line=line,
        by_mean=_first_lasting(curve.sizes, above),
        beyond_noise=_first_lasting(curve.sizes, beyond),
        largest=curve.sizes[-1],
    )


def _first_lasting(sizes: Sequence[int], holds: Sequence[bool]) -> int | None:
    """Return the smallest size from which on it holds for all; None if there is none."""
    found = None
    for n, is_held in zip(reversed(sizes), reversed(holds), strict=True):
        if not is_held:
            break
        found = n
    return found


def difference_interval(trained: np.ndarray, prompted: np.ndarray) -> Interval:
    """Compute the 95 % interval of the mean accuracy of `trained` minus that of `prompted`.

    A percentile bootstrap that resamples the texts, which both share, and, each for itself, the
    seeds of the one and the draws of the other.

    Args:
        trained: (seeds, texts) bool, whether a prediction is correct.
        prompted: (draws, texts) bool, on the same texts.
    """
    rng = np.random.default_rng(BOOTSTRAP_SEED + 1)
    texts = _text_weights(trained.shape[1])
    differences = _resample(trained, texts, rng) - _resample(prompted, texts, rng)
    return percentile_interval(differences)


@lru_cache(maxsize=4)
def _text_weights(n: int) -> np.ndarray:
    """Draw how often each of `n` texts is in each resample, (n, resamples) float32, mean 1 / n."""
    counts = np.random.default_rng(BOOTSTRAP_SEED).multinomial(n, [1 / n] * n, size=RESAMPLES)
    return (counts.T / n).astype(np.float32)


def _resample(correct: np.ndarray, texts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Compute the mean accuracy of each resample of runs and texts, (resamples,)."""
    runs = len(correct)
    drawn = rng.multinomial(runs, [1 / runs] * runs, size=texts.shape[1]) / runs
    return np.einsum("br,rb->b", drawn, correct.astype(np.float32) @ texts)


def describe_curves(
    curves: Sequence[LearningCurve], lines: Sequence[PromptedLine]
) -> dict[str, Any]:
    """Describe curves, lines and break-even points as JSON values.

    Each way of training a backbone is held against that backbone's own lines, TF-IDF against all.
    """
    pairs = [
        find_break_even(curve, line)
        for curve in curves
        for line in lines
        if curve.info.backbone in (TFIDF, line.backbone)
    ]
    return {
        "curves": [
            {
                "backbone": curve.info.backbone,
                "way": curve.info.way,
                "points": [_describe_point(curve, n) for n in curve.sizes],
            }
            for curve in curves
        ],
        "prompted": [_describe_line(line) for line in lines],
        "break_even": [
            {
                "way": pair.way,
                "line": _describe_line(pair.line),
                "by_mean": pair.by_mean,
                "beyond_noise": pair.beyond_noise,
                "largest": pair.largest,
                "sentence": pair.sentence,
            }
            for pair in pairs
        ],
    }


def _describe_point(curve: LearningCurve, n: int) -> dict[str, Any]:
    accuracies = curve.accuracies(n)
    return {
        "n": n,
        "accuracy": mean(accuracies),
        "standard_deviation": stdev(accuracies) if len(accuracies) > 1 else None,
        "accuracies": accuracies,
    }


def _describe_line(line: PromptedLine) -> dict[str, Any]:
    return {
        "backbone": line.backbone,
        "kind": line.kind,
        "shots": line.shots,
        "accuracy": line.accuracy,
        "accuracies": line.accuracies,
    }
