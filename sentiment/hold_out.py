"""Held-out training texts, which hyperparameters are chosen on: no text is on both sides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sentiment.data import Examples, stratified_split, without_texts
from sentiment.errors import DataError


def hold_out(examples: Examples, count: int, *, seed: int) -> tuple[Examples, Examples]:
    """Hold out `count` examples in the way that suits the data set: no text is on both sides.

    Hyperparameters are chosen on the result, never on the official evaluation split.

    Returns:
        (training examples, held-out examples)
    """
    if examples.dataset == "sst2":
        return hold_out_sentences(examples, count, seed=seed)
    train, held_out = stratified_split(examples, second=count, seed=seed)
    held_out = replace(held_out, split=f"{examples.split}-held-out")
    return without_texts(train, held_out), held_out


def hold_out_sentences(examples: Examples, count: int, *, seed: int) -> tuple[Examples, Examples]:
    """Hold out `count` whole sentences together with every example cut out of one of them.

    SST-2's training rows are phrases of sentences, so a random split shares text between its
    sides and flatters the model. A row counts as a whole sentence when it has eight words or
    more, ends in a full stop, `?` or `!`, and stands inside no longer row; training keeps only
    rows that do not stand inside a held-out sentence.

    Returns:
        (training examples, held-out sentences)
    """
    if count < 1:
        raise DataError(f"The number of sentences to hold out must be at least 1, not {count}.")
    all_rows = "\n".join(f" {text} " for text in dict.fromkeys(examples.texts))
    chosen: list[int] = []
    for position in np.random.default_rng(seed).permutation(len(examples)):
        text = examples.texts[position]
        looks_whole = len(text.split()) >= 8 and text.endswith((".", "?", "!"))
        if looks_whole and all_rows.count(f" {text} ") == 1:
            chosen.append(int(position))
        if len(chosen) == count:
            break
    if len(chosen) < count:
        raise DataError(
            f"Only {len(chosen)} of {len(examples)} examples are whole sentences; "
            f"{count} cannot be held out."
        )
    held_out = examples.take(sorted(chosen))
    held_rows = "\n".join(f" {text} " for text in held_out.texts)
    kept = [i for i, text in enumerate(examples.texts) if f" {text} " not in held_rows]
    if not kept:
        raise DataError(f"Holding out {count} sentences leaves nothing to train on.")
    return examples.take(kept), replace(held_out, split=f"{examples.split}-held-out")
