"""One experiment: measure zero-shot, train, measure again on the same rows, write it down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sentiment.backbones import trained_directory
from sentiment.checkpoints import write_json
from sentiment.classifier import Classifier, ClassifierLoader
from sentiment.data import (
    DATASETS,
    Examples,
    check_for_training,
    hold_out_sentences,
    load_examples,
    sample,
    stratified_split,
)
from sentiment.errors import CheckpointError
from sentiment.model_card import write_model_card
from sentiment.recipes import Recipe
from sentiment.results import PREDICTIONS, Result, build_result, save_result
from sentiment.scoring import Progress, score
from sentiment.training import StepReport, fit

METRICS_FILE = "metrics.json"
CSV_EVALUATION_SHARE = 0.2


@dataclass(frozen=True)
class Outcome:
    """A finished experiment: the checkpoint and both sides' results on the same rows."""

    checkpoint: Path
    zero_shot: Result
    fine_tuned: Result


def prepare_data(
    recipe: Recipe, *, source: Path | None = None, hold_out: int | None = None
) -> tuple[Examples, Examples]:
    """The examples a recipe trains on and those it is scored on.

    Args:
        source: a folder with `sst2/` and `imdb/`, or a CSV with `text,label`, of which a fifth is
            kept for scoring; by default the recipe's data set from `$SENTIMENT_DATA` or the Hub.
        hold_out: score on this many sentences held out of train instead of the official split.

    Raises:
        DataError: the data cannot be had, or nothing can be learned from it.
    """
    if source is not None and not source.is_dir():
        whole = load_examples(source)
        check_for_training(whole)
        train, evaluation = stratified_split(whole, share=CSV_EVALUATION_SHARE, seed=recipe.seed)
        return sample(train, recipe.max_train_examples, seed=recipe.seed), evaluation
    train = load_examples(recipe.dataset, "train", directory=source)
    if hold_out:
        train, evaluation = hold_out_sentences(train, hold_out, seed=recipe.seed)
    else:
        split = DATASETS[recipe.dataset].evaluation_split
        evaluation = load_examples(recipe.dataset, split, directory=source)
    check_for_training(train)
    check_for_training(evaluation)
    return sample(train, recipe.max_train_examples, seed=recipe.seed), evaluation


def default_output(recipe: Recipe) -> Path:
    """Where a recipe's checkpoint goes unless told otherwise."""
    return trained_directory() / recipe.name


def run_experiment(
    recipe: Recipe,
    *,
    train: Examples,
    evaluation: Examples,
    output: Path,
    loader: ClassifierLoader,
    on_step: Callable[[StepReport], None] | None = None,
    on_score: Progress | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> Outcome:
    """Score zero-shot, train, score the checkpoint as read back from disk, and write all of it.

    Args:
        output: the checkpoint folder, which must not exist yet.
        on_step, on_score: progress of the training and of the scoring.
        on_result: receives the zero-shot result before training starts, and the other at the end.

    Raises:
        SentimentError: the data, the backbone or the disk is not up to it.
    """
    if output.exists():
        raise CheckpointError(
            f"{output} exists. Give another --output, or remove it first; nothing was trained."
        )
    before = _evaluate(loader.load(recipe.backbone), evaluation, on_score)
    if on_result:
        on_result(before)
    fit(
        recipe,
        loader.backbone(recipe.backbone),
        train=train,
        evaluation=evaluation,
        output=output,
        on_step=on_step,
    )
    after = _evaluate(loader.load(str(output)), evaluation, on_score)
    stem = f"{evaluation.dataset}-{evaluation.split}"
    save_result(before, output / PREDICTIONS / f"{stem}.zero-shot.parquet")
    save_result(after, output / PREDICTIONS / f"{stem}.parquet")
    write_json(
        output / METRICS_FILE,
        {
            "dataset": evaluation.dataset,
            "split": evaluation.split,
            "fingerprint": evaluation.fingerprint,
            "zero-shot": before.metrics.to_dict(),
            "fine-tuned": after.metrics.to_dict(),
        },
    )
    write_model_card(output, zero_shot=before, fine_tuned=after)
    if on_result:
        on_result(after)
    return Outcome(checkpoint=output, zero_shot=before, fine_tuned=after)


def _evaluate(classifier: Classifier, examples: Examples, progress: Progress | None) -> Result:
    return build_result(classifier, examples, score(classifier, examples.texts, progress=progress))
