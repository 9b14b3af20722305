from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import DistilBertConfig, DistilBertForSequenceClassification

from sentiment.classifier import ClassifierLoader
from sentiment.errors import CheckpointError
from sentiment.labels import PROBES
from sentiment.scoring import score
from tests.builders import SPECIAL, WORDS, tiny_tokenizer


def _whole(folder: Path, id2label: dict[int, str], *, flip: bool = False, labels: int = 2) -> Path:
    """A complete classifier of random weights; `flip` swaps its two outputs."""
    torch.manual_seed(5)
    network = DistilBertForSequenceClassification(
        DistilBertConfig(
            vocab_size=len(SPECIAL) + len(WORDS),
            dim=16,
            n_layers=1,
            n_heads=4,
            hidden_dim=32,
            max_position_embeddings=32,
            initializer_range=0.5,
            num_labels=labels,
            id2label=id2label,
        )
    )
    if flip:
        with torch.no_grad():
            network.classifier.weight.copy_(network.classifier.weight.flip(0))
            network.classifier.bias.copy_(network.classifier.bias.flip(0))
    network.save_pretrained(folder)
    tiny_tokenizer(folder)
    return folder


def test_reversed_labels_give_the_same_answer(tmp_path: Path) -> None:
    straight = _whole(tmp_path / "a", {0: "NEGATIVE", 1: "POSITIVE"})
    turned = _whole(tmp_path / "b", {0: "POSITIVE", 1: "NEGATIVE"}, flip=True)
    loader = ClassifierLoader()
    a, b = (score(loader.load(str(f)), ["a great film ."]).p_positive for f in (straight, turned))
    assert a == pytest.approx(b, abs=1e-6)


def test_labels_without_names_are_settled_by_the_probes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = _whole(tmp_path / "a", {0: "LABEL_0", 1: "LABEL_1"})
    p = score(ClassifierLoader().load(str(folder)), list(PROBES)).p_positive
    assert p[0] < p[1]
    assert "two probe sentences say" in caplog.text


def test_labels_nobody_can_settle_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sentiment.classifier.PROBES", ("a film", "a film"))
    folder = _whole(tmp_path / "a", {0: "LABEL_0", 1: "LABEL_1"})
    with pytest.raises(CheckpointError, match="answers both probe sentences alike"):
        ClassifierLoader().load(str(folder))


def test_three_labels_are_refused(tmp_path: Path) -> None:
    folder = _whole(tmp_path / "a", {0: "neg", 1: "neutral", 2: "pos"}, labels=3)
    with pytest.raises(CheckpointError, match="has 3 labels"):
        ClassifierLoader().load(str(folder))


def test_a_classifier_is_loaded_once(backbone_folder: Path) -> None:
    loader = ClassifierLoader()
    assert loader.load("tiny") is loader.load("tiny")


def test_long_texts_are_cut_and_say_so(backbone_folder: Path) -> None:
    scores = score(ClassifierLoader().load("tiny"), ["a " * 100, "a"])
    assert scores.tokens_read.tolist() == [32, 3]
    assert scores.tokens_total.tolist() == [102, 3]


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
