"""Training and evaluation data of a recipe, loaded and checked."""

from __future__ import annotations

from pathlib import Path

from sentiment.data.checks import (
    check_apart,
    check_for_training,
    leave_out_empty,
    leave_out_short,
    leave_out_unlabelled,
)
from sentiment.data.columns import DEFAULT_READING, ReadOptions
from sentiment.data.examples import Examples, exclude_texts, random_part, sample
from sentiment.data.examples import hold_out as hold_out_examples
from sentiment.data.loading import find_split_to_score, is_hub_id, load_examples
from sentiment.data.sources import BUNDLED_DATASETS, DATASETS
from sentiment.errors import DataError
from sentiment.recipes import Recipe

OWN_EVALUATION_SHARE = 0.2  # of data without an evaluation split


def prepare_data(
    recipe: Recipe,
    *,
    source: Path | None = None,
    test: Path | None = None,
    hold_out: int | None = None,
    reading: ReadOptions = DEFAULT_READING,
) -> tuple[Examples, tuple[Examples, ...]]:
    """Load the training examples of a recipe and its evaluation sets, the official one first.

    Args:
        source: a folder with `sst2/` and `imdb/`, `first-lesson`, a file with texts and labels,
            or the Hub id of a data set with such columns; by default the recipe's data set from
            `$SENTIMENT_DATA` or the Hub. Rows of a file without a text or label are left out.
        test: a file to evaluate on instead of the official split, or instead of a random fifth of
            data without such a split.
        hold_out: evaluate on this many texts held out of train, instead of the official split and
            of the recipe's random share.
        reading: the encoding and the columns of `source` and `test`.

    Raises:
        DataError: the data is not available, or cannot be trained on.
    """
    is_own = source is not None and not source.is_dir()  # neither SST-2 nor IMDb
    if hold_out and (is_own or test):
        raise DataError(
            "--test names what is scored on; leave --hold-out out."
            if test
            else "--hold-out is for SST-2 and IMDb; leave it out."
        )
    whole = _load_train(recipe, source, reading)
    check_for_training(whole)
    train, evaluations = _choose_evaluations(recipe, whole, source, test, hold_out, reading)
    for evaluation in evaluations:
        check_for_training(evaluation)
        check_apart(train, evaluation)
    if recipe.test_share and hold_out is None and not is_own:
        train, random_split = random_part(train, share=recipe.test_share, seed=recipe.seed)
        evaluations = (*evaluations, random_split)
    if train is not whole:
        check_for_training(train)
    train = leave_out_short(train, recipe.min_words)
    return sample(train, recipe.max_train_examples, seed=recipe.seed), evaluations


def _choose_evaluations(
    recipe: Recipe,
    whole: Examples,
    source: Path | None,
    test: Path | None,
    hold_out: int | None,
    reading: ReadOptions,
) -> tuple[Examples, tuple[Examples, ...]]:
    """Choose what to train on and what to evaluate on, from the arguments of `prepare_data`."""
    if test is not None:
        return whole, (_load_own(test, None, reading),)
    if source is not None and not source.is_dir():
        if split := find_split_to_score(source):
            return whole, (_load_own(source, split, reading),)
        train, random_split = random_part(whole, share=OWN_EVALUATION_SHARE, seed=recipe.seed)
        return exclude_texts(train, random_split), (random_split,)
    if hold_out is not None:
        train, held_out = hold_out_examples(whole, hold_out, seed=recipe.seed)
        return train, (held_out,)
    split = DATASETS[recipe.dataset].evaluation_split
    return whole, (load_examples(recipe.dataset, split, directory=source),)


def _load_train(recipe: Recipe, source: Path | None, reading: ReadOptions) -> Examples:
    if source is None or source.is_dir():
        return load_examples(recipe.dataset, "train", directory=source)
    is_split = is_hub_id(source) or str(source) in BUNDLED_DATASETS
    return _load_own(source, "train" if is_split else None, reading)


def _load_own(source: Path, split: str | None, reading: ReadOptions) -> Examples:
    """Load data that a person brings; rows without a text or a label are left out."""
    return leave_out_unlabelled(leave_out_empty(load_examples(source, split, reading=reading)))
