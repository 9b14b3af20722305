"""Log loss, Brier score, ECE and temperature, against closed forms and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_auc_score

from sentiment.errors import DataError
from sentiment.evaluation.reliability import (
    apply_temperature,
    compute_reliability,
    fit_temperature,
    scale_temperature,
)
from sentiment.probabilities import log_odds


def _made(n: int = 4000, *, temperature: float = 1.0, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Gold labels that come true as often as said, and scores sharpened by `temperature`."""
    random = np.random.default_rng(seed)
    odds = random.normal(0, 2, n)
    gold = (random.random(n) < 1 / (1 + np.exp(-odds))).astype(int)
    return gold, 1 / (1 + np.exp(-odds * temperature))


def test_the_scores_are_their_closed_forms() -> None:
    found = compute_reliability(np.array([1, 0, 1]), np.array([0.8, 0.4, 0.5]))
    assert found.nll == pytest.approx(-np.mean(np.log([0.8, 0.6, 0.5])))
    assert found.brier == pytest.approx(np.mean([0.04, 0.16, 0.25]))
    assert found.ece == pytest.approx(np.mean([0.2, 0.4, 0.5]))
    assert [part.n for part in found.bins] == [1, 1, 1]


def test_a_coin_that_says_so_is_calibrated() -> None:
    found = compute_reliability(np.tile([0, 1], 50), np.full(100, 0.5))
    assert found.ece == 0
    assert found.nll == pytest.approx(np.log(2))


def test_one_text_and_one_label_are_enough() -> None:
    assert compute_reliability(np.array([1]), np.array([1.0])).nll == pytest.approx(0, abs=1e-9)
    assert compute_reliability(np.array([0, 0]), np.array([1.0, 0.0])).nll < 20  # not infinite


def test_the_bins_are_those_of_scikit_learn() -> None:
    gold, p = _made()
    found = compute_reliability(gold, p)
    true, said = calibration_curve(gold, p, n_bins=15, strategy="uniform")
    assert [part.fraction_positive for part in found.bins] == pytest.approx(true)
    assert [part.mean_predicted for part in found.bins] == pytest.approx(said)
    assert sum(part.n for part in found.bins) == len(gold)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(temperature: float) -> None:
    gold, p = _made(40_000, temperature=temperature)
    assert fit_temperature(gold, p) == pytest.approx(temperature, rel=0.05)


@settings(deadline=None)
@given(st.floats(0.1, 10))
def test_temperature_moves_neither_labels_nor_ranking(temperature: float) -> None:
    gold, p = _made(300)
    cooled = apply_temperature(p, temperature)
    assert np.array_equal(cooled > 0.5, p > 0.5)
    assert roc_auc_score(gold, cooled) == pytest.approx(roc_auc_score(gold, p))


def test_a_sharpened_model_is_believed_again() -> None:
    gold, p = _made(temperature=4)
    other = _made(temperature=4, seed=1)
    for tempered in (scale_temperature(gold, p), scale_temperature(gold, p, other)):
        before, after = (compute_reliability(gold, q) for q in (p, tempered.p_positive))
        assert after.nll < before.nll
        assert after.ece < before.ece / 2
        assert tempered.temperature == pytest.approx(4, rel=0.15)


def test_no_text_sets_its_own_temperature() -> None:
    gold, p = _made(200)
    whole = scale_temperature(gold, p)
    assert whole.temperature != whole.other_temperature
    for i in (0, 17, 50):
        turned = gold.copy()
        turned[i] = 1 - turned[i]
        assert scale_temperature(turned, p).p_positive[i] == whole.p_positive[i]


def test_a_model_that_is_always_right_gets_a_finite_temperature() -> None:
    gold = np.tile([0, 1], 20)
    assert 0.04 < fit_temperature(gold, np.where(gold == 1, 0.9, 0.1)) < 0.06


def test_certainties_have_finite_log_odds() -> None:
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(DataError, match="between 0 and 1"):
        compute_reliability(np.array([1]), np.array([1.5]))
