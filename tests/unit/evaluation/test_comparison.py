"""Pairs of models: counts, interval, McNemar and Holm, against independent implementations."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from sentiment.errors import DataError
from sentiment.evaluation.comparison import check_same_texts, compare, holm, mcnemar_p
from sentiment.evaluation.results import Result
from sentiment.formatting import format_p
from tests.support.results import made_result


def _pair(both: int, only_a: int, only_b: int, neither: int) -> tuple[Result, Result]:
    """Two results that are right together and apart as often as that; all gold labels are 1."""
    n = both + only_a + only_b + neither
    a = [0.9] * (both + only_a) + [0.1] * (only_b + neither)
    b = [0.8] * both + [0.2] * only_a + [0.8] * only_b + [0.2] * neither
    return made_result("A", [1] * n, a), made_result("B", [1] * n, b)


def test_a_pair_is_counted_by_who_is_right() -> None:
    (pair,) = compare(_pair(10, 2, 7, 1))
    assert (pair.both_right, pair.only_a_right, pair.only_b_right, pair.both_wrong) == (10, 2, 7, 1)
    assert (pair.n, pair.difference) == (20, 0.25)


def test_identical_predictors_cannot_be_told_apart() -> None:
    (pair,) = compare(_pair(15, 0, 0, 5))
    assert (pair.difference, pair.p, pair.p_holm) == (0, 1, 1)
    assert (pair.interval.low, pair.interval.high) == (0, 0)
    assert "they do not differ" in pair.sentence


def test_one_text_is_no_evidence() -> None:
    (pair,) = compare(_pair(0, 0, 1, 0))
    assert (pair.n, pair.p, pair.is_distinguishable) == (1, 1, False)


def test_a_result_compared_with_itself_under_another_name_never_disagrees() -> None:
    a, _ = _pair(3, 1, 1, 2)
    (pair,) = compare([a, replace(a, info=replace(a.info, model="twin"))])
    assert pair.only_a_right == pair.only_b_right == 0


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (0, 5), (3, 12), (30, 31), (200, 100)])
def test_mcnemar_is_the_exact_test(only_a: int, only_b: int) -> None:
    n = only_a + only_b
    tail = sum(comb(n, k) for k in range(min(only_a, only_b) + 1)) / 2**n
    expected = min(1.0, 2 * tail)
    assert mcnemar_p(only_a, only_b) == pytest.approx(expected)
    other = mcnemar([[50, only_a], [only_b, 9]], exact=True).pvalue
    assert mcnemar_p(only_a, only_b) == pytest.approx(other)


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_what_statsmodels_computes(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_all_pairs_are_corrected_together() -> None:
    a, b = _pair(50, 2, 12, 5)
    c = made_result("C", a.frame["gold"], [0.9] * 60 + [0.1] * 9)
    pairs = compare([a, b, c])
    assert [(pair.a, pair.b) for pair in pairs] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert [pair.p_holm for pair in pairs] == pytest.approx(holm([pair.p for pair in pairs]))
    assert pairs[0].p_holm > pairs[0].p


def test_the_interval_is_that_of_resampling_the_texts() -> None:
    a, b = _pair(400, 20, 41, 39)
    (pair,) = compare([a, b])
    right = [(r.p_positive > 0.5) == (r.gold == 1) for r in (a, b)]
    random = np.random.default_rng(1)
    samples = []
    for _ in range(4000):
        drawn = random.integers(0, 500, 500)
        samples.append(right[1][drawn].mean() - right[0][drawn].mean())
    expected = np.quantile(samples, [0.025, 0.975])
    assert [pair.interval.low, pair.interval.high] == pytest.approx(expected, abs=0.004)


def test_the_order_of_the_rows_and_unlabelled_rows_do_not_matter() -> None:
    a, b = _pair(10, 2, 7, 1)
    extra = pd.DataFrame({"row": [20, 21], "gold": -1, "p_positive": 0.5, "tokens_read": 1})
    extra["tokens_total"] = 1
    longer = [
        replace(r, frame=pd.concat([extra, r.frame]).sample(frac=1, random_state=seed))
        for seed, r in enumerate((a, b))
    ]
    assert compare(longer) == compare([a, b])


def test_only_one_gold_label_is_no_obstacle() -> None:
    gold = [0] * 30
    a = made_result("A", gold, [0.9] * 12 + [0.1] * 18)
    b = made_result("B", gold, [0.1] * 30)
    (pair,) = compare([a, b])
    assert pair.only_b_right == 12
    assert pair.is_distinguishable


def test_results_of_other_texts_are_refused() -> None:
    a, b = _pair(10, 2, 7, 1)
    other_ids = replace(b, frame=b.frame.assign(row=b.frame["row"] + 1))
    with pytest.raises(DataError, match="predictions on different texts: 2 ids"):
        compare([a, other_ids])
    other_gold = replace(b, frame=b.frame.assign(gold=[0, 0] + [1] * 18))
    with pytest.raises(DataError, match="different labels for 2 of the same ids"):
        compare([a, other_gold])
    with pytest.raises(DataError, match="fingerprints differ"):
        check_same_texts(a, replace(b, info=replace(b.info, fingerprint="g")))
    twice = replace(b, frame=b.frame.assign(row=0))
    with pytest.raises(DataError, match="has the id 0 more than once"):
        compare([a, twice])


def test_too_little_is_refused() -> None:
    a, b = _pair(1, 1, 1, 1)
    with pytest.raises(DataError, match="at least two models"):
        compare([a])
    unlabelled = [replace(r, frame=r.frame.assign(gold=-1)) for r in (a, b)]
    with pytest.raises(DataError, match="none of the texts has a label"):
        compare(unlabelled)


def test_the_sentence_says_who_is_better_and_by_how_much() -> None:
    (pair,) = compare(_pair(700, 20, 80, 72))
    assert pair.sentence.startswith(
        "B is better than A: 780 against 720 of 872 correct, more than chance would explain "
        "(6.9 points, 95 % CI of this pair [+"
    )
    assert pair.sentence.endswith("exact McNemar p < 0.001).")
    (turned,) = compare(_pair(700, 80, 20, 72))
    assert turned.sentence.startswith("A is better than B: 780 against 720 of 872 correct")
    assert "CI of this pair [+" in turned.sentence


def test_the_sentence_says_when_chance_explains_it() -> None:
    (pair,) = compare(_pair(700, 30, 36, 106))
    assert "A and B are not distinguishable: B has 736 against 730 of 872" in pair.sentence
    (even,) = compare(_pair(700, 30, 30, 112))
    assert "both have 730 of 872 correct" in even.sentence
    assert "which could be chance" in even.sentence
    assert "CI of this pair [−" in even.sentence


def test_a_pair_that_only_the_correction_makes_doubtful_says_so() -> None:
    a, b = _pair(700, 30, 52, 90)
    (alone,) = compare([a, b])
    assert alone.is_distinguishable
    assert "Holm" not in alone.sentence
    others = [made_result(name, a.gold, a.p_positive) for name in "CDEF"]
    among = compare([a, b, *others])[0]
    assert not among.is_distinguishable
    assert f"exact McNemar {format_p(alone.p)}, p = " in among.sentence
    assert "after Holm's correction for 15 pairs" in among.sentence
    assert among.sentence.endswith("Without the correction, the difference would be significant.")


@pytest.mark.parametrize(
    ("p", "said"),
    [(1.0, "p = 1.00"), (0.034, "p = 0.0340"), (1e-9, "p < 0.001"), (0.0009, "p < 0.001")],
)
def test_p_values_are_written_as_people_do(p: float, said: str) -> None:
    assert format_p(p) == said
