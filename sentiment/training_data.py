"""What a recipe trains on and what it is scored on, loaded and checked before anything else."""

from __future__ import annotations

from pathlib import Path

from sentiment.data import DATASETS, Examples, load_examples, random_part, sample, without_texts
from sentiment.data_checks import check_apart, check_for_training
from sentiment.errors import DataError
from sentiment.hold_out import hold_out as hold_out_examples
from sentiment.recipe import Recipe

CSV_EVALUATION_SHARE = 0.2


def prepare_data(
    recipe: Recipe,
    *,
    source: Path | None = None,
    test: Path | None = None,
    hold_out: int | None = None,
) -> tuple[Examples, tuple[Examples, ...]]:
    """The examples a recipe trains on and the sets it is scored on, the official one first.

    Args:
        source: a folder with `sst2/` and `imdb/`, or a CSV with `text,label`; by default the
            recipe's data set from `$SENTIMENT_DATA` or the Hub.
        test: a CSV to score on instead of the official split, or of the fifth of a CSV that is
            kept for scoring otherwise.
        hold_out: score on this many texts held out of train instead of the official split and of
            the recipe's random share.

    Raises:
        DataError: the data cannot be had, or nothing can be learned from it.
    """
    is_csv = source is not None and not source.is_dir()
    if hold_out and (is_csv or test):
        raise DataError(
            "--test names what is scored on; leave --hold-out out."
            if test
            else "A CSV is split by itself; leave --hold-out out."
        )
    whole = load_examples(source) if is_csv and source else _load_train(recipe, source)
    check_for_training(whole)
    evaluations: tuple[Examples, ...]
    if test is not None:
        train, evaluations = whole, (load_examples(test),)
    elif is_csv:
        train, drawn = random_part(whole, share=CSV_EVALUATION_SHARE, seed=recipe.seed)
        train, evaluations = without_texts(train, drawn), (drawn,)
    elif hold_out is not None:
        train, held_out = hold_out_examples(whole, hold_out, seed=recipe.seed)
        evaluations = (held_out,)
    else:
        train = whole
        split = DATASETS[recipe.dataset].evaluation_split
        evaluations = (load_examples(recipe.dataset, split, directory=source),)
    for evaluation in evaluations:
        check_for_training(evaluation)
        check_apart(train, evaluation)
    if recipe.test_share and hold_out is None and not is_csv:
        train, drawn = random_part(train, share=recipe.test_share, seed=recipe.seed)
        evaluations = (*evaluations, drawn)
    check_for_training(train)
    return sample(train, recipe.max_train_examples, seed=recipe.seed), evaluations


def _load_train(recipe: Recipe, source: Path | None) -> Examples:
    return load_examples(recipe.dataset, "train", directory=source)
