"""Zero-shot models asked as a visitor wishes: with other words, with another line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentiment.inference.loader import ClassifierLoader
from sentiment.method import Method
from sentiment.models.classifier import NetworkClassifier
from sentiment.probabilities import log_odds
from sentiment.serving.answers import Prediction
from sentiment.serving.lineup import LineUp
from sentiment.serving.predictor import LocalPredictor
from sentiment.zero_shot.demonstrations import parse_demonstrations
from sentiment.zero_shot.templates import (
    DEFAULT_OPTIONS,
    TEMPLATES,
    PromptOptions,
    Template,
    parse_options,
    parse_template,
)
from tests.support.builders import tiny_backbone, tiny_decoder, tiny_masked_lm

TEXT = "a lovely film ."
CLOZE = parse_template("{text} it was {mask} .", "terrible", "wonderful")
PROMPT = parse_template("{text} So it was", "dull", "great")


@pytest.fixture
def predict(tmp_path: Path) -> Callable[[str, PromptOptions], Prediction]:
    """What one of three tiny models says of `TEXT`, asked as wished."""
    folder = tmp_path / "trained"
    tiny_decoder(folder / "causal")
    card = {"name": "masked", "zero_shot": "cloze", "parameters": 1}
    (tiny_masked_lm(folder / "masked") / "backbone.json").write_text(json.dumps(card))
    tiny_backbone(folder / "similar")
    lineup = LineUp()
    models = {model.name: model for model in lineup.models()}
    return lambda name, asking: lineup.predict(models[name], TEXT, asking)


def test_a_template_asks_the_models_it_serves(
    predict: Callable[[str, PromptOptions], Prediction],
) -> None:
    causal = predict("causal", PromptOptions(template=PROMPT))
    assert causal.prompt == f"{TEXT} so it was"
    assert causal.method == Method(
        kind="prompt", template="own", prompt=PROMPT.text, label_words=(" dull", " great")
    )
    assert causal.p_positive != predict("causal", DEFAULT_OPTIONS).p_positive
    masked = predict("masked", PromptOptions(template=CLOZE))
    assert "it was [MASK]." in masked.prompt
    assert masked.method == Method(
        kind="cloze", template="own", prompt=CLOZE.text, label_words=(" terrible", " wonderful")
    )
    assert causal.ignored == masked.ignored == ()


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("causal", CLOZE),
        ("causal", TEMPLATES["lm-bff"]),
        ("masked", PROMPT),
        ("similar", PROMPT),
        ("similar", CLOZE),
    ],
)
def test_a_model_that_a_template_does_not_serve_is_asked_its_own_way_and_says_so(
    predict: Callable[[str, PromptOptions], Prediction], name: str, template: Template
) -> None:
    own, found = predict(name, DEFAULT_OPTIONS), predict(name, PromptOptions(template=template))
    assert not found.error
    assert (found.p_positive, found.prompt) == (own.p_positive, own.prompt)
    assert found.method == own.method
    assert (own.ignored, found.ignored) == ((), ("template",))


SHOTS = parse_demonstrations("+ a great film .\n- dull")


def test_demonstrations_are_shown_to_models_that_answer_by_prompt(
    predict: Callable[[str, PromptOptions], Prediction],
) -> None:
    own = predict("causal", DEFAULT_OPTIONS)
    for template in (PROMPT, None):
        found = predict("causal", PromptOptions(template=template, demonstrations=SHOTS))
        assert (found.error, found.ignored, found.kind) == ("", (), "few-shot")
        assert found.prompt.startswith("a great film .")
        assert found.method
        assert (found.method.shots, found.method.shots_digest) == (2, SHOTS.digest)
        assert found.p_positive != own.p_positive
    assert own.kind == "zero-shot"
    moved = predict("causal", parse_options(PROMPT, "contextual", SHOTS))
    assert moved.method
    assert (moved.method.calibration, moved.method.shots) == ("contextual", 2)
    assert moved.threshold


@pytest.mark.parametrize(
    ("name", "template", "ignored"),
    [
        ("masked", None, ("shots",)),
        ("masked", CLOZE, ("shots",)),
        ("masked", PROMPT, ("template", "shots")),
        ("similar", None, ("shots",)),
        ("causal", CLOZE, ("template",)),
    ],
)
def test_a_model_that_takes_no_demonstrations_or_another_template_says_so(
    predict: Callable[[str, PromptOptions], Prediction],
    name: str,
    template: Template | None,
    ignored: tuple[str, ...],
) -> None:
    found = predict(name, PromptOptions(template=template, demonstrations=SHOTS))
    assert (found.error, found.ignored) == ("", ignored)
    assert found.kind == ("few-shot" if name == "causal" else "zero-shot")
    if name != "causal":
        assert found.p_positive == predict(name, PromptOptions(template=template)).p_positive


def test_demonstrations_that_do_not_fit_are_an_error_of_that_model_alone(
    predict: Callable[[str, PromptOptions], Prediction],
) -> None:
    long = parse_demonstrations("+ a great film .\n" * 20)
    found = predict("causal", PromptOptions(demonstrations=long))
    assert "20 demonstrations and the template 'review' take" in found.error
    assert not predict("similar", PromptOptions(demonstrations=long)).error


@pytest.mark.parametrize("name", ["causal", "masked", "similar"])
def test_none_is_what_the_models_answer_anyway(
    predict: Callable[[str, PromptOptions], Prediction], name: str
) -> None:
    own, found = predict(name, DEFAULT_OPTIONS), predict(name, parse_options(None, "none"))
    assert (found.p_positive, found.method) == (own.p_positive, own.method)
    assert (own.threshold, own.ignored) == (0.0, ())


def test_a_sentence_encoder_is_calibrated_but_not_by_a_template(
    predict: Callable[[str, PromptOptions], Prediction],
) -> None:
    own = predict("similar", DEFAULT_OPTIONS)
    moved = predict("similar", parse_options(None, "contextual"))
    assert own.method
    assert moved.method == replace(own.method, calibration="contextual")
    assert moved.threshold
    assert moved.p_positive != own.p_positive
    stays = predict("similar", parse_options(None, "pmi_dc"))
    assert (stays.method, stays.threshold) == (own.method, 0.0)
    assert stays.ignored == ("calibration",)
    assert stays.p_positive == own.p_positive


def test_trained_models_are_neither_asked_otherwise_nor_calibrated() -> None:
    lineup = LineUp()
    for model in lineup.select(["gpt2-mini-sst2-lora", "tfidf-sst2"]):
        own = lineup.predict(model, TEXT)
        found = lineup.predict(
            model, TEXT, PromptOptions(template=PROMPT, calibration="contextual")
        )
        assert (found.p_positive, found.method) == (own.p_positive, own.method)


def test_known_words_written_by_a_visitor_give_the_answer_of_the_known_template() -> None:
    known = TEMPLATES["movie"]
    lineup = LineUp()
    (model,) = lineup.select(["gpt2-mini"])
    own = parse_template(known.text, "bad", "good")
    found, expected = (lineup.predict(model, TEXT, PromptOptions(template=t)) for t in (own, known))
    assert found.p_positive == pytest.approx(expected.p_positive, abs=1e-6)
    moved = lineup.predict(model, TEXT, PromptOptions(template=own, calibration="pmi_dc"))
    shift = log_odds(np.array([found.p_positive, moved.p_positive]))
    assert moved.threshold == pytest.approx(shift[0] - shift[1], abs=1e-3)
    assert moved.method
    assert moved.method.calibration == "pmi_dc"


def test_a_model_is_explained_as_it_is_asked() -> None:
    lineup = LineUp()
    (model,) = lineup.select(["gpt2-mini"])
    asking = PromptOptions(template=PROMPT, calibration="contextual")
    found = lineup.explain(model, TEXT, "gradient", asking).attribution
    assert found
    answered = log_odds(np.array([lineup.predict(model, TEXT, asking).p_positive]))
    assert found.log_odds == pytest.approx(float(answered[0]), abs=1e-4)
    own = lineup.explain(model, TEXT, "gradient").attribution
    assert own
    assert found.scores != own.scores


def test_templates_without_end_are_not_kept(tmp_path: Path) -> None:
    tiny_decoder(tmp_path / "trained" / "causal")
    loader = ClassifierLoader()
    predictor = LocalPredictor(loader)
    (model,) = LineUp().select(["causal"])
    for i in range(20):
        template = parse_template(f"{{text}} word{i} was", "dull", "great")
        assert not predictor.predict(model, TEXT, PromptOptions(template=template)).error
    for name in TEMPLATES:
        predictor.predict(model, TEXT, parse_options(name))
    assert loader.loaded_models() == ["causal"]
    assert len(loader._residents) == 1
    networks = [loader.load_zero_shot("causal", template=t) for t in (PROMPT, TEMPLATES["zhao"])]
    own = loader.load("causal")
    for network in networks:
        assert isinstance(network, NetworkClassifier)
        assert isinstance(own, NetworkClassifier)
        assert network.embedding is own.embedding


def test_a_template_too_long_for_the_network_is_one_sentence(
    predict: Callable[[str, PromptOptions], Prediction],
) -> None:
    long = parse_template("{text}" + "🎬" * 100, "dull", "great")
    for calibration in ("none", "contextual", "pmi_dc"):
        found = predict("causal", parse_options(long, calibration))
        assert "The template 'own' alone fills the " in found.error


def test_the_tokens_of_the_label_words_are_counted(
    predict: Callable[[str, PromptOptions], Prediction],
) -> None:
    unequal = parse_template("{text} So it was", "dull and dull again", "great")
    found = predict("causal", PromptOptions(template=unequal))
    negative, positive = found.label_tokens
    assert negative > positive > 0


def test_words_that_a_tokenizer_cannot_write_are_one_sentence(
    predict: Callable[[str, PromptOptions], Prediction],
) -> None:
    unknown = parse_template("{text} it was {mask} .", "terrible", "zyxwvut")
    found = predict("masked", PromptOptions(template=unknown))
    assert found.error == (
        "The tokenizer cannot write the positive label words of the template 'own'. Choose "
        "another template."
    )
