"""Whether the texts of the bundled data sets tell models apart."""

from __future__ import annotations

import pandas as pd

from sentiment.data.loading import CAPABILITY_TITLES
from sentiment.models.catalogue import list_models
from tools.item_statistics import count_failures, find_failures


def test_every_capability_tells_models_apart() -> None:
    failed = find_failures("challenge")
    assert set(failed.columns) == {model.name for model in list_models()}
    counts = count_failures(failed)
    assert list(counts.index) == list(CAPABILITY_TITLES)
    assert (counts["failed_by_none"] < counts["texts"]).all()
    assert (counts["failed_by_all"] < counts["texts"]).all()
    assert (counts["lowest_error"] < counts["highest_error"]).all()


def test_texts_that_none_or_all_fail_are_counted() -> None:
    failed = pd.DataFrame(
        {"a": [True, False, True, False], "b": [True, False, False, False]},
        index=["one", "one", "two", "two"],
    )
    counts = count_failures(failed)
    assert counts["failed_by_none"].to_dict() == {"one": 1, "two": 1}
    assert counts["failed_by_all"].to_dict() == {"one": 1, "two": 0}
    assert counts["highest_error"].to_dict() == {"one": 0.5, "two": 0.5}
    assert counts["lowest_error"].to_dict() == {"one": 0.5, "two": 0.0}
