"""The challenge set: short texts written for this project, by what makes each of them hard.

Every text has a label. Some stand in pairs: of two that differ in nothing that matters a model must
give both the same label, and of two that differ in strength it must be surer of the stronger one
(the invariance and directional tests of Ribeiro et al. 2020).
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
    """How many of n cases failed."""

    n: int
    failures: int
    interval: Interval  # Wilson's, of the failure rate

    @property
    def rate(self) -> float:
        """Failures by cases, 0 to 1."""
        return self.failures / self.n


@dataclass(frozen=True)
class CapabilityScore:
    """What a model makes of the texts of one capability."""

    capability: str
    labels: FailureRate  # texts that got the wrong label
    invariance: FailureRate | None  # pairs that must have one label and got two
    directional: FailureRate | None  # pairs whose scores moved the wrong way, or not at all


def score_capabilities(result: Result) -> list[CapabilityScore]:
    """Compute failure rates per capability from predictions for the challenge set."""
    frame = load_challenge().join(result.frame.set_index("row"))
    frame["is_positive"] = is_positive(frame["p_positive"])
    frame["is_wrong"] = frame["is_positive"] != (frame["gold"] == 1)
    return [
        CapabilityScore(
            capability=str(capability),
            labels=_share(part["is_wrong"]),
            invariance=_share_of_pairs(part[part["expectation"] == "same"], _is_flipped),
            directional=_share_of_pairs(
                part[part["expectation"].isin(["higher", "lower"])], _is_misdirected
            ),
        )
        for capability, part in frame.groupby("capability", sort=False)
    ]


def _share(failed: pd.Series) -> FailureRate:
    n, failures = len(failed), int(failed.sum())
    return FailureRate(n, failures, wilson_interval(failures, n))


def _share_of_pairs(
    rows: pd.DataFrame, is_failed: Callable[[pd.DataFrame], bool]
) -> FailureRate | None:
    if rows.empty:
        return None
    return _share(pd.Series([is_failed(pair) for _, pair in rows.groupby("pair", sort=False)]))


def _is_flipped(pair: pd.DataFrame) -> bool:
    return bool(pair["is_positive"].nunique() > 1)


def _is_misdirected(pair: pd.DataFrame) -> bool:
    base, changed = pair["p_positive"]
    is_higher = pair["expectation"].iloc[0] == "higher"
    return not (changed > base if is_higher else changed < base)


def is_challenge(info: ResultInfo) -> bool:
    """Return whether a result is for the current challenge set, not another file of that name."""
    return (info.dataset, info.split, info.fingerprint) == (
        CHALLENGE,
        WHOLE_SPLIT,
        _fingerprint(),
    )


@lru_cache(maxsize=1)
def _fingerprint() -> str:
    return load_examples(CHALLENGE).fingerprint
