"""Learning curves: train on nested samples of growing size, with several seeds, and save each.

Hyperparameters are fixed beforehand and are the same for all sizes; the texts evaluated on choose
nothing. A curve's file holds the finished runs, so that an interrupted one is continued.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.data.examples import Examples, nested_order
from sentiment.errors import DataError, InputError, RecipeError
from sentiment.evaluation.label_efficiency import (
    CurveInfo,
    LearningCurve,
    Point,
    Way,
    curve_file,
    load_curve,
    save_curve,
)
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.labels import NEGATIVE, POSITIVE
from sentiment.models.backbones import Backbone
from sentiment.models.input_limits import find_max_length
from sentiment.models.tfidf import BaselineSettings, fit_baseline
from sentiment.probabilities import is_positive
from sentiment.recipes import LORA_TARGETS, RECIPES, Recipe
from sentiment.training.contrastive import ContrastiveSettings, predict_contrastive
from sentiment.training.fit import fit
from sentiment.training.history import EpochReport, StepReport

SIZES = (16, 32, 64, 128, 256, 512, 1024, 4096)
OWN_SIZES = (16, 32, 64, 128, 256, 512)  # of a person's own data, as far as there are texts
_BATCH = 16
_MAX_LENGTH = 128  # tokens
# Least number of optimizer steps, and passes over the texts where that is more.
_STEPS = {"head": 300, "lora": 100}
_EPOCHS = {"head": 10, "lora": 3}
_RATES = {"head": 3e-3, "lora": 1e-3}
MAX_CONTRASTIVE = 256  # texts: a run is slow, and few labels are what it is for
_FEW, _SOME = 512, 1024  # sizes up to which there are all seeds, and up to which three
_SEEDS_OF_SOME = 3


@dataclass(frozen=True)
class CurvePlan:
    """The runs of one curve."""

    backbone: str
    way: Way
    points: tuple[Point, ...]


def plan_curve(
    backbone: str, way: Way, sizes: Sequence[int], *, n_train: int, seeds: int, is_large: bool
) -> CurvePlan:
    """List the runs of a curve: `seeds` for each size up to 512, three for 1,024, then one.

    Where a run takes long there are fewer: three seeds of contrastive fine-tuning, one of LoRA on
    a large backbone.

    Args:
        sizes: those above `n_train` become one of `n_train`.
    """
    chosen = sorted({min(n, n_train) for n in sizes})
    if way == "contrastive":
        chosen = [n for n in chosen if n <= MAX_CONTRASTIVE]
    most = {"contrastive": 3, "lora": 1 if is_large else seeds}.get(way, seeds)
    points = []
    for n in chosen:
        count = seeds if n <= _FEW else _SEEDS_OF_SOME if n <= _SOME else 1
        points += [Point(n, seed) for seed in range(min(count, most, seeds))]
    return CurvePlan(backbone, way, tuple(points))


def build_recipe(backbone: Backbone, way: Way, n: int, seed: int) -> Recipe:
    """Build the recipe of a run on `n` texts.

    It reads the layer and has the LoRA settings of the backbone's recipe for SST-2, if it has one.

    Raises:
        RecipeError: it is not known which layers of the backbone get LoRA matrices.
    """
    tuning: Any = way
    known = next(
        (
            recipe
            for recipe in RECIPES.values()
            if (recipe.backbone, recipe.tuning, recipe.dataset) == (backbone.name, way, "sst2")
            and recipe.start_from is None
        ),
        None,
    )
    settings: dict[str, Any] = {"learning_rate": _RATES[way]}
    if known:
        settings["layer"] = known.layer
    if way == "lora":
        settings["lora_targets"] = _lora_targets(backbone, known)
    if known and way == "lora":
        names = ("lora_rank", "lora_alpha", "learning_rate")
        settings |= {name: getattr(known, name) for name in names}
    return Recipe(
        name=f"{Path(backbone.name).name}-{way}-{n}-{seed}",
        summary="a run of a learning curve",
        backbone=backbone.name,
        tuning=tuning,
        pooling="mean",
        epochs=_count_epochs(way, n),
        batch_size=_BATCH,
        max_length=find_max_length(backbone.model, most=_MAX_LENGTH),
        seed=seed,
        dropout=0.0,
        lora_dropout=0.0,
        **settings,
    )


def _count_epochs(way: Way, n: int) -> int:
    """Count the passes over `n` texts: the least number, or that of the least number of steps."""
    return max(_EPOCHS[way], math.ceil(_STEPS[way] * _BATCH / n))


def _lora_targets(backbone: Backbone, known: Recipe | None) -> tuple[str, ...]:
    kind = str(backbone.model.config.model_type)
    if known:
        return known.lora_targets
    if kind not in LORA_TARGETS:
        raise RecipeError(
            f"It is not known which layers of {backbone.name} ({kind}) get LoRA matrices. Leave "
            f"lora out of --ways."
        )
    return LORA_TARGETS[kind]


def open_curve(
    plan: CurvePlan,
    folder: Path,
    *,
    train: Examples,
    evaluation: Examples,
    loader: ClassifierLoader,
    is_resumed: bool,
) -> LearningCurve:
    """Load the curve of `plan` from `folder`, or begin it.

    Raises:
        InputError: it was begun and `is_resumed` is False, or with other data or settings.
        DataError: its file cannot be read.
    """
    info = CurveInfo(
        backbone=plan.backbone,
        way=plan.way,
        weights_hash="" if plan.way == "tfidf" else loader.backbone(plan.backbone).weights_hash,
        dataset=evaluation.dataset,
        split=evaluation.split,
        fingerprint=evaluation.fingerprint,
        train_fingerprint=train.fingerprint,
        n_train=len(train),
        settings=_describe_settings(plan, loader),
    )
    path = folder / curve_file(plan.backbone, plan.way)
    if not path.is_file():
        return LearningCurve(info, rows=evaluation.rows, gold=evaluation.labels)
    if not is_resumed:
        raise InputError(
            f"{path} holds finished runs. Add --resume to keep them and compute the others, or "
            f"remove it to start anew."
        )
    curve = load_curve(path)
    for name, value in vars(info).items():
        if getattr(curve.info, name) != value:
            raise InputError(
                f"The {name.replace('_', ' ')} changed since {path} was begun. Give the same "
                f"again, or remove that file to start anew."
            )
    return curve


def _describe_settings(plan: CurvePlan, loader: ClassifierLoader) -> dict[str, Any]:
    """Describe the hyperparameters, JSON values, without those that depend on size and seed."""
    if plan.way == "tfidf":
        return asdict(BaselineSettings())
    if plan.way == "contrastive":
        return asdict(ContrastiveSettings())
    recipe = build_recipe(loader.backbone(plan.backbone), plan.way, _BATCH, 0)
    names = ("pooling", "layer", "batch_size", "learning_rate", "weight_decay", "max_length")
    lora = ("lora_rank", "lora_alpha", "lora_targets") if plan.way == "lora" else ()
    found = {name: getattr(recipe, name) for name in (*names, *lora)}
    found |= {"least_steps": _STEPS[plan.way], "least_epochs": _EPOCHS[plan.way]}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}


def run_curve(
    plan: CurvePlan,
    curve: LearningCurve,
    folder: Path,
    *,
    train: Examples,
    evaluation: Examples,
    loader: ClassifierLoader,
    on_point: Callable[[Point, float], None] = lambda _point, _accuracy: None,
) -> LearningCurve:
    """Run the points of `plan` that `curve` lacks, and save the curve after each.

    Args:
        on_point: called with each finished run and its accuracy.

    Raises:
        SentimentError: the data or the backbone cannot be used, or the disk is full.
    """
    for point in plan.points:
        if point in curve.p_positive:
            continue
        began = time.monotonic()
        sample = train.take(nested_order(train, seed=point.seed)[: point.n])
        p_positive = _predict(plan, point, sample, evaluation, loader)
        curve.p_positive[point] = p_positive
        curve.seconds[point] = time.monotonic() - began
        save_curve(curve, folder / curve_file(plan.backbone, plan.way))
        gold = evaluation.labels == POSITIVE
        on_point(point, float((is_positive(p_positive) == gold).mean()))
    return curve


def _predict(
    plan: CurvePlan,
    point: Point,
    sample: Examples,
    evaluation: Examples,
    loader: ClassifierLoader,
) -> np.ndarray:
    """Train on `sample` and return the probabilities of the evaluation texts, (texts,)."""
    if plan.way == "contrastive":
        backbone = loader.backbone(plan.backbone)
        return predict_contrastive(backbone, sample, evaluation.texts, seed=point.seed)
    with tempfile.TemporaryDirectory(prefix="sentiment-curve-") as home:
        output = Path(home) / "model"
        if plan.way == "tfidf":
            baseline = fit_baseline(sample, output)
            return score(baseline, evaluation.texts).p_positive
        backbone = loader.backbone(plan.backbone)
        recipe = build_recipe(backbone, plan.way, point.n, point.seed)
        reports: list[EpochReport] = []

        def keep(report: StepReport | EpochReport) -> None:
            if isinstance(report, EpochReport):
                reports.append(report)

        fit(
            replace(recipe, watched_examples=max(2, len(evaluation))),
            backbone,
            train=sample,
            evaluation=evaluation,
            output=output,
            save_minutes=math.inf,
            on_report=keep,
            is_brief=True,
        )
        return np.array(reports[-1].p_positive)


def count_steps(plan: CurvePlan, point: Point) -> int:
    """Count the optimizer steps of a run, to estimate the time left; 1 for TF-IDF."""
    if plan.way == "tfidf":
        return 1
    if plan.way == "contrastive":
        return ContrastiveSettings().steps(point.n)
    return _count_epochs(plan.way, point.n) * math.ceil(point.n / _BATCH)


def check_sizes(sizes: Sequence[int], train: Examples) -> None:
    """Check that the smallest sample can be trained on.

    Raises:
        DataError: there are too few texts, or a size is too small.
    """
    if min(sizes) < 4:
        raise DataError(f"A size is {min(sizes)}; choose from 4 labelled texts, two of each label.")
    rarest = min(int((train.labels == label).sum()) for label in (NEGATIVE, POSITIVE))
    if len(train) < min(sizes) or rarest < 2:
        raise DataError(
            f"There are {len(train):,} texts to train on, {rarest:,} of the rarer label; the "
            f"smallest size is {min(sizes):,}. Give more texts, or a smaller --sizes."
        )
