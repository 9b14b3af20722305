"""Zero-shot by entailment is what transformers' own zero-shot pipeline computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, BertTokenizer, DistilBertTokenizer, pipeline

from sentiment.errors import InputError
from sentiment.inference.attribution import explain
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.inspection import ModelAddress, inspect_model
from sentiment.serving.predictor import LocalPredictor
from sentiment.zero_shot.templates import (
    DEFAULT_TEMPLATES,
    TEMPLATES,
    parse_options,
    parse_template,
)
from tests.support.builders import SPECIAL, WORDS
from tests.support.published import TEXTS, write_classifier

HYPOTHESES = {name: t for name, t in TEMPLATES.items() if t.kind == "entailment"}
SAID = " ".join(f"{t.premise} {' '.join(t.label_words)}" for t in HYPOTHESES.values())
VOCABULARY = [*WORDS, *sorted({*SAID.lower().replace(".", " . ").split()} - {*WORDS, "{label}"})]
ORDERS = {
    "mnli": ["contradiction", "neutral", "entailment"],
    "turned": ["ENTAILMENT", "NEUTRAL", "CONTRADICTION"],
    "two": ["entailment", "not_entailment"],
}


def _write(folder: Path, architecture: str, names: list[str]) -> Path:
    vocabulary = {word: i for i, word in enumerate((*SPECIAL, *VOCABULARY))}
    write_classifier(folder, architecture, dict(enumerate(names)), vocab_size=len(vocabulary))
    family: Any = BertTokenizer if architecture == "bert" else DistilBertTokenizer
    family(vocab=vocabulary, model_max_length=32).save_pretrained(folder)
    return folder


def _pipeline_scores(folder: Path, hypothesis: str, labels: list[str]) -> list[float]:
    classify = pipeline("zero-shot-classification", model=str(folder), dtype=torch.float32)
    assert isinstance(classify.tokenizer, type(AutoTokenizer.from_pretrained(folder)))
    found = classify(TEXTS, labels, hypothesis_template=hypothesis, multi_label=False)
    return [dict(zip(own["labels"], own["scores"], strict=True))[labels[1]] for own in found]


@pytest.mark.parametrize("architecture", ["bert", "roberta", "bart", "deberta-v2"])
@pytest.mark.parametrize("names", ORDERS.values(), ids=ORDERS)
def test_it_scores_as_the_pipeline_of_transformers(
    tmp_path: Path, architecture: str, names: list[str]
) -> None:
    folder = _write(tmp_path / "mine", architecture, names)
    classifier = ClassifierLoader("cpu").load(str(folder))
    assert (classifier.kind, classifier.method.kind) == ("zero-shot", "entailment")
    expected = _pipeline_scores(
        folder, "The sentiment of this text is {}.", ["negative", "positive"]
    )
    assert score(classifier, TEXTS).p_positive == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", HYPOTHESES)
def test_each_template_is_a_hypothesis(tmp_path: Path, name: str) -> None:
    folder = _write(tmp_path / "mine", "bert", ORDERS["mnli"])
    template = HYPOTHESES[name]
    words = [own.strip() for own in template.label_words]
    expected = _pipeline_scores(folder, template.premise.replace("{label}", "{}"), words)
    classifier = ClassifierLoader("cpu").load_zero_shot(str(folder), template=name)
    assert score(classifier, TEXTS).p_positive == pytest.approx(expected, abs=1e-6)
    assert template.premise.replace("{label}", words[1]).lower().split()[0] in (
        classifier.decode_prompt(TEXTS[0])
    )


def test_there_are_three_hypotheses_and_one_of_them_is_the_default() -> None:
    assert len(HYPOTHESES) == 3
    assert HYPOTHESES[DEFAULT_TEMPLATES["entailment"]].premise == (
        "The sentiment of this text is {label}."
    )


def test_a_long_text_is_cut_and_the_hypothesis_is_not(tmp_path: Path) -> None:
    folder = _write(tmp_path / "mine", "bert", ORDERS["mnli"])
    classifier = ClassifierLoader("cpu").load(str(folder))
    (read,) = classifier.tokenize(["a great film . " * 20])
    assert len(read.ids) == 32 < read.total
    assert "the sentiment of this text is positive." in classifier.decode_prompt("a " * 90)


def test_it_joins_the_page_as_a_zero_shot_model_with_its_settings(tmp_path: Path) -> None:
    folder = _write(tmp_path / "mine", "bert", ORDERS["mnli"])
    seen = inspect_model(lambda _: None, ModelAddress(str(folder), is_folder=True), ())
    assert (seen.info.kind, seen.method.kind, seen.labels) == ("zero-shot", "entailment", ())
    info = ModelInfo("mine", folder, "zero-shot", "mine", location=str(folder))
    own = parse_template("{text} This text is {label}.", "terrible", "wonderful")
    predictor = LocalPredictor()
    found = predictor.predict(info, TEXTS[0], parse_options(own))
    assert found.error == ""
    assert found.method is not None
    assert found.method.prompt == own.text
    assert found.ignored == ()
    assert predictor.predict(info, TEXTS[0], parse_options("zhao")).ignored == ("template",)
    moved = predictor.predict(info, TEXTS[0], parse_options(None, "contextual"))
    assert moved.threshold != 0


@pytest.mark.parametrize("method", ["occlusion", "gradient"])
def test_its_predictions_are_explained(tmp_path: Path, method: Any) -> None:
    folder = _write(tmp_path / "mine", "bert", ORDERS["mnli"])
    found = explain(ClassifierLoader("cpu").load(str(folder)), TEXTS[1], method=method)
    assert any(found.scores)


@pytest.mark.parametrize("text", ["{text} {label} {label}", "{text} is {mask} {label}"])
def test_a_hypothesis_names_its_label_once(text: str) -> None:
    with pytest.raises(InputError, match="once at most"):
        parse_template(text, "bad", "good")
