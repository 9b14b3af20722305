"""Paired comparison of models on the same texts: McNemar's test, Holm's correction, intervals.

Pure functions over saved predictions. scipy is imported in the function that uses it, as in
`metrics`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from sentiment.errors import DataError
from sentiment.evaluation.metrics import (
    BOOTSTRAP_SEED,
    RESAMPLES,
    SIGNIFICANCE,
    Interval,
    percentile_interval,
)
from sentiment.evaluation.results import Result
from sentiment.formatting import count_of, format_p
from sentiment.labels import POSITIVE, UNLABELLED
from sentiment.probabilities import is_positive


@dataclass(frozen=True)
class Comparison:
    """Paired comparison of two models on the same n texts, with counts of correct predictions."""

    a: str
    b: str
    n: int
    both_right: int
    only_a_right: int
    only_b_right: int
    both_wrong: int
    difference: float  # accuracy of B minus accuracy of A
    interval: Interval  # of the difference: paired bootstrap over the texts, 95 %
    p: float  # exact McNemar, two-sided
    p_holm: float  # after Holm's correction over all pairs
    pairs: int  # number of pairs in the correction

    @property
    def is_distinguishable(self) -> bool:
        """Return whether the difference is significant at 5 %, corrected over all pairs."""
        return self.p_holm < SIGNIFICANCE

    @property
    def sentence(self) -> str:
        """Describe the result in a sentence."""
        return _describe(self)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain values, ready for JSON."""
        return {**asdict(self), "sentence": self.sentence}


def compare(results: Sequence[Result], names: Sequence[str] | None = None) -> list[Comparison]:
    """Compare every pair of `results` in their order, Holm-corrected over all pairs.

    Texts without a gold label are left out; the order of the rows does not matter.

    Args:
        names: names of the models in the comparisons, by default those in the results.

    Raises:
        DataError: there are fewer than two, or they are for different texts.
    """
    if len(results) < 2:
        raise DataError("A comparison needs at least two models.")
    titles = list(names) if names is not None else [result.info.model for result in results]
    correct = _align(results, titles)
    pairs = list(itertools.combinations(range(len(results)), 2))
    counts = [_count(correct[:, i], correct[:, j]) for i, j in pairs]
    p_values = [mcnemar_p(only_a, only_b) for _, only_a, only_b, _ in counts]
    corrected = holm(p_values)
    return [
        _compare(titles[i], titles[j], count, p, p_holm, pairs=len(pairs))
        for (i, j), count, p, p_holm in zip(pairs, counts, p_values, corrected, strict=True)
    ]


def check_same_texts(a: Result, b: Result) -> None:
    """Check that two results are for the same texts with the same gold labels.

    Raises:
        DataError: the rows, the labels or the texts differ.
    """
    names = f"{a.info.model} and {b.info.model}"
    gold_a, gold_b = (_gold_labels(result) for result in (a, b))
    if set(gold_a.index) != set(gold_b.index):
        raise DataError(
            f"{names} have predictions on different texts: {_describe_ids(a, b)} Ids are compared "
            f"as they are written. Evaluate both on the same data."
        )
    differ = int((gold_a != gold_b.reindex(gold_a.index)).sum())
    if differ:
        raise DataError(f"{names} have different labels for {differ:,} of the same ids.")
    fingerprints = {result.info.fingerprint for result in (a, b)} - {""}
    if len(fingerprints) > 1:
        raise DataError(f"{names} were evaluated on different texts (fingerprints differ).")


def _describe_ids(a: Result, b: Result) -> str:
    """Say how many ids are in only one of two results, with one of each side."""
    sides, total = [], 0
    for own, other in ((a, b), (b, a)):
        only = own.frame["row"][~own.frame["row"].isin(set(other.frame["row"]))]
        total += len(only)
        if len(only):
            sides.append(f"{len(only):,} only in {own.info.model}, such as {str(only.iloc[0])!r}")
    are = "is" if total == 1 else "are"
    return f"{count_of(total, 'id')} {are} not in both: {' and '.join(sides)}."


def join(a: Result, b: Result) -> pd.DataFrame:
    """Join two results on the same texts, a row per text in the order of A.

    Columns: row, gold, p_a, p_b (probabilities of the positive label), a_right, b_right (False
    where there is no gold label).

    Raises:
        DataError: the rows, the labels or the texts differ.
    """
    check_same_texts(a, b)
    frame = a.frame[["row", "gold"]].reset_index(drop=True)
    frame["p_a"] = a.frame["p_positive"].to_numpy()
    frame["p_b"] = b.frame.set_index("row")["p_positive"].loc[frame["row"]].to_numpy()
    for side in ("a", "b"):
        frame[f"{side}_right"] = is_positive(frame[f"p_{side}"]) == (frame["gold"] == POSITIVE)
        frame[f"{side}_right"] &= frame["gold"] != UNLABELLED
    return frame


