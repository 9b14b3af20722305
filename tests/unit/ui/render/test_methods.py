"""How a prediction came about, in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import Prediction, failed_prediction
from sentiment.ui.render.methods import describe_prediction
from sentiment.zero_shot.demonstrations import draw_demonstrations, parse_demonstrations
from sentiment.zero_shot.methods import method_of
from sentiment.zero_shot.templates import TEMPLATES

BACKBONE = ModelInfo("net", Path("nowhere"), "zero-shot", "net", "none")
TUNED = ModelInfo("net-lora", Path("nowhere"), "fine-tuned", "net", "lora", "sst2", 1000, 10)
PROMPT = method_of(TEMPLATES["zhao"])
EDITED = parse_demonstrations("+ fine")
SIMILARITY = Method(kind="similarity", label_words=("It was bad.", "It was good."))


def _words(model: ModelInfo, method: Method, **facts: object) -> str:
    prediction = Prediction(model.name, model.kind, "net", "positive", 0.1, 0.9, method=method)
    return describe_prediction(model, replace(prediction, **facts))


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (PROMPT, "prompt, “Review: … Sentiment:” Positive / Negative"),
        (method_of(TEMPLATES["lm-bff"]), "cloze, “… It was ___.” great / terrible"),
        (
            method_of(TEMPLATES["zhao"], draw_demonstrations(4, seed=2)),
            "prompt, “Review: … Sentiment:” Positive / Negative; 4-shot, first-lesson, seed 2",
        ),
        (
            method_of(TEMPLATES["zhao"], EDITED),
            f"prompt, “Review: … Sentiment:” Positive / Negative; 1-shot, edited "
            f"({EDITED.digest[:8]})",
        ),
        (SIMILARITY, "similarity, to “It was bad.” and “It was good.”"),
    ],
)
def test_a_zero_shot_model_shows_its_prompt(method: Method, words: str) -> None:
    assert _words(BACKBONE, method) == words


def test_a_moved_threshold_is_said_with_its_sign() -> None:
    calibrated = replace(PROMPT, calibration="pmi_dc")
    assert _words(BACKBONE, calibrated, threshold=-0.314).endswith(
        "; decision threshold shifted by −0.31 log-odds (PMI-DC)"
    )


@pytest.mark.parametrize(
    ("method", "ignored", "words"),
    [
        (PROMPT, ("template",), "template ignored: it is for another kind of model"),
        (PROMPT, ("chat",), "template ignored: its tokenizer has no usable chat template"),
        (SIMILARITY, ("template",), "template ignored: the method uses none"),
        (SIMILARITY, ("shots",), "demonstrations ignored: the method takes none"),
        (SIMILARITY, ("calibration",), "not calibrated: PMI-DC needs a template"),
    ],
)
def test_a_setting_that_a_model_cannot_follow_is_said(
    method: Method, ignored: tuple[str, ...], words: str
) -> None:
    assert _words(BACKBONE, method, ignored=ignored).endswith(f"; {words}")


def test_label_words_of_unequal_length_are_said_to_be() -> None:
    own = replace(PROMPT, template="own")
    said = "(1 and 3 tokens: the longer is at a disadvantage)"
    assert said in _words(BACKBONE, own, label_tokens=(3, 1))
    assert "tokens" not in _words(BACKBONE, own, label_tokens=(2, 2))
    assert "tokens" not in _words(BACKBONE, PROMPT, label_tokens=(3, 1))


def test_a_fine_tuned_model_says_what_was_trained_and_on_what() -> None:
    lora = Method(kind="lora")
    assert _words(TUNED, lora) == "LoRA, 1.00 % of parameters trained on SST-2"
    assert _words(replace(TUNED, started_from="first"), lora).endswith(
        " on SST-2, starting from first"
    )
    assert _words(replace(TUNED, dataset=""), lora) == "trained LoRA"
    baseline = replace(TUNED, kind="baseline")
    assert _words(baseline, Method(kind="tfidf")) == (
        "TF-IDF + logistic regression, trained on SST-2"
    )


def test_a_model_that_failed_has_no_method() -> None:
    assert describe_prediction(TUNED, failed_prediction(TUNED, "no memory")) == ""
