from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from sentiment.calibration import CONTENT_FREE, compute_thresholds
from sentiment.loading import ClassifierLoader
from sentiment.scoring import score
from sentiment.thresholds import count_at
from tests.builders import FakeClassifier, labelled_texts, tiny_decoder

TEXTS = [text for text, _ in labelled_texts()]


def _odds(p: float) -> float:
    return float(np.log(p / (1 - p)))


def test_contextual_calibration_is_the_odds_of_texts_without_content() -> None:
    fake = FakeClassifier()
    thresholds = compute_thresholds(fake, np.array([0.2, 0.4]))
    content_free = fake.predict(fake.tokenize(CONTENT_FREE))[:, 1].mean()
    assert thresholds["contextual"] == pytest.approx(_odds(content_free))


def test_the_batch_mean_is_the_odds_of_the_mean_probability() -> None:
    thresholds = compute_thresholds(FakeClassifier(), np.array([0.2, 0.4]))
    assert thresholds["batch_mean"] == pytest.approx(_odds(0.3))


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
    assert count_at(shift, references, p_positive).accuracy == pytest.approx(expected)
    assert roc_auc_score(references, log_odds - shift) == roc_auc_score(references, p_positive)


def test_a_certain_answer_has_finite_odds() -> None:
    assert np.isfinite(compute_thresholds(FakeClassifier(), np.array([1.0, 1.0]))["batch_mean"])
