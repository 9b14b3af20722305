"""Data sets on the Hugging Face Hub, as tables with the labels' own names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from sentiment.errors import DataError
from sentiment.hub import HUB_ID, first_line
from sentiment.labels import UNLABELLED


def is_hub_id(source: str | Path) -> bool:
    """Whether `source` names a data set on the Hub; a path that exists or ends in .csv does not."""
    name = Path(source).as_posix() if isinstance(source, Path) else source
    is_file = Path(source).exists() or name.lower().endswith(".csv")
    return not is_file and ".." not in name and bool(HUB_ID.fullmatch(name))


def read_split(hub_id: str, split: str) -> pd.DataFrame:
    """One split of a data set on the Hub, as it stands there.

    Raises:
        DataError: the Hub has no such data set or split, or cannot be asked.
    """
    from datasets import load_dataset  # slow to import, and only the Hub needs it

    try:
        rows = load_dataset(hub_id, split=split)
    except Exception as error:  # the Hub fails in many ways; all of them mean "not to be had"
        raise DataError(
            f"{hub_id} ({split}) could not be read from the Hugging Face Hub: {first_line(error)}"
        ) from error
    frame = rows.to_pandas()
    feature: Any = rows.features.get("label")
    if hasattr(feature, "names"):  # a number means what the data set says it means
        named = dict(enumerate(feature.names))
        frame["label"] = frame["label"].map(named).fillna(UNLABELLED)
    return frame


def _is_unlabelled(labels: pd.Series) -> pd.Series:
    return labels.isna() | labels.isin([UNLABELLED])


def find_evaluation_split(hub_id: str) -> str | None:
    """The split to score on: `test`, or `validation` where no test labels were published.

    Returns:
        None where the data set has neither.

    Raises:
        DataError: the Hub has no such data set, or cannot be asked.
    """
    from datasets import get_dataset_split_names

    try:
        splits = get_dataset_split_names(hub_id)
    except Exception as error:  # as above
        raise DataError(
            f"{hub_id} could not be read from the Hugging Face Hub: {first_line(error)}"
        ) from error
    for split in ("test", "validation"):
        if split in splits:
            frame = read_split(hub_id, split)
            if "label" in frame and not _is_unlabelled(frame["label"]).all():
                return split
    return None
