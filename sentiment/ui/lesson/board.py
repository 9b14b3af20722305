"""The figures of the lesson: from saved predictions, and from what the bundled models say of
themselves.

Of those only: what somebody trained besides is no part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sentiment.data.sources import DATASETS, SENTENCES, full_title
from sentiment.errors import DataError, SentimentError
from sentiment.evaluation.comparison import Comparison, compare, holm
from sentiment.evaluation.metrics import Interval, wilson_interval
from sentiment.evaluation.results import Result
from sentiment.evaluation.score_table import (
    AgainstBaseline,
    against_baseline,
    latency_title,
    majority_row,
)
from sentiment.evaluation.thresholds import ConfusionCounts, confusion_at
from sentiment.models.catalogue import (
    ModelInfo,
    backbone_title,
    read_backbone_card,
    read_latency,
    read_training_cost,
)
from sentiment.paths import BUNDLED


@dataclass(frozen=True, eq=False)  # a result has no single answer to ==
class LeaderboardRow:
    """Accuracy and cost of a bundled model on the texts of a board."""

    model: ModelInfo
    backbone: str  # as people call it: DistilBERT
    result: Result
    right: int
    n: int
    interval: Interval  # Wilson
    gain: Comparison | None  # over its own zero-shot side; None where there is none
    seconds: float | None  # of its training
    ms: float | None  # median for one text
    measured_on: str  # what the milliseconds were measured on

    @property
    def accuracy(self) -> float:
        """Return the accuracy."""
        return self.right / self.n


@dataclass(frozen=True, eq=False)
class Leaderboard:
    """Bundled models that were evaluated on one data set, grouped by backbone."""

    dataset: str
    split: str
    n: int
    rows: tuple[LeaderboardRow, ...]
    floor: float  # accuracy of always giving the more frequent label
    is_positive: bool  # which label that is
    against: AgainstBaseline | None  # models that do not beat the TF-IDF baseline

    @property
    def title(self) -> str:
        """Return the title of the data set and its split."""
        return full_title(self.dataset, self.split)

    @property
    def floor_label(self) -> str:
        """Return the majority class."""
        return "positive" if self.is_positive else "negative"

    def find(self, model: ModelInfo) -> LeaderboardRow | None:
        """Return the row of `model`; None if it was not evaluated."""
        return next((row for row in self.rows if row.model.name == model.name), None)


@dataclass(frozen=True)
class ShiftedThreshold:
    """Accuracy of a model at a threshold on the log-odds."""

    name: str  # of the method that found it
    counts: ConfusionCounts
    interval: Interval  # Wilson, of the accuracy


def bundled(models: Sequence[ModelInfo]) -> list[ModelInfo]:
    """Return the bundled models among `models`."""
    return [model for model in models if model.folder.parent == BUNDLED]


def find_paths(models: Sequence[ModelInfo], tunings: Sequence[str]) -> list[list[ModelInfo]]:
    """List the models of each bundled backbone on single sentences, zero-shot first.

    Args:
        tunings: in this order; a backbone without the last one is left out. Models that were
            trained on another data set first are no part of a path.
    """
    own = bundled(models)
    paths = []
    for start in (model for model in own if model.kind == "zero-shot"):
        tuned = {
            model.tuning: model
            for model in own
            if model.backbone == start.backbone
            and model.dataset == SENTENCES
            and not model.started_from
        }
        if not tunings or tunings[-1] in tuned:
            paths.append([start, *(tuned[name] for name in tunings if name in tuned)])
    return paths


def find_prompted(models: Sequence[ModelInfo]) -> list[ModelInfo]:
    """List the bundled language models, which use a prompt template."""
    return [
        model
        for model in bundled(models)
        if model.kind == "zero-shot" and _card(model).get("zero_shot") == "prompt"
    ]


def find_largest_prompted(board: Leaderboard) -> LeaderboardRow | None:
    """Find the zero-shot row of the language model with the most parameters; None without one."""
    rows = [row for row in board.rows if row.model.kind == "zero-shot"]
    prompted = [row for row in rows if row.result.info.method.template]
    return max(prompted, key=lambda row: row.model.parameters, default=None)


def build_board(
    dataset: str, models: Sequence[ModelInfo], results: Sequence[Result]
) -> Leaderboard | None:
    """Load the board of the official split of `dataset`; None if no bundled model was evaluated.

    p-values are corrected over all gains of the board.
    """
    split = DATASETS[dataset].evaluation_split
    scored = [r for r in results if (r.info.dataset, r.info.split) == (dataset, split)]
    chosen = []
    for model in bundled(models):
        own = [r for r in scored if r.info.is_of(model.name) and len(r.gold)]
        if own:
            chosen.append((model, _own_way(model, own)))
    prints = [result.info.fingerprint for _, result in chosen]
    usual = max(prints, key=prints.count, default="")
    chosen = [(m, r) for m, r in chosen if r.info.fingerprint == usual]
    if not chosen:
        return None
    chosen.sort(key=lambda pair: _rank(pair[0]))
    asked = {m.backbone: r for m, r in chosen if m.kind == "zero-shot"}
    pairs = tuple(
        (asked[m.backbone], r) for m, r in chosen if m.kind == "fine-tuned" and m.backbone in asked
    )
    gains = {id(pair[1]): gain for pair, gain in zip(pairs, _gains(pairs), strict=True)}
    rows = tuple(_measure(m, r, models, gains.get(id(r))) for m, r in chosen)
    floor = majority_row(rows[0].result)
    return Leaderboard(
        dataset=dataset,
        split=split,
        n=rows[0].n,
        rows=rows,
        floor=float(floor["accuracy"]),
        is_positive=bool(floor["is_positive"]),
        against=_against(tuple(row.result for row in rows)),
    )


def _own_way(model: ModelInfo, results: Sequence[Result]) -> Result:
    """Return the result with the template of the model card, else the latest."""
    template = str(_card(model).get("template") or "")
    return max(results, key=lambda r: (r.info.method.template == template, r.info.date))


def _card(model: ModelInfo) -> dict[str, Any]:
    try:
        return read_backbone_card(model.folder)
    except SentimentError:
        return {}


def _rank(model: ModelInfo) -> tuple[Any, ...]:
    """Return the sort key: baselines last, zero-shot before fine-tuned."""
    is_trained = model.kind != "zero-shot"
    return (
        model.kind == "baseline",
        model.backbone,
        is_trained,
        bool(model.started_from),
        model.trainable,
    )


@lru_cache(maxsize=32)
def _gains(pairs: tuple[tuple[Result, Result], ...]) -> list[Comparison | None]:
    """Compare each (zero-shot, fine-tuned) pair, with one correction for all pairs."""
    found: list[Comparison | None] = []
    for pair in pairs:
        try:
            found.append(compare(pair)[0])
        except DataError:
            found.append(None)
    known = [gain for gain in found if gain is not None]
    corrected = iter(holm([gain.p for gain in known]))
    return [gain and replace(gain, p_holm=next(corrected), pairs=len(known)) for gain in found]


@lru_cache(maxsize=8)
def _against(results: tuple[Result, ...]) -> AgainstBaseline | None:
    try:
        return against_baseline(results)
    except DataError:
        return None


def _measure(
    model: ModelInfo,
    result: Result,
    models: Sequence[ModelInfo],
    gain: Comparison | None,
) -> LeaderboardRow:
    counts = confusion_at(0.0, result.gold, result.p_positive)
    right = counts.true_negative + counts.true_positive
    latency = read_latency(model.folder)
    return LeaderboardRow(
        model=model,
        backbone=backbone_title(model, models)[0],
        result=result,
        right=right,
        n=counts.n,
        interval=wilson_interval(right, counts.n),
        gain=gain,
        seconds=read_training_cost(model.folder).get("seconds"),
        ms=latency.get("median_ms"),
        measured_on=latency_title(latency),
    )


def compare_rows(pairs: Sequence[tuple[LeaderboardRow, LeaderboardRow]]) -> list[Comparison | None]:
    """Compare each (before, after) pair; None if their texts differ.

    What training bought over zero-shot is said as on the board, corrected over all its gains, and
    the other pairs are corrected together: no pair has two verdicts.
    """
    others = tuple((a.result, b.result) for a, b in pairs if a.model.kind != "zero-shot")
    corrected = iter(_gains(others))
    return [b.gain if a.model.kind == "zero-shot" else next(corrected) for a, b in pairs]


def move_thresholds(row: LeaderboardRow) -> list[ShiftedThreshold]:
    """List the accuracy at the default threshold, `raw`, and at each calibrated one."""
    gold, p_positive = row.result.gold, row.result.p_positive
    moved = []
    for name, place in {"raw": 0.0, **row.result.info.thresholds}.items():
        counts = confusion_at(place, gold, p_positive)
        right = counts.true_negative + counts.true_positive
        moved.append(ShiftedThreshold(name, counts, wilson_interval(right, counts.n)))
    return moved
