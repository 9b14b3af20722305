"""Texts to measure on: SST-2 and IMDb where they are available, else those of this project."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from sentiment.data.examples import Examples, sample
from sentiment.data.loading import load_examples
from sentiment.paths import data_directory


def training_rows(count: int) -> Examples:
    """`count` labelled texts; those of this project are few, and come again with a number."""
    if _is_at_hand("sst2"):
        return sample(load_examples("sst2", "train"), count, seed=42)
    written = load_examples("first-lesson", "train")
    pairs = zip(written.texts, written.labels, strict=True)
    rows = list(itertools.islice(itertools.cycle(pairs), count))
    texts = tuple(f"{text} {number}" for number, (text, _) in enumerate(rows))
    return Examples(
        "written", "train", texts, np.array([label for _, label in rows]), np.arange(count)
    )


def many_texts(sentences: int, reviews: int) -> list[str]:
    """That many short texts, and after them that many long ones, in their given order."""
    if _is_at_hand("sst2") and _is_at_hand("imdb"):
        short = load_examples("sst2", "validation").texts[:sentences]
        return [*short, *load_examples("imdb", "test").texts[:reviews]]
    written = training_rows(sentences + 40 * reviews).texts
    long = written[sentences:]
    joined = [" ".join(long[40 * i : 40 * i + 5 + (7 * i) % 36]) for i in range(reviews)]
    return [*written[:sentences], *joined]


def cut_text(text: str, tokenizer: Any, *, most: int) -> str:
    """`text` up to its token number `most`, as a tokenizer cuts it that truncates."""
    offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ends = [end for _, end in offsets["offset_mapping"]]
    return text if len(ends) <= most else text[: ends[most - 1]]


def _is_at_hand(name: str) -> bool:
    folder = data_directory()
    return folder is not None and any((folder / name).glob("*.parquet"))
