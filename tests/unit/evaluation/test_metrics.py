from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from sentiment.errors import DataError
from sentiment.evaluation.evaluate_metric import SentimentMetric
from sentiment.evaluation.metrics import Interval, compute_metrics, wilson_interval

answers = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=60)


@settings(deadline=None, max_examples=50)
@given(answers)
def test_every_metric_equals_scikit_learns(pairs: list[tuple[int, float]]) -> None:
    gold, p = np.array([g for g, _ in pairs]), np.array([p for _, p in pairs])
    said = (p > 0.5).astype(int)
    metrics = compute_metrics(gold, p)
    assert metrics.accuracy == pytest.approx(sk.accuracy_score(gold, said))
    assert metrics.precision == pytest.approx(sk.precision_score(gold, said, zero_division=0))
    assert metrics.recall == pytest.approx(sk.recall_score(gold, said, zero_division=0))
    if gold.any() or said.any():
        assert metrics.f1 == pytest.approx(sk.f1_score(gold, said, zero_division=0))
    else:
        assert (metrics.f1, metrics.f1_interval) == (None, None)
    assert np.array(metrics.confusion).sum() == len(pairs)
    if len(set(gold)) == 2:
        assert metrics.auroc == pytest.approx(sk.roc_auc_score(gold, p))
    else:
        assert metrics.auroc is None


def test_the_confusion_matrix_has_gold_labels_in_rows() -> None:
    metrics = compute_metrics(np.array([0, 0, 0, 1]), np.array([0.9, 0.9, 0.1, 0.2]))
    assert metrics.confusion == ((1, 2), (1, 0))


@pytest.mark.parametrize(("right", "n"), [(794, 872), (0, 10), (10, 10), (1, 1)])
def test_wilsons_interval_equals_its_closed_form(right: int, n: int) -> None:
    z, p = 1.959963984540054, right / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    interval = wilson_interval(right, n)
    assert interval.low == pytest.approx(max(0, middle - half), abs=1e-12)
    assert interval.high == pytest.approx(min(1, middle + half), abs=1e-12)


def test_the_bootstrap_interval_matches_one_that_resamples_texts() -> None:
    rng = np.random.default_rng(3)
    gold = rng.integers(0, 2, 400)
    p = np.clip(gold * 0.4 + rng.normal(0.3, 0.25, 400), 0, 1)
    p[:40] = 0.3  # ties
    samples: dict[str, list[float]] = {"f1": [], "mcc": [], "auroc": []}
    for _ in range(1000):
        i = rng.integers(0, 400, 400)
        samples["f1"].append(sk.f1_score(gold[i], p[i] > 0.5))
        samples["mcc"].append(sk.matthews_corrcoef(gold[i], p[i] > 0.5))
        samples["auroc"].append(sk.roc_auc_score(gold[i], p[i]))
    for name, values in samples.items():
        interval = getattr(compute_metrics(gold, p), f"{name}_interval")
        low, high = np.quantile(values, [0.025, 0.975])
        assert interval.low == pytest.approx(low, abs=0.015), name
        assert interval.high == pytest.approx(high, abs=0.015), name


@pytest.mark.parametrize(
    ("gold", "p", "message"),
    [
        ([0, 1], [0.5], "2 labels but 1 probabilities"),
        ([], [], "nothing to score"),
        ([0, -1], [0.1, 0.2], "1 of 2 texts have no label"),
        ([0, 1], [0.1, 1.2], "between 0 and 1"),
        ([0, 1], [0.1, float("nan")], "between 0 and 1"),
    ],
)
def test_what_cannot_be_scored_is_refused(gold: list, p: list, message: str) -> None:
    with pytest.raises(DataError, match=message):
        compute_metrics(np.array(gold), np.array(p))


def test_the_evaluate_metric_gives_the_same_numbers_without_a_network() -> None:
    gold, p = [0, 1, 1, 0], [0.2, 0.9, 0.4, 0.6]
    expected = compute_metrics(np.array(gold), np.array(p))
    computed = SentimentMetric().compute(references=gold, predictions=p)
    assert computed["accuracy"] == expected.accuracy
    assert computed["f1"] == expected.f1


def test_equal_scores_rank_nothing() -> None:
    metrics = compute_metrics(np.array([0, 1] * 20), np.full(40, 0.7))
    assert metrics.auroc == 0.5
    assert metrics.auroc_interval == Interval(0.5, 0.5)


@pytest.mark.parametrize(
    ("gold", "p", "low"),
    [
        ([1, *[0] * 19], [0.9, *[0.1] * 19], 1.0),
        ([1, 1, *[0] * 38], [0.9, 0.8, *[0.1] * 38], 1.0),
        ([1, *[0] * 19], [*[0.1] * 20], 0.0),
    ],
)
def test_resamples_without_a_positive_text_are_left_out_of_the_interval_of_f1(
    gold: list[int], p: list[float], low: float
) -> None:
    metrics = compute_metrics(np.array(gold), np.array(p))
    assert metrics.f1 == low
    assert metrics.f1_interval == Interval(low, low)


@pytest.mark.parametrize("n", [1, 30])
def test_f1_is_not_defined_without_a_positive_text(n: int) -> None:
    metrics = compute_metrics(np.zeros(n, dtype=int), np.full(n, 0.2))
    assert (metrics.f1, metrics.f1_interval) == (None, None)
    assert metrics.to_dict()["f1"] is None
    wrong = compute_metrics(np.zeros(n, dtype=int), np.full(n, 0.8))
    assert wrong.f1 == 0.0
