"""Count the bundled models that fail each text of a bundled data set, by group of texts.

.venv/bin/python -m tools.item_statistics [challenge | products | restaurants]

Reads the saved predictions. A group that every model passes, or every model fails, tells no two
models apart.
"""

from __future__ import annotations

import argparse

import pandas as pd

from sentiment.data.loading import CHALLENGE
from sentiment.data.tables import read_csv
from sentiment.evaluation.results import find_results
from sentiment.paths import ASSETS
from sentiment.probabilities import is_positive

GROUPS = {CHALLENGE: "capability", "products": "difficulty", "restaurants": "difficulty"}


def find_failures(dataset: str) -> pd.DataFrame:
    """Find which models label which texts wrongly.

    Returns:
        (texts, models) bool; the index is the group of each text.
    """
    rows = read_csv(ASSETS / "data" / f"{dataset}.csv", needed=("id", GROUPS[dataset]))
    failed = {}
    for result in find_results()[0]:
        if result.info.dataset == dataset:
            frame = result.frame.set_index("row").loc[rows.index]
            failed[result.info.model] = is_positive(frame["p_positive"]) != (frame["gold"] == 1)
    return pd.DataFrame(failed).set_index(pd.Index(rows[GROUPS[dataset]]))


def count_failures(failed: pd.DataFrame) -> pd.DataFrame:
    """Count per group the texts, those no or every model fails, and the models' error rates."""
    models = failed.sum(axis=1)
    rates = failed.groupby(level=0, sort=False).mean()
    by_group = models.groupby(level=0, sort=False)
    return pd.DataFrame(
        {
            "texts": by_group.size(),
            "failed_by_none": (models == 0).groupby(level=0).sum(),
            "failed_by_all": (models == failed.shape[1]).groupby(level=0).sum(),
            "median_models": by_group.median(),
            "lowest_error": rates.min(axis=1).round(3),
            "highest_error": rates.max(axis=1).round(3),
        }
    ).loc[rates.index]


def main() -> None:
    """Print the counts of one data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", nargs="?", default=CHALLENGE, choices=GROUPS)
    failed = find_failures(parser.parse_args().dataset)
    print(f"{failed.shape[1]} models, {len(failed)} texts")
    print(count_failures(failed).to_string())


if __name__ == "__main__":
    main()
