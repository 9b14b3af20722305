"""Known data sets: their Hub ids, columns, evaluation splits and titles."""

from __future__ import annotations

import re
from dataclasses import dataclass

RANDOM_PART = re.compile(r"(?P<base>[a-z]+)-random-(?P<percent>\d+(\.\d+)?)-seed-(?P<seed>\d+)")


@dataclass(frozen=True)
class DatasetSource:
    """A public data set: title, Hub id, text column and evaluation split."""

    title: str
    hub_id: str
    text_column: str
    evaluation_split: str


DATASETS = {
    "sst2": DatasetSource("SST-2", "stanfordnlp/sst2", "sentence", "validation"),
    "imdb": DatasetSource("IMDb", "stanfordnlp/imdb", "text", "test"),
}


# Data sets in `assets/data/`: name, title and evaluation split; a file with a column `split` has
# several splits.
WHOLE_SPLIT = "all"
BUNDLED_DATASETS = {
    "challenge": ("Challenge set", WHOLE_SPLIT),
    "products": ("Product reviews", WHOLE_SPLIT),
    "restaurants": ("Restaurant reviews", WHOLE_SPLIT),
    "first-lesson": ("First lesson", "test"),
}


def dataset_title(dataset: str) -> str:
    """Return the title of a known data set (`SST-2`), else its name."""
    if dataset in DATASETS:
        return DATASETS[dataset].title
    return BUNDLED_DATASETS[dataset][0] if dataset in BUNDLED_DATASETS else dataset


def file_stem(dataset: str, split: str) -> str:
    """Build the stem of a file name for a split: `sst2-validation`, `owner--name-test`."""
    return f"{dataset.replace('/', '--')}-{split}"


def split_title(split: str) -> str:
    """Describe a split: `train-random-20-seed-42` is "random 20 % of train"."""
    part = RANDOM_PART.fullmatch(split)
    return f"random {part['percent']} % of {part['base']}" if part else split.replace("-", " ")


def full_title(dataset: str, split: str) -> str:
    """Describe a data set and its split: "SST-2 validation"; without the split if it has one."""
    title = dataset_title(dataset)
    return title if split == WHOLE_SPLIT else f"{title} {split_title(split)}"


def random_part_name(split: str, share: float, seed: int) -> str:
    """Build the name of the part of `split` that `random_part` draws."""
    return f"{split}-random-{100 * share:g}-seed-{seed}"


SENTENCES = "sst2"  # the data set of single sentences
