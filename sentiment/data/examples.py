"""Labelled texts in memory: their fingerprint, samples and splits."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sentiment.data.sources import full_title, random_part_name
from sentiment.errors import DataError
from sentiment.labels import LABELS


@dataclass(frozen=True)
class Examples:
    """Texts with their gold labels; `rows` are their row numbers in the source."""

    dataset: str
    split: str
    texts: tuple[str, ...]
    labels: np.ndarray  # (n,) int64: 0 negative, 1 positive, -1 unlabelled
    rows: np.ndarray  # (n,) int64
    ids: np.ndarray | None = None  # (n,) int64 or str, where the source has a column of ids
    notes: tuple[str, ...] = ()  # how the source was understood, a sentence each

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def fingerprint(self) -> str:
        """Compute 16 hexadecimal digits of the sha256 over row numbers, labels and texts."""
        digest = hashlib.sha256()
        for row, label, text in zip(self.rows, self.labels, self.texts, strict=True):
            digest.update(f"{row}\t{label}\t{text}\n".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:16]

    @cached_property
    def whole_sentences(self) -> list[int]:
        """Find the positions of whole sentences among phrases, as SST-2's training rows are."""
        return list(_iterate_sentences(self, np.arange(len(self))))

    def take(self, positions: Sequence[int] | np.ndarray) -> Examples:
        """Select the examples at `positions`, in that order."""
        index = np.asarray(positions, dtype=np.int64)
        return Examples(
            dataset=self.dataset,
            split=self.split,
            texts=tuple(self.texts[i] for i in index),
            labels=self.labels[index],
            rows=self.rows[index],
            ids=None if self.ids is None else self.ids[index],
            notes=self.notes,
        )


def name_rows(rows: Sequence[int] | np.ndarray) -> str:
    """Name the first few of `rows`, counted from 1: "rows 3, 8, 12, …"."""
    shown = ", ".join(f"{int(row) + 1}" for row in rows[:5])
    return f"row{'' if len(rows) == 1 else 's'} {shown}{', …' if len(rows) > 5 else ''}"


def stratified_split(
    examples: Examples, *, second: float | int, seed: int
) -> tuple[Examples, Examples]:
    """Split into two parts, stratified by label; `second` is the share or size of the second.

    Each part holds at least one text of each label. The second part grows where it is too small
    for that.

    Raises:
        DataError: a label occurs only once, so that only one part could hold it.
    """
    from sklearn.model_selection import train_test_split

    labels, counts = np.unique(examples.labels, return_counts=True)
    if counts.min(initial=2) < 2 or len(examples) < 2 * len(labels):
        raise DataError(_describe_rare(examples))
    size = second if isinstance(second, int) else math.ceil(second * len(examples))
    smallest, largest = len(labels), len(examples) - len(labels)
    chosen = second if smallest <= size <= largest else min(max(size, smallest), largest)
    first_indices, second_indices = train_test_split(
        np.arange(len(examples)), test_size=chosen, random_state=seed, stratify=examples.labels
    )
    parts = _share_labels(examples.labels, first_indices, second_indices)
    return examples.take(np.sort(parts[0])), examples.take(np.sort(parts[1]))


