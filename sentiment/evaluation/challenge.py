"""The challenge set: short texts written for this project, grouped by capability.

Every text has a label. Some come in pairs: in an invariance test both texts must get the same
label, in a directional expectation test the score must rise or fall as expected (Ribeiro et al.
2020, CheckList).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from sentiment.data.loading import CHALLENGE, load_challenge, load_examples
from sentiment.data.sources import WHOLE_SPLIT
from sentiment.evaluation.metrics import Interval, wilson_interval
from sentiment.evaluation.results import Result, ResultInfo
from sentiment.probabilities import is_positive


@dataclass(frozen=True)
class FailureRate:
    """Number of failed test cases out of n, and the failure rate."""

    n: int
    failures: int
    interval: Interval  # Wilson's, of the failure rate

    @property
    def rate(self) -> float:
        """Return the failure rate, 0 to 1."""
        return self.failures / self.n


@dataclass(frozen=True)
class CapabilityScore:
    """Failure rates of a model on the texts of one capability."""

    capability: str
    labels: FailureRate  # texts with a wrong prediction
    invariance: FailureRate | None  # pairs with two different predictions
    directional: FailureRate | None  # pairs whose score does not change as expected


def score_capabilities(result: Result) -> list[CapabilityScore]:
    """Compute failure rates per capability from predictions for the challenge set."""
    frame = load_challenge().join(result.frame.set_index("row"))
    frame["is_positive"] = is_positive(frame["p_positive"])
    frame["is_wrong"] = frame["is_positive"] != (frame["gold"] == 1)
    return [
        CapabilityScore(
            capability=str(capability),
            labels=_failure_rate(part["is_wrong"]),
            invariance=_pair_failure_rate(part[part["expectation"] == "same"], _is_flipped),
            directional=_pair_failure_rate(
                part[part["expectation"].isin(["higher", "lower"])], _is_misdirected
            ),
        )
        for capability, part in frame.groupby("capability", sort=False)
    ]


def _failure_rate(failed: pd.Series) -> FailureRate:
    n, failures = len(failed), int(failed.sum())
    return FailureRate(n, failures, wilson_interval(failures, n))


def _pair_failure_rate(
    rows: pd.DataFrame, is_failed: Callable[[pd.DataFrame], bool]
) -> FailureRate | None:
    if rows.empty:
        return None
    return _failure_rate(
        pd.Series([is_failed(pair) for _, pair in rows.groupby("pair", sort=False)])
    )


def _is_flipped(pair: pd.DataFrame) -> bool:
    return bool(pair["is_positive"].nunique() > 1)


def _is_misdirected(pair: pd.DataFrame) -> bool:
    base, changed = pair["p_positive"]
    is_higher = pair["expectation"].iloc[0] == "higher"
    return not (changed > base if is_higher else changed < base)


def is_challenge(info: ResultInfo) -> bool:
    """Return whether a result is for the current version of the challenge set."""
    return (info.dataset, info.split, info.fingerprint) == (
        CHALLENGE,
        WHOLE_SPLIT,
        _fingerprint(),
    )


@lru_cache(maxsize=1)
def _fingerprint() -> str:
    return load_examples(CHALLENGE).fingerprint
