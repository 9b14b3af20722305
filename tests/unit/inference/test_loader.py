from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from transformers import (
    GPT2Config,
    GPT2ForSequenceClassification,
)

from sentiment.errors import CheckpointError
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.labels import PROBES
from tests.support.builders import SPECIAL, VOCABULARY, tiny_backbone, tiny_tokenizer, tiny_whole


def test_reversed_labels_give_the_same_answer(tmp_path: Path) -> None:
    straight = tiny_whole(tmp_path / "a", {0: "NEGATIVE", 1: "POSITIVE"})
    turned = tiny_whole(tmp_path / "b", {0: "POSITIVE", 1: "NEGATIVE"}, flip=True)
    loader = ClassifierLoader()
    a, b = (score(loader.load(str(f)), ["a great film ."]).p_positive for f in (straight, turned))
    assert a == pytest.approx(b, abs=1e-6)


def test_labels_without_names_are_settled_by_the_probes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tiny_whole(tmp_path / "a", {0: "LABEL_0", 1: "LABEL_1"})
    p = score(ClassifierLoader().load(str(folder)), list(PROBES)).p_positive
    assert p[0] < p[1]
    assert "probe sentences say: LABEL_0 = " in caplog.text


def test_labels_nobody_can_settle_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sentiment.models.readout.PROBES", ("a film", "a film"))
    folder = tiny_whole(tmp_path / "a", {0: "LABEL_0", 1: "LABEL_1"})
    with pytest.raises(CheckpointError, match="do not tell which of them is positive"):
        ClassifierLoader().load(str(folder))


def test_a_classifier_is_loaded_once(backbone_folder: Path) -> None:
    loader = ClassifierLoader()
    assert loader.load("tiny") is loader.load("tiny")


def test_long_texts_are_cut_and_say_so(backbone_folder: Path) -> None:
    scores = score(ClassifierLoader().load("tiny"), ["a " * 100, "a"])
    assert scores.tokens_read.tolist() == [32, 3]
    assert scores.tokens_total.tolist() == [102, 3]


def test_threads_get_what_one_alone_gets(backbone_folder: Path) -> None:
    classifier = ClassifierLoader().load("tiny")
    texts = [["a film"], ["a " * 100], ["the dull story"] * 3]
    alone = [classifier.tokenize(batch) for batch in texts]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(40):
            assert list(pool.map(classifier.tokenize, texts)) == alone


def test_a_cut_text_keeps_its_special_tokens(backbone_folder: Path) -> None:
    classifier = ClassifierLoader().load("tiny")
    (cut,) = classifier.tokenize(["a " * 100])
    expected = classifier.tokenizer("a " * 100, truncation=True, max_length=32)["input_ids"]
    assert cut.ids == expected


def test_a_checkpoint_trained_anew_is_loaded_anew(backbone_folder: Path) -> None:
    loader = ClassifierLoader()
    before = score(loader.load("tiny"), ["a great film ."]).p_positive
    shutil.rmtree(backbone_folder)
    tiny_backbone(backbone_folder, seed=9)
    assert score(loader.load("tiny"), ["a great film ."]).p_positive != pytest.approx(before)


def test_a_trained_checkpoint_is_no_zero_shot_model(tmp_path: Path) -> None:
    folder = tiny_whole(tmp_path / "a", {0: "NEGATIVE", 1: "POSITIVE"})
    with pytest.raises(CheckpointError, match="names no zero_shot method"):
        ClassifierLoader().load_zero_shot(str(folder))


def test_a_decoder_reads_every_text_of_a_batch_to_its_end(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = GPT2ForSequenceClassification(
        GPT2Config(
            vocab_size=VOCABULARY,
            n_embd=16,
            n_layer=1,
            n_head=2,
            n_positions=32,
            initializer_range=0.5,
            pad_token_id=len(SPECIAL),  # another id than the tokenizer's
            id2label={0: "NEGATIVE", 1: "POSITIVE"},
        )
    )
    network.save_pretrained(tmp_path / "gpt2")
    tiny_tokenizer(tmp_path / "gpt2")
    classifier = ClassifierLoader().load(str(tmp_path / "gpt2"))
    texts = ["a great film .", "a"]
    alone = [score(classifier, [text]).p_positive[0] for text in texts]
    assert score(classifier, texts).p_positive == pytest.approx(alone, abs=1e-6)


def test_probabilities_add_up_to_one(backbone_folder: Path) -> None:
    probabilities = score(ClassifierLoader().load("tiny"), ["a great film ."]).probabilities
    assert probabilities.sum(axis=1) == pytest.approx([1.0])


def test_a_checkpoint_that_names_no_backbone_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "adapter"
    folder.mkdir()
    for name, content in (("config.json", "{}"), ("run.json", "{}"), ("head.safetensors", "")):
        (folder / name).write_text(content)
    with pytest.raises(CheckpointError, match="does not say which backbone"):
        ClassifierLoader().load(str(folder))


def test_the_hub_is_asked_about_an_id_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = tiny_whole(tmp_path / "snapshots" / ("a" * 40), {0: "NEGATIVE", 1: "POSITIVE"})
    asked: list[str] = []

    def resolve(name: str, **_settings: object) -> Path:
        asked.append(name)
        return snapshot

    monkeypatch.setattr("sentiment.inference.loader.resolve_model", resolve)
    loader = ClassifierLoader()
    assert loader.load("owner/name") is loader.load("owner/name")
    assert asked == ["owner/name"]