def _share_labels(
    labels: np.ndarray, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Exchange texts of two parts, so that each holds all labels; their sizes stay the same."""
    first, second = first.copy(), second.copy()
    for label in np.unique(labels):
        for poor, rich in ((first, second), (second, first)):
            if label in labels[poor]:
                continue
            values, counts = np.unique(labels[poor], return_counts=True)
            given = np.flatnonzero(labels[poor] == values[counts.argmax()])[0]
            taken = np.flatnonzero(labels[rich] == label)[0]
            poor[given], rich[taken] = rich[taken], poor[given]
    return first, second


def _describe_rare(examples: Examples) -> str:
    """Describe labels that are too rare for two parts."""
    counts = ", ".join(
        f"{int((examples.labels == label).sum()):,} {name}"
        for label, name in enumerate(LABELS)
        if (examples.labels == label).any()
    )
    return (
        f"{full_title(examples.dataset, examples.split)} has {counts} texts, which cannot be split "
        f"into two parts that both hold both labels. Give at least two texts of each label, or "
        f"another file to evaluate on."
    )


def random_part(examples: Examples, *, share: float, seed: int) -> tuple[Examples, Examples]:
    """Split off a random part with `share` of the examples, stratified by label.

    The name of the part's split holds share and seed, so that it can be drawn again.

    Returns:
        (the rest, the random part)

    Raises:
        DataError: `share` is not between 0 and 1, or a part would lack a label.
    """
    if not 0 < share < 1:
        raise DataError(f"A random part holds more than 0 and less than 100 %, not {share:.0%}.")
    rest, part = stratified_split(examples, second=share, seed=seed)
    return rest, replace(part, split=random_part_name(examples.split, share, seed))


def exclude_texts(examples: Examples, others: Examples) -> Examples:
    """Select the examples whose texts are not in `others`."""
    texts = set(others.texts)
    return examples.take([i for i, text in enumerate(examples.texts) if text not in texts])


def sample(examples: Examples, count: int | None, *, seed: int) -> Examples:
    """Draw a sample of `count` examples, stratified by label; all examples if there are fewer."""
    if count is None or count >= len(examples):
        return examples
    rarest = min(int((examples.labels == label).sum()) for label in np.unique(examples.labels))
    if len(examples) - count < 2 or rarest < 2:  # too few for scikit-learn to stratify
        return examples.take(
            np.sort(np.random.default_rng(seed).permutation(len(examples))[:count])
        )
    return stratified_split(examples, second=count, seed=seed)[1]


def hold_out(examples: Examples, count: int, *, seed: int) -> tuple[Examples, Examples]:
    """Hold out `count` examples without shared texts, by the method for the data set.

    Held-out examples are for choosing hyperparameters, instead of the official evaluation split.

    Returns:
        (training examples, held-out examples)
    """
    if examples.dataset == "sst2":
        return hold_out_sentences(examples, count, seed=seed)
    train, held_out = stratified_split(examples, second=count, seed=seed)
    held_out = replace(held_out, split=f"{examples.split}-held-out")
    return exclude_texts(train, held_out), held_out


def hold_out_sentences(examples: Examples, count: int, *, seed: int) -> tuple[Examples, Examples]:
    """Hold out `count` whole sentences and remove their phrases from the training examples.

    SST-2's training rows are phrases of sentences, so that a random split would leak text into the
    held-out part.

    Returns:
        (training examples, held-out sentences)
    """
    if count < 1:
        raise DataError(f"The number of sentences to hold out must be at least 1, not {count}.")
    order = np.random.default_rng(seed).permutation(len(examples))
    chosen = list(itertools.islice(_iterate_sentences(examples, order), count))
    if len(chosen) < count:
        raise DataError(
            f"Only {len(chosen)} of {len(examples)} examples are whole sentences; "
            f"{count} cannot be held out."
        )
    held_out = examples.take(sorted(chosen))
    held_rows = "\n".join(f" {text} " for text in held_out.texts)
    remaining = [i for i, text in enumerate(examples.texts) if f" {text} " not in held_rows]
    if not remaining:
        raise DataError(f"Holding out {count} sentences leaves nothing to train on.")
    return examples.take(remaining), replace(held_out, split=f"{examples.split}-held-out")


def _iterate_sentences(examples: Examples, order: np.ndarray) -> Iterator[int]:
    """Yield the positions of whole sentences among phrases, in the order given.

    A row counts as a whole sentence if it has eight words or more, ends in a full stop, `?` or
    `!`, and is not contained in a longer row.
    """
    all_rows = "\n".join(f" {text} " for text in dict.fromkeys(examples.texts))
    for position in order:
        text = examples.texts[position]
        looks_whole = len(text.split()) >= 8 and text.endswith((".", "?", "!"))
        if looks_whole and all_rows.count(f" {text} ") == 1:
            yield int(position)


def nested_order(examples: Examples, *, seed: int) -> np.ndarray:
    """Order the examples so that each first part is a class-balanced sample of them, (n,) int64.

    Both labels alternate until the rarer one is used up; the order of each is drawn by `seed`. In
    SST-2, whole sentences come before phrases.
    """
    order = np.random.default_rng(seed).permutation(len(examples))
    if examples.dataset == "sst2":
        is_whole = np.zeros(len(examples), dtype=bool)
        is_whole[examples.whole_sentences] = True
        order = order[np.argsort(~is_whole[order], kind="stable")]
    labels = examples.labels[order]
    rank = np.empty(len(order), dtype=np.int64)  # of each example among those of its label
    for label in np.unique(labels):
        own = labels == label
        rank[own] = np.arange(own.sum())
    return order[np.lexsort((labels, rank))]
