from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from sentiment.evaluation.thresholds import confusion_at, threshold_curve, tune_threshold


def _made(n: int = 500, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    gold = random.integers(0, 2, n)
    return gold, np.round(1 / (1 + np.exp(-random.normal(gold * 2 + 1, 1.5))), 2)


@pytest.mark.parametrize("threshold", [-3.0, 0.0, 1.0, 2.2])
def test_counts_are_the_confusion_matrix(threshold: float) -> None:
    gold, p = _made()
    said = p > 1 / (1 + np.exp(-threshold))
    tn, fp, fn, tp = confusion_matrix(gold, said).ravel()
    found = confusion_at(threshold, gold, p)
    counts = (found.true_negative, found.false_positive, found.false_negative, found.true_positive)
    assert counts == (tn, fp, fn, tp)
    assert found.accuracy == pytest.approx(accuracy_score(gold, said))


def test_a_sweep_knows_the_accuracy_of_every_threshold() -> None:
    gold, p = _made()
    thresholds, accuracies = threshold_curve(gold, p)
    assert len(thresholds) == len(np.unique(p)) + 1
    assert (np.diff(thresholds) > 0).all()
    for threshold, accuracy in zip(thresholds, accuracies, strict=True):
        assert confusion_at(threshold, gold, p).accuracy == pytest.approx(accuracy)
    assert accuracies[0] == pytest.approx(gold.mean())
    assert accuracies[-1] == pytest.approx(1 - gold.mean())


def test_labels_choose_a_better_threshold_for_a_model_that_leans() -> None:
    gold, p = _made(4000)
    tuned = tune_threshold(gold, p)
    assert tuned is not None
    assert tuned.threshold == pytest.approx(2, abs=0.5)  # halfway between the two means
    assert tuned.accuracy > confusion_at(0, gold, p).accuracy
    assert tuned.accuracy <= threshold_curve(gold, p)[1].max()


def test_a_tuned_threshold_is_scored_on_other_texts() -> None:
    random = np.random.default_rng(0)
    gold, p = random.integers(0, 2, 30), random.random(30)  # nothing to be learned
    tuned = tune_threshold(gold, p)
    assert tuned is not None
    assert tuned.accuracy < threshold_curve(gold, p)[1].max()
    assert tune_threshold(gold[:1], p[:1]) is None
