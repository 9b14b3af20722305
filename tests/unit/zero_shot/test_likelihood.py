"""Zero-shot by prompt and by cloze, against the definition written out with plain transformers."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

from sentiment.errors import CheckpointError, RecipeError
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.models.backbones import load_backbone
from sentiment.models.classifier import NetworkClassifier
from sentiment.models.encoding import move_padding, pad
from sentiment.zero_shot.likelihood import Cloze, Prompt
from sentiment.zero_shot.methods import encode_label_words
from sentiment.zero_shot.templates import TEMPLATES, parse_template
from tests.support.builders import tiny_backbone, tiny_decoder, tiny_masked_lm

TEXTS = ["a great film .", "dull", "the hollow story made my evening . a lovely cast , again"]
PROMPTS = [name for name, template in TEMPLATES.items() if template.kind == "prompt"]


@pytest.fixture(params=["gpt2", "llama"])
def decoder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tiny_decoder(tmp_path / "trained" / "tiny", request.param)


def _continuation(folder: Path, prompt: str, words: str) -> float:
    """log P(words | prompt) as the definition has it: one sequence, one token after the other."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    context = tokenizer(prompt)["input_ids"]
    added = tokenizer(words, add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([context + added])).logits[0].double()
    log_p = logits.log_softmax(-1)
    return float(sum(log_p[len(context) - 1 + i, token] for i, token in enumerate(added)))


@pytest.mark.parametrize("name", PROMPTS)
def test_a_score_is_the_sum_of_the_label_words_log_probabilities(decoder: Path, name: str) -> None:
    template = TEMPLATES[name]
    classifier = ClassifierLoader().load_zero_shot("tiny", template=name)
    assert isinstance(classifier, NetworkClassifier)
    for text in TEXTS:
        expected = [_continuation(decoder, template.fill(text), w) for w in template.label_words]
        ids, mask = pad([classifier.tokenize([text])[0].ids], pad_id=0)
        assert classifier.logits(ids, mask)[0].tolist() == pytest.approx(expected, abs=1e-3)
        odds = torch.tensor(expected).softmax(0)
        assert score(classifier, [text]).p_positive[0] == pytest.approx(float(odds[1]), abs=1e-4)


