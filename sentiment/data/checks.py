"""Checks of labelled texts before training: empty texts, missing labels, duplicates, overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sentiment.data.examples import Examples, name_rows
from sentiment.data.sources import full_title
from sentiment.errors import DataError
from sentiment.labels import LABELS, NEGATIVE, POSITIVE, UNLABELLED


def check_for_training(examples: Examples) -> None:
    """Check that examples can be trained on.

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
            f"All {len(examples)} examples are {only} ({_title(examples)}). Training needs both "
            f"labels."
            if len(examples)
            else "There are no examples."
        )


def leave_out_empty(examples: Examples) -> Examples:
    """Leave out the rows without a text, with a note on them.

    Raises:
        DataError: no row has a text.
    """
    empty = [row for row, text in zip(examples.rows, examples.texts, strict=True) if not text]
    if not empty:
        return examples
    if len(empty) == len(examples):
        raise DataError(f"{_title(examples)}: every row of the text column is empty.")
    note = (
        f"{len(empty):,} of {len(examples):,} rows of {_title(examples)} have no text and are left "
        f"out ({name_rows(empty)})."
    )
    filled = examples.take([i for i, text in enumerate(examples.texts) if text])
    return replace(filled, notes=(*examples.notes, note))


def leave_out_unlabelled(examples: Examples) -> Examples:
    """Leave out the rows without a gold label; the notes of a file name them already."""
    is_labelled = examples.labels != UNLABELLED
    return examples if is_labelled.all() else examples.take(np.flatnonzero(is_labelled))


def leave_out_short(examples: Examples, min_words: int) -> Examples:
    """Leave out the texts of fewer than `min_words` words, which stand between blanks.

    Raises:
        DataError: no longer one is left of a label.
    """
    kept = [i for i, text in enumerate(examples.texts) if len(text.split()) >= min_words]
    if len(kept) == len(examples):
        return examples
    longer = examples.take(kept)
    if len(set(longer.labels.tolist())) < len(set(examples.labels.tolist())):
        raise DataError(
            f"{_title(examples)}: with min_words {min_words} no text of one of the labels is left. "
            f"Give a smaller number."
        )
    return longer


def check_apart(train: Examples, evaluation: Examples) -> None:
    """Check that evaluation texts are not all in the training data.

    Raises:
        DataError: all evaluation texts are training texts.
    """
    texts = set(evaluation.texts)
    if texts <= set(train.texts):
        raise DataError(
            f"All {len(texts):,} texts of the test data are also in the training data. A score on "
            f"training texts says nothing; give other texts to evaluate on."
        )


def describe_repeats(examples: Examples) -> str:
    """Describe duplicate texts in a sentence, empty if there are none."""
    indices_by_text: dict[str, list[int]] = defaultdict(list)
    for i, text in enumerate(examples.texts):
        indices_by_text[text].append(i)
    repeated = [duplicates for duplicates in indices_by_text.values() if len(duplicates) > 1]
    if not repeated:
        return ""
    rows = [int(examples.rows[i]) for duplicates in repeated for i in duplicates[1:]]
    conflicting = sum(
        len({int(examples.labels[i]) for i in duplicates}) > 1 for duplicates in repeated
    )
    sentence = (
        f"{_title(examples)} repeats {len(repeated):,} texts in {len(rows):,} further rows "
        f"({name_rows(sorted(rows))})"
    )
    return (
        f"{sentence}; {conflicting:,} of them have both labels." if conflicting else f"{sentence}."
    )


def describe_overlap(train: Examples, evaluation: Examples) -> str:
    """Describe evaluation texts that are also training texts, empty if there are none."""
    training_texts = set(train.texts)
    overlap = [
        int(row)
        for row, text in zip(evaluation.rows, evaluation.texts, strict=True)
        if text in training_texts
    ]
    if not overlap:
        return ""
    return (
        f"{len(overlap):,} of {len(evaluation):,} texts of {_title(evaluation)} are also in "
        f"{_title(train)} ({name_rows(overlap)})."
    )


def describe_problems(train: Examples, evaluations: Sequence[Examples]) -> list[str]:
    """Describe duplicates and overlap of the data before training, a sentence each."""
    sentences = [describe_repeats(train)]
    for evaluation in evaluations:
        sentences += [describe_repeats(evaluation), describe_overlap(train, evaluation)]
    return [sentence for sentence in sentences if sentence]


def _title(examples: Examples) -> str:
    return full_title(examples.dataset, examples.split)
