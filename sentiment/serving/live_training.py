"""Training in the app: the request, its limits and its recipe.

This module loads without torch; `train` runs in a child process.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

import psutil

from sentiment.data.examples import Examples
from sentiment.data.loading import find_split_to_score, load_examples
from sentiment.data.sources import BUNDLED_DATASETS
from sentiment.errors import CheckpointError, InputError
from sentiment.evaluation.results import Result
from sentiment.labels import LABELS
from sentiment.models.catalogue import ModelInfo, unique_name
from sentiment.paths import data_directory
from sentiment.recipes import LORA_TARGETS, TUNINGS, Recipe, Tuning
from sentiment.runtime.child_process import Report
from sentiment.runtime.files import read_json
from sentiment.training.history import EpochReport, StepReport

ALLOW_VARIABLE = "SENTIMENT_ALLOW_TRAINING"
TIMEOUT = 1800.0  # seconds

Data = Literal["first-lesson", "sst2"]
FIRST_LESSON: Data = "first-lesson"
MAX_EXAMPLES: dict[str, int] = {FIRST_LESSON: 1_500, "sst2": 5_000}
DEFAULT_EXAMPLES = 1_500
MIN_EXAMPLES = 20
MAX_EPOCHS = 10
LEARNING_RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3)
# Full fine-tuning at the rates that suit a head loses pretrained knowledge.
DEFAULT_RATES: dict[Tuning, float] = {"head": 3e-3, "lora": 1e-3, "partial": 1e-4, "full": 1e-4}
DEFAULT_EPOCHS: dict[Tuning, int] = {"head": 10, "lora": 3, "partial": 3, "full": 3}
_WATCHED = 1_000  # all evaluation texts of both data sets
_SENTENCES = 5  # shown as they move
_SENTENCE_CHARACTERS = (20, 60)
# Test texts of First lesson of different kinds, chosen before any model had predicted them.
FIRST_LESSON_SENTENCES = (
    "Overpriced, overcrowded and far too loud.",
    "This little radio is a delight to use.",
    "It isn't as bad as people say, it's worse.",
    "I thought opera wasn't for me, and I was completely wrong.",
    "The umbrella lasted until the first cloud.",
)
_DEPTHS = ("num_hidden_layers", "n_layers", "n_layer")  # as configurations call it
_VISIT_PREFIX = "sentiment-visit-"


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """Settings of a training run, as chosen by the user."""

    backbone: str = "distilbert-mini"
    tuning: Tuning = "lora"
    data: Data = FIRST_LESSON
    examples: int = DEFAULT_EXAMPLES
    epochs: int = DEFAULT_EPOCHS["lora"]
    learning_rate: float = DEFAULT_RATES["lora"]


# Chosen on 300 texts held out of the training texts of First lesson, never on its test texts.
PRESETS: dict[str, TrainingRequest] = {
    "head": TrainingRequest(backbone="gpt2-mini", tuning="head", epochs=10, learning_rate=3e-3),
    "lora": TrainingRequest(backbone="gpt2-mini", tuning="lora", epochs=3, learning_rate=3e-3),
}


@dataclass(frozen=True)
class Sentence:
    """An evaluation text that is followed through a training, and its label."""

    text: str
    gold: int


@dataclass(frozen=True)
class TrainingStarted:
    """The first report of a training run: numbers of parameters and texts."""

    backbone: int  # parameters
    total: int
    trainable: int
    train: int  # texts
    evaluation: int
    watched: int  # of the latter, scored after every epoch
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class ZeroShotScored:
    """The second report: the backbone before training, on all evaluation texts."""

    accuracy: float
    p_positive: tuple[float, ...]  # of the sentences


@dataclass(frozen=True)
class TrainingFinished:
    """A finished training run, with the results before and after it on the evaluation texts."""

    folder: Path
    before: Result
    after: Result


def is_training_allowed() -> bool:
    """Return whether users may train: not on a public Space, unless its owner allows it."""
    return not os.environ.get("SPACE_ID") or os.environ.get(ALLOW_VARIABLE) == "1"


def available_data() -> list[Data]:
    """List the data sets that are available without a network."""
    folder = data_directory()
    has_sst2 = folder is not None and (folder / "sst2" / "train.parquet").is_file()
    return [FIRST_LESSON, "sst2"] if has_sst2 else [FIRST_LESSON]


def list_trainable(models: Sequence[ModelInfo]) -> list[str]:
    """List the backbones among `models` that are small enough to be trained in the app."""
    return [model.name for model in models if model.kind == "zero-shot" and not model.is_large]


def check_plan(plan: TrainingRequest, backbones: Sequence[ModelInfo]) -> None:
    """Check a training request, which may come from any client.

    Raises:
        InputError: training is not allowed, or a value is unknown or out of range.
    """
    if not is_training_allowed():
        raise InputError(
            f"Training is off on this Space. Its owner can turn it on with {ALLOW_VARIABLE}=1."
        )
    large = next((b for b in backbones if b.name == plan.backbone and b.is_large), None)
    if large:
        raise InputError(
            f"{large.name} has {large.parameters / 1e6:.0f} M parameters; its training could take "
            f"longer than the {TIMEOUT / 60:.0f} minutes that a training run may take here. Train "
            f"it with: python -m sentiment train --backbone {large.name}"
        )
    choices: dict[str, Sequence[object]] = {
        "backbone": list_trainable(backbones),
        "tuning": TUNINGS,
        "data": available_data(),
    }
    for name, known in choices.items():
        if getattr(plan, name) not in known:
            given, choice = str(getattr(plan, name))[:80], ", ".join(map(str, known))
            raise InputError(f"Unknown {name} {given!r}. Choose from: {choice}.")
    ranges: dict[str, tuple[float, float]] = {
        "examples": (MIN_EXAMPLES, MAX_EXAMPLES[plan.data]),
        "epochs": (1, MAX_EPOCHS),
        "learning_rate": (LEARNING_RATES[0], LEARNING_RATES[-1]),
    }
    for name, (least, most) in ranges.items():
        value = getattr(plan, name)
        if not isinstance(value, int | float) or not least <= value <= most:
            raise InputError(f"{name} must be {least:g} to {most:g}, not {str(value)[:40]!r}.")


def build_recipe(plan: TrainingRequest, folder: Path, taken: Collection[str] = ()) -> Recipe:
    """Build the recipe of a request for the backbone in `folder`.

    Args:
        taken: names of other models.

    Raises:
        CheckpointError: the backbone's configuration cannot be used.
    """
    config = read_json(folder / "config.json")
    settings: dict[str, Any] = {"pooling": "mean"} if plan.tuning in ("head", "lora") else {}
    if plan.tuning == "lora":
        kind = str(config.get("model_type"))
        if kind not in LORA_TARGETS:
            raise CheckpointError(
                f"It is not known which layers of {plan.backbone} ({kind}) get LoRA matrices. "
                f"Train a head, choose full fine-tuning, or name them with train_model.py "
                f"--lora-targets."
            )
        settings |= {"lora_targets": LORA_TARGETS[kind]}
    if plan.tuning == "partial":
        depth = next((int(config[name]) for name in _DEPTHS if name in config), 2)
        settings |= {"freeze_layers": max(1, depth // 2)}
    return Recipe(
        name=unique_name(f"{plan.backbone}-{plan.tuning}-{plan.examples}-{plan.data}", taken),
        summary="trained in the app",
        backbone=plan.backbone,
        tuning=plan.tuning,
        dataset=plan.data,
        epochs=plan.epochs,
        batch_size=16,
        learning_rate=plan.learning_rate,
        max_length=64,
        dropout=0.0,
        lora_dropout=0.0,
        watched_examples=_WATCHED,
        max_train_examples=plan.examples,
        **settings,
    )


def train(report: Report, recipe: Recipe, home: Path) -> TrainingFinished:
    """Train `recipe` into a folder of `home`, for `sentiment.runtime.child_process`.

    Reports `TrainingStarted`, `ZeroShotScored`, then each `StepReport` and `EpochReport` of
    `training.history`, the latter with the probabilities of the sentences alone.

    Raises:
        SentimentError: the data or the backbone cannot be used, or the disk is full.
    """
    os.nice(5)  # predictions have priority

    from sentiment.inference.loader import ClassifierLoader
    from sentiment.models.tuning import count_for
    from sentiment.training.data import prepare_data
    from sentiment.training.experiment import run_experiment

    source = Path(recipe.dataset) if recipe.dataset in BUNDLED_DATASETS else None
    examples, evaluations = prepare_data(recipe, source=source)
    test, count = evaluations[0], count_for(recipe)
    places = choose_sentences(test)
    report(
        TrainingStarted(
            backbone=count.backbone,
            total=count.total,
            trainable=count.trainable,
            train=len(examples),
            evaluation=len(test),
            watched=min(len(test), recipe.watched_examples),
            sentences=tuple(Sentence(test.texts[i], int(test.labels[i])) for i in places),
        )
    )

    def report_zero_shot(result: Result) -> None:
        if result.info.kind == "zero-shot":
            p_positive = result.frame["p_positive"].to_numpy()[list(places)]
            report(ZeroShotScored(result.accuracy, tuple(p_positive.tolist())))

    def report_progress(progress: StepReport | EpochReport) -> None:
        if isinstance(progress, EpochReport):
            chosen = tuple(progress.p_positive[i] for i in places)
            progress = replace(progress, p_positive=chosen)
        report(progress)

    outcome = run_experiment(
        recipe,
        train=examples,
        evaluations=evaluations,
        output=home / recipe.name,
        loader=ClassifierLoader(),
        save_minutes=TIMEOUT,  # a state would take longer than what it saves
        on_report=report_progress,
        on_result=report_zero_shot,
    )
    before, after = outcome.results[0]
    return TrainingFinished(outcome.checkpoint, before, after)


def load_sentences(data: Data) -> tuple[Sentence, ...]:
    """Load the sentences that a training on `data` will follow.

    Raises:
        DataError: the data set is not available.
    """
    examples = load_examples(data, find_split_to_score(data))
    places = choose_sentences(examples)
    return tuple(Sentence(examples.texts[i], int(examples.labels[i])) for i in places)


def choose_sentences(evaluation: Examples) -> tuple[int, ...]:
    """Choose the positions of the evaluation texts to follow.

    Returns:
        those of First lesson's fixed sentences; in other data, the first short texts, whose
        labels alternate as far as both are there
    """
    places = {text: i for i, text in enumerate(evaluation.texts)}
    if all(text in places for text in FIRST_LESSON_SENTENCES):
        return tuple(places[text] for text in FIRST_LESSON_SENTENCES)
    least, most = _SENTENCE_CHARACTERS
    short = [i for i, text in enumerate(evaluation.texts) if least <= len(text) <= most]
    sides = [[i for i in short if evaluation.labels[i] == label] for label in range(len(LABELS))]
    in_turn = [i for pair in zip_longest(*sides) for i in pair if i is not None]
    return tuple(in_turn[:_SENTENCES])


def create_visit_folder() -> Path:
    """Create a folder for the models trained in a visit; remove folders of ended processes."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_VISIT_PREFIX}*"):
        owner = folder.name.removeprefix(_VISIT_PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
    visit_folder = Path(tempfile.mkdtemp(prefix=f"{_VISIT_PREFIX}{os.getpid()}-"))
    atexit.register(shutil.rmtree, visit_folder, ignore_errors=True)
    return visit_folder


def is_trained_in_visit(model: ModelInfo) -> bool:
    """Return whether `model` was trained in a visit and is deleted with it."""
    return model.folder.parent.name.startswith(_VISIT_PREFIX)