def test_labels_of_one_token_share_a_forward_pass(
    decoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_backbone("tiny").language_model
    calls: list[int] = []
    forward = model.forward

    def counted(*arguments: object, **named: object) -> object:
        calls.append(1)
        return forward(*arguments, **named)

    monkeypatch.setattr(model, "forward", counted)
    Prompt(model=model, label_ids=([5], [6])).logits(*pad([[7, 8]], pad_id=0))
    assert len(calls) == 1
    Prompt(model=model, label_ids=([5, 6], [6])).logits(*pad([[7, 8]], pad_id=0))
    assert len(calls) == 3


@pytest.mark.parametrize("label_ids", [([40], [41]), ([40, 50, 60], [41, 51])])
def test_neither_padding_nor_the_rest_of_the_batch_changes_a_score(
    decoder: Path, label_ids: tuple[list[int], list[int]]
) -> None:
    prompt = Prompt(model=load_backbone("tiny").language_model, label_ids=label_ids)
    rows = [[7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [20], [30, 31, 32, 33]]
    right = pad(rows, pad_id=0)
    left = move_padding(*right, "left")
    alone = torch.cat([prompt.logits(*pad([row], pad_id=0)) for row in rows])
    for ids, mask in (right, left):
        assert torch.allclose(prompt.logits(ids, mask), alone, atol=1e-4)


@pytest.mark.parametrize("name", ["decoder", "masked"])
def test_an_answer_does_not_depend_on_the_rest_of_the_batch(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "trained" / "tiny"
    tiny_decoder(folder) if name == "decoder" else tiny_masked_lm(folder)
    classifier = ClassifierLoader().load("tiny")
    together = score(classifier, TEXTS).probabilities
    alone = np.stack([score(classifier, [text]).probabilities[0] for text in TEXTS])
    assert together == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize(("around", "gap"), [("{text} It was {mask}.", -1), ("{mask} : {text}", 0)])
def test_a_cloze_reads_the_gap_of_the_template(tmp_path: Path, around: str, gap: int) -> None:
    folder = tiny_masked_lm(tmp_path / "trained" / "tiny")
    model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    text = "a [MASK] film ."  # a text may hold the mask token, too
    template = parse_template(around, "terrible", "great")
    ids = tokenizer(template.fill(text, "[MASK]"), return_tensors="pt")["input_ids"]
    place = int((ids[0] == tokenizer.mask_token_id).nonzero()[gap])
    with torch.inference_mode():
        log_p = model(input_ids=ids).logits[0, place].log_softmax(-1)
    terrible, great = tokenizer.convert_tokens_to_ids(["terrible", "great"])
    expected = torch.stack([log_p[terrible], log_p[great]]).softmax(0)
    asked = ClassifierLoader().load_zero_shot("tiny", template=template)
    assert score(asked, [text]).probabilities[0] == pytest.approx(expected.numpy(), abs=1e-5)


def test_a_label_of_two_tokens_gets_two_gaps(tmp_path: Path) -> None:
    folder = tiny_masked_lm(tmp_path / "trained" / "tiny")
    backbone = load_backbone("tiny")
    mask_id = backbone.tokenizer.mask_token_id
    cloze = Cloze(
        model=backbone.language_model, label_ids=([8, 9], [10]), mask_id=mask_id, pad_id=0
    )
    model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        two = model(input_ids=torch.tensor([[2, 7, mask_id, mask_id, 3]])).logits.log_softmax(-1)
        one = model(input_ids=torch.tensor([[2, 7, mask_id, 3]])).logits.log_softmax(-1)
    expected = [float(two[0, 2, 8] + two[0, 3, 9]), float(one[0, 2, 10])]
    ids, mask = pad([[2, 7, mask_id, 3]], pad_id=0)
    assert cloze.logits(ids, mask)[0].tolist() == pytest.approx(expected, abs=1e-4)


def test_unequal_label_words_are_warned_about(
    decoder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    template = replace(TEMPLATES["review"], label_words=(" a", " unmistakable"))
    with caplog.at_level(logging.WARNING):
        encode_label_words(template, load_backbone("tiny").tokenizer)
    assert "the longer ones are at a disadvantage" in caplog.text


def test_label_words_the_tokenizer_does_not_know_are_refused(tmp_path: Path) -> None:
    tiny_masked_lm(tmp_path / "trained" / "tiny")
    template = replace(TEMPLATES["lm-bff"], label_words=(" terrible", " magnificent"))
    with pytest.raises(CheckpointError, match="cannot write the positive label words"):
        encode_label_words(template, load_backbone("tiny").tokenizer)


def test_the_prompt_and_how_it_was_asked_can_be_read(decoder: Path) -> None:
    classifier = ClassifierLoader().load_zero_shot("tiny", template="holtzman")
    shown = classifier.decode_prompt("A Great film.").removeprefix("<|endoftext|>")
    assert shown == '"a great film." has a tone that is'
    method = classifier.method
    assert (method.kind, method.template) == ("prompt", "holtzman")
    assert method.prompt == TEMPLATES["holtzman"].text
    assert method.label_words == (" negative", " positive")
    assert ClassifierLoader().load("tiny").method.template == "review"


def test_a_long_text_is_cut_and_the_answer_still_comes(decoder: Path) -> None:
    classifier = ClassifierLoader().load("tiny")
    assert isinstance(classifier, NetworkClassifier)
    scores = score(classifier, ["a great film . " * 60])
    label = max(map(len, encode_label_words(TEMPLATES["review"], classifier.tokenizer)))
    assert scores.tokens_read[0] + label - 1 == 160
    assert scores.tokens_total[0] > 200
    assert classifier.decode_prompt("a great film . " * 60).endswith("overall, this movie is")


def test_the_language_model_shares_the_backbones_weights(decoder: Path) -> None:
    backbone = load_backbone("tiny")
    own = {p.data_ptr() for p in backbone.model.parameters()}
    assert {p.data_ptr() for p in backbone.language_model.parameters()} == own


def test_a_head_that_was_never_pretrained_is_refused(tmp_path: Path) -> None:
    folder = tiny_backbone(tmp_path / "trained" / "tiny")
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace("DistilBertModel", "DistilBertForMaskedLM"))
    (folder / "backbone.json").unlink()
    with pytest.raises(CheckpointError, match="of its language model head are missing"):
        ClassifierLoader().load("tiny")


def test_a_template_for_the_other_kind_is_refused(tmp_path: Path) -> None:
    tiny_masked_lm(tmp_path / "trained" / "masked")
    tiny_backbone(tmp_path / "trained" / "similar")
    with pytest.raises(RecipeError, match="'review' is not a cloze"):
        ClassifierLoader().load_zero_shot("masked", template="review")
    with pytest.raises(RecipeError, match="'review' is not a cloze"):
        ClassifierLoader().load_zero_shot("masked", template=TEMPLATES["review"])
    with pytest.raises(RecipeError, match="answers by similarity, without a template"):
        ClassifierLoader().load_zero_shot("similar", template="review")
