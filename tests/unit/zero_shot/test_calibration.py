from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from sentiment.evaluation.thresholds import confusion_at
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.method import Calibration
from sentiment.models.classifier import Classifier, NetworkClassifier
from sentiment.zero_shot.calibration import (
    CONTENT_FREE,
    KEPT_THRESHOLDS,
    Calibrator,
    compute_threshold,
    compute_thresholds,
    shift_threshold,
)
from tests.support.builders import FakeClassifier, labelled_texts, tiny_decoder

TEXTS = [text for text, _ in labelled_texts()]


def _odds(p: float) -> float:
    return float(np.log(p / (1 - p)))


def test_contextual_calibration_is_the_odds_of_texts_without_content() -> None:
    fake = FakeClassifier()
    thresholds = compute_thresholds(fake, np.array([0.2, 0.4]))
    content_free = fake.predict(fake.tokenize(CONTENT_FREE))[:, 1].mean()
    assert thresholds["contextual"] == pytest.approx(_odds(content_free))


def test_the_batch_mean_is_the_mean_of_the_log_odds() -> None:
    thresholds = compute_thresholds(FakeClassifier(), np.array([0.2, 0.4]))
    assert thresholds["batch_mean"] == pytest.approx((_odds(0.2) + _odds(0.4)) / 2)


def test_pmi_dc_is_the_odds_after_the_premise_alone(tmp_path: Path) -> None:
    tiny_decoder(tmp_path / "trained" / "tiny")
    classifier = ClassifierLoader().load("tiny")
    scores = score(classifier, TEXTS)
    thresholds = compute_thresholds(classifier, scores.p_positive)
    # " Overall" after an empty text and "Overall" differ by a space alone in this template
    premise = classifier.encode.tokenizer("Overall, this movie is")["input_ids"]
    assert classifier.encode.premise().ids == premise
    assert thresholds["pmi_dc"] == pytest.approx(
        _odds(classifier.predict([classifier.encode.premise()])[0, 1])
    )


def test_a_model_without_a_template_has_no_pmi_dc() -> None:
    assert set(compute_thresholds(FakeClassifier(), np.array([0.5]))) == {
        "contextual",
        "batch_mean",
    }


@given(st.floats(-3, 3), st.lists(st.integers(1, 99), min_size=4, max_size=20, unique=True))
def test_a_threshold_moves_decisions_but_never_the_ranking(
    shift: float, percent: list[int]
) -> None:
    p_positive = np.array(percent) / 100
    references = np.arange(len(percent)) % 2
    log_odds = np.log(p_positive / (1 - p_positive))
    assume(np.abs(log_odds - shift).min() > 1e-9)
    expected = ((log_odds > shift) == references).mean()
    assert confusion_at(shift, references, p_positive).accuracy == pytest.approx(expected)
    assert roc_auc_score(references, log_odds - shift) == roc_auc_score(references, p_positive)


def test_a_certain_answer_has_finite_odds() -> None:
    assert np.isfinite(compute_thresholds(FakeClassifier(), np.array([1.0, 1.0]))["batch_mean"])


@pytest.fixture
def decoder(tmp_path: Path) -> NetworkClassifier:
    tiny_decoder(tmp_path / "trained" / "tiny")
    found = ClassifierLoader().load("tiny")
    assert isinstance(found, NetworkClassifier)
    return found


def test_one_threshold_is_that_of_the_table(decoder: NetworkClassifier) -> None:
    thresholds = compute_thresholds(decoder, np.array([0.5]))
    assert compute_threshold(decoder, "contextual") == thresholds["contextual"]
    assert compute_threshold(decoder, "pmi_dc") == thresholds["pmi_dc"]
    assert compute_threshold(decoder, "none") == 0
    assert compute_threshold(FakeClassifier(), "pmi_dc") is None


@pytest.mark.parametrize("threshold", [-1.5, 0.3, 4.0])
def test_a_moved_line_takes_the_threshold_off_the_log_odds(
    decoder: NetworkClassifier, threshold: float
) -> None:
    before, after = _log_odds(decoder), _log_odds(shift_threshold(decoder, threshold))
    assert after == pytest.approx(before - threshold, abs=1e-4)
    references = np.array([label for _, label in labelled_texts()])
    assert roc_auc_score(references, after) == pytest.approx(roc_auc_score(references, before))


def _log_odds(classifier: Classifier) -> np.ndarray:
    negative, positive = score(classifier, TEXTS).probabilities.T
    return np.log(positive / negative)


@pytest.mark.parametrize("calibration", ["contextual", "pmi_dc"])
def test_a_calibrated_model_says_by_how_much_its_line_was_moved(
    decoder: NetworkClassifier, calibration: Calibration
) -> None:
    threshold = compute_threshold(decoder, calibration)
    assert threshold
    moved = Calibrator().calibrate(decoder, calibration)
    assert _log_odds(moved) == pytest.approx(_log_odds(decoder) - threshold, abs=1e-4)
    assert isinstance(moved, NetworkClassifier)
    assert moved.threshold == pytest.approx(threshold)
    assert moved.method == replace(decoder.method, calibration=calibration)


def test_a_threshold_is_computed_once_and_only_the_latest_are_kept(
    decoder: NetworkClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def count(classifier: NetworkClassifier, calibration: Calibration) -> float:
        read.append(classifier.name)
        return 0.5

    monkeypatch.setattr("sentiment.zero_shot.calibration.compute_threshold", count)
    calibrator = Calibrator()
    for _ in range(3):
        calibrator.calibrate(decoder, "pmi_dc")
    assert read == ["tiny"]
    for i in range(KEPT_THRESHOLDS + 5):
        calibrator.calibrate(replace(decoder, name=f"other-{i}"), "pmi_dc")
    assert len(calibrator._thresholds) == KEPT_THRESHOLDS
    assert calibrator.calibrate(decoder, "none") is decoder