def mcnemar_p(only_a: int, only_b: int) -> float:
    """Compute the p-value of the exact two-sided McNemar test (McNemar 1947).

    It uses the binomial distribution instead of chi-squared; without disagreements it is 1.
    """
    from scipy.stats import binomtest

    disagreements = only_a + only_b
    return float(binomtest(only_a, disagreements).pvalue) if disagreements else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for multiple comparisons, controlling the family-wise error (Holm 1979)."""
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for rank, i in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, (len(p_values) - rank) * p_values[i])
        corrected[i] = min(1.0, highest)
    return corrected


def _gold_labels(result: Result) -> pd.Series:
    frame = result.frame
    if frame["row"].duplicated().any():
        repeated = frame["row"][frame["row"].duplicated()].iloc[0]
        raise DataError(f"{result.info.model} has the id {repeated} more than once.")
    return frame.set_index("row")["gold"]


def _align(results: Sequence[Result], names: Sequence[str]) -> np.ndarray:
    """Build the matrix of correct predictions over the labelled texts, (texts, models) bool."""
    labelled = results[0].frame["gold"].to_numpy() != UNLABELLED
    if not labelled.any():
        raise DataError(f"{names[0]}: none of the texts has a label.")
    columns = [join(results[0], other)["b_right"].to_numpy() for other in results]
    return np.stack(columns, axis=1)[labelled]


def _count(a: np.ndarray, b: np.ndarray) -> tuple[int, int, int, int]:
    """Count the texts on which both are correct, only A, only B, and neither."""
    return int((a & b).sum()), int((a & ~b).sum()), int((~a & b).sum()), int((~a & ~b).sum())


def _compare(
    a: str, b: str, counts: tuple[int, int, int, int], p: float, p_holm: float, *, pairs: int
) -> Comparison:
    both, only_a, only_b, neither = counts
    n = sum(counts)
    return Comparison(
        a=a,
        b=b,
        n=n,
        both_right=both,
        only_a_right=only_a,
        only_b_right=only_b,
        both_wrong=neither,
        difference=(only_b - only_a) / n,
        interval=_difference_interval(counts),
        p=p,
        p_holm=p_holm,
        pairs=pairs,
    )


def _difference_interval(counts: tuple[int, int, int, int]) -> Interval:
    """Compute the percentile bootstrap interval of the difference in accuracy.

    Resampling n texts with replacement is the same as drawing the four counts from a multinomial
    distribution.
    """
    n = sum(counts)
    draws = np.random.default_rng(BOOTSTRAP_SEED).multinomial(
        n, np.array(counts) / n, size=RESAMPLES
    )
    return percentile_interval((draws[:, 2] - draws[:, 1]) / n)


def _describe(pair: Comparison) -> str:
    correct = {
        pair.a: pair.both_right + pair.only_a_right,
        pair.b: pair.both_right + pair.only_b_right,
    }
    if not pair.only_a_right and not pair.only_b_right:
        return (
            f"{pair.a} and {pair.b} are correct on exactly the same texts, {pair.both_right:,} of "
            f"{pair.n:,}: they do not differ."
        )
    better, worse = (pair.b, pair.a) if pair.difference >= 0 else (pair.a, pair.b)
    more = correct[better] - correct[worse]
    low, high = 100 * pair.interval.low, 100 * pair.interval.high
    if pair.difference < 0:
        low, high = -high, -low
    points = (
        f"{100 * abs(pair.difference):.1f} points, 95 % CI of this pair "
        f"[{_signed(low)}, {_signed(high)}]"
    )
    test = f"exact McNemar {format_p(pair.p)}"
    if pair.pairs > 1:
        test += f", {format_p(pair.p_holm)} after Holm's correction for {pair.pairs} pairs"
    if pair.is_distinguishable:
        return (
            f"{better} is better than {worse}: {correct[better]:,} against {correct[worse]:,} of "
            f"{pair.n:,} correct, more than chance would explain ({points}; {test})."
        )
    counts = (
        f"{better} has {correct[better]:,} against {correct[worse]:,}"
        if more
        else (f"both have {correct[better]:,}")
    )
    sentence = (
        f"{pair.a} and {pair.b} are not distinguishable: {counts} of {pair.n:,} correct, which "
        f"could be chance ({points}; {test})."
    )
    if pair.p < SIGNIFICANCE:
        sentence += " Without the correction, the difference would be significant."
    return sentence


def _signed(points: float) -> str:
    return f"{'−' if points < 0 else '+'}{abs(points):.1f}"
