from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.pretraining.save import LabelBias, choose_template, measure_label_bias
from sentiment.zero_shot.templates import DEFAULT_TEMPLATES
from tests.support.builders import labelled_texts, tiny_decoder


def test_a_small_lean_of_answers_that_hardly_differ_is_a_large_one() -> None:
    biases = {
        "flat": LabelBias(0.1, 0.01),
        "lively": LabelBias(-0.4, 0.8),
        "far": LabelBias(2.0, 1.0),
    }
    assert [round(bias.standardized, 2) for bias in biases.values()] == [10, -0.5, 2]
    assert choose_template(biases) == "lively"
    assert choose_template({"dead": LabelBias(0.0, 0.0), **biases}) == "lively"


def test_without_an_answer_the_usual_template_is_taken() -> None:
    assert choose_template({}) == DEFAULT_TEMPLATES["prompt"]


def test_the_answers_are_those_of_the_network(tmp_path: Path) -> None:
    folder = tiny_decoder(tmp_path / "tiny")
    texts = [text for text, _ in labelled_texts()[:6]]
    p = score(ClassifierLoader().load_zero_shot(str(folder), template="zhao"), texts).p_positive
    odds = np.log(p / (1 - p))
    found = measure_label_bias(folder, texts)
    assert set(found) == {"review", "movie", "superlative", "harness", "zhao", "holtzman"}
    assert found["zhao"].mean == pytest.approx(odds.mean())
    assert found["zhao"].spread == pytest.approx(odds.std())
