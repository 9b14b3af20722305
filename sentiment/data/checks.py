"""What is wrong with labelled texts, said before anything is downloaded or trained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sentiment.data.examples import Examples, name_rows
from sentiment.data.sources import full_title
from sentiment.errors import DataError
from sentiment.labels import LABELS, NEGATIVE, POSITIVE


def check_for_training(examples: Examples) -> None:
    """Refuse examples nothing can be learned from.

    Raises:
        DataError: empty texts, unlabelled rows, or one label only; the message counts them.
    """
    empty = [row for row, text in zip(examples.rows, examples.texts, strict=True) if not text]
    if empty:
        raise DataError(f"{len(empty)} of {len(examples)} rows have no text ({name_rows(empty)}).")
    counts = {label: int((examples.labels == label).sum()) for label in (NEGATIVE, POSITIVE)}
    unlabelled = examples.rows[(examples.labels != NEGATIVE) & (examples.labels != POSITIVE)]
    if len(unlabelled):
        raise DataError(
            f"{len(unlabelled)} of {len(examples)} rows have no label ({name_rows(unlabelled)})."
        )
    if min(counts.values()) == 0:
        only = LABELS[POSITIVE if counts[POSITIVE] else NEGATIVE]
        raise DataError(
            f"All {len(examples)} examples are {only}. Training needs both labels."
            if len(examples)
            else "There are no examples."
        )


def check_apart(train: Examples, evaluation: Examples) -> None:
    """Refuse to score on the very texts that were trained on.

    Raises:
        DataError: all texts to score on are among those to train on.
    """
    texts = set(evaluation.texts)
    if texts <= set(train.texts):
        raise DataError(
            f"All {len(texts):,} texts of the test data are also in the training data. A score on "
            f"training texts says nothing; give other texts to evaluate on."
        )


def describe_repeats(examples: Examples) -> str:
    """Describe texts that occur more than once in a sentence, empty if there are none."""
    places: dict[str, list[int]] = defaultdict(list)
    for i, text in enumerate(examples.texts):
        places[text].append(i)
    repeated = [found for found in places.values() if len(found) > 1]
    if not repeated:
        return ""
    rows = [int(examples.rows[i]) for found in repeated for i in found[1:]]
    torn = sum(len({int(examples.labels[i]) for i in found}) > 1 for found in repeated)
    said = (
        f"{_title(examples)} repeats {len(repeated):,} texts in {len(rows):,} further rows "
        f"({name_rows(sorted(rows))})"
    )
    return f"{said}; {torn:,} of them have both labels." if torn else f"{said}."


def describe_overlap(train: Examples, evaluation: Examples) -> str:
    """Describe texts that are both trained and evaluated on, empty if there are none."""
    learned = set(train.texts)
    seen = [
        int(row)
        for row, text in zip(evaluation.rows, evaluation.texts, strict=True)
        if text in learned
    ]
    if not seen:
        return ""
    return (
        f"{len(seen):,} of {len(evaluation):,} texts of {_title(evaluation)} are also in "
        f"{_title(train)} ({name_rows(seen)})."
    )


def describe_problems(train: Examples, evaluations: Sequence[Examples]) -> list[str]:
    """Everything a person should know of the data before training on it, a sentence each."""
    said = [describe_repeats(train)]
    for evaluation in evaluations:
        said += [describe_repeats(evaluation), describe_overlap(train, evaluation)]
    return [sentence for sentence in said if sentence]


def _title(examples: Examples) -> str:
    return full_title(examples.dataset, examples.split)
