"""The int8 engine: built once, proved on this machine, refused where it does not prove itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sentiment import int8, int8_export
from sentiment.__main__ import main
from sentiment.backbones import load_backbone
from sentiment.classifier import NetworkClassifier
from sentiment.encoding import Tokenized, pad
from sentiment.errors import InputError
from sentiment.int8 import Proof, build, check_set, prove, quantize
from sentiment.labels import LABELS
from sentiment.loading import ClassifierLoader
from sentiment.scoring import score
from sentiment.tabular import read_csv
from sentiment.tuning import build_network
from tests.builders import FakeClassifier, tiny_backbone, tiny_decoder, tiny_whole

GOOD = Proof(746, 7, 0.8, 0.796, 2.0, "p")
NAMES = ["distilbert-mini-sst2-lora", "gpt2-mini-sst2-lora", "llama-mini-sst2-head"]


@pytest.fixture(autouse=True)
def _as_if_it_could(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processors without the instruction compute the same, slower."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_vnni": True})


def _load(name: str) -> NetworkClassifier:
    classifier = ClassifierLoader("cpu").load(name)
    assert isinstance(classifier, NetworkClassifier)
    return classifier


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, ""),
        ({"flips": 8}, r"changes 8 of 746 labels of the check set \(1.1 %"),
        ({"int8_accuracy": 0.794}, "loses 0.6 points"),
        ({"times_faster": 0.9}, r"not faster on this processor \(0.90 ×\)"),
    ],
)
def test_a_proof_says_what_is_wrong(change: dict[str, float], why: str) -> None:
    found = replace(GOOD, **change).problem
    assert re.search(why, found) if why else found == ""


def test_the_check_set_is_labelled_and_has_long_texts() -> None:
    examples = check_set()
    assert set(examples.labels) == {0, 1}
    lengths = [len(text) for text in examples.texts]
    assert len(lengths) > 600
    assert sum(length > 800 for length in lengths) > 20


class _Contrary(FakeClassifier):
    """Says the opposite of every second text."""

    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        answers = super().predict(batch)
        answers[::2] = answers[::2, ::-1]
        return answers


def test_a_proof_counts_labels_that_differ() -> None:
    proof = prove(FakeClassifier(), FakeClassifier())
    assert (proof.n, proof.flips) == (len(check_set()), 0)
    assert proof.exact_accuracy == proof.int8_accuracy
    proof = prove(FakeClassifier(), _Contrary())
    assert proof.flips > 0.4 * proof.n
    assert "changes" in proof.problem


@pytest.mark.parametrize("make", [tiny_backbone, lambda f: tiny_decoder(f, "gpt2")])
def test_smoothing_changes_no_answer(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    backbone = load_backbone(str(make(tmp_path / "tiny")))
    torch.manual_seed(0)
    network = build_network(backbone)
    texts = [Tokenized(ids, len(ids)) for ids in ([3, 4, 5, 6], [7, 8])]
    ids, mask = pad([text.ids for text in texts], pad_id=network.config.pad_token_id)
    alone = int8_export.merge(network)
    before = {name: own.clone() for name, own in network.named_parameters()}
    int8_export.smooth(alone, texts, pad_id=network.config.pad_token_id)
    with torch.no_grad():
        expected = network(input_ids=ids, attention_mask=mask).logits
        found = alone(input_ids=ids, attention_mask=mask).logits
    assert torch.allclose(found, expected, atol=1e-4)
    assert any(type(own).__name__ == "_Smoothed" for own in alone.modules())
    assert all(torch.equal(own, before[name]) for name, own in network.named_parameters())


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_model_in_int8_answers_nearly_the_same(name: str) -> None:
    exact = _load(name)
    fast, folder = build(exact)
    texts = check_set().texts[::6]
    one, other = score(exact, texts), score(fast, texts)
    assert (one.predictions == other.predictions).mean() > 0.95
    difference = np.abs(one.p_positive - other.p_positive)
    assert 0 < difference.max() < 0.35
    assert difference.mean() < 0.03
    assert fast.method.endswith("; int8")
    sizes = [path.stat().st_size for path in folder.glob("model.onnx*")]
    whole = sum(own.numel() for own in exact.network.parameters()) * 4
    assert sum(sizes) < 0.95 * whole
    assert build(exact)[1] == folder


def test_what_was_proved_is_kept_for_this_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = _load(str(tiny_whole(tmp_path / "tiny", dict(enumerate(LABELS)))))
    proved: list[str] = []

    def watch(one: NetworkClassifier, other: NetworkClassifier) -> Proof:
        proved.append(other.method)
        return replace(GOOD, processor=str(int8.describe_hardware()["processor"]))

    monkeypatch.setattr(int8, "prove", watch)
    assert quantize(exact)[1].flips == 7
    assert quantize(exact)[1].flips == 7
    assert len(proved) == 1
    monkeypatch.setattr(int8, "describe_hardware", lambda: {"processor": "another"})
    monkeypatch.setattr(int8, "prove", lambda one, other: replace(GOOD, flips=100))
    with pytest.raises(InputError, match="refused"):
        quantize(exact)
    _, folder = build(exact)
    assert json.loads((folder / "proof.json").read_text())["flips"] == 100


def test_what_was_damaged_is_built_again(tmp_path: Path) -> None:
    exact = _load(str(tiny_whole(tmp_path / "tiny", dict(enumerate(LABELS)))))
    _, folder = build(exact)
    (folder / "model.onnx").write_bytes(b"damaged")
    fast, again = build(exact)
    assert again == folder
    assert len(score(fast, ["a great film"])) == 1


def test_what_cannot_be_built_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(int8, "export", fail)
    with pytest.raises(InputError, match=r"it cannot be built \(RuntimeError\)"):
        quantize(_load(str(tiny_whole(tmp_path / "tiny", dict(enumerate(LABELS))))))


@pytest.mark.parametrize("name", ["gpt2-mini", "tfidf-sst2"])
def test_what_is_no_trained_network_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"int8 is for trained networks; {name} is none"):
        quantize(ClassifierLoader("cpu").load(name))


def test_a_machine_that_cannot_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = _load(NAMES[0])
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    with pytest.raises(InputError, match="no instruction that multiplies 8-bit integers"):
        quantize(exact)
    monkeypatch.setattr(int8, "PACKAGES", ("onnx", "not-there"))
    with pytest.raises(InputError, match=r"int8 needs not-there\. Install them with pip"):
        quantize(exact)
    assert (Path(__file__).parents[2] / "requirements-int8.txt").is_file()


def test_the_command_says_what_was_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.csv").write_text("text\na great film\na dull film\n")
    monkeypatch.setattr(int8, "prove", lambda one, other: GOOD)
    tiny = str(tiny_whole(tmp_path / "tiny", dict(enumerate(LABELS))))
    command = ["score", tiny, str(tmp_path / "in.csv"), "--output", str(tmp_path / "o.csv")]
    assert main([*command, "--engine", "int8"]) == 0
    assert (
        "int8: 2.0 × as fast as exact on the check set, where 7 of 746" in capsys.readouterr().err
    )
    assert set(read_csv(tmp_path / "o.csv")["label"]) <= set(LABELS)
    monkeypatch.setattr(int8, "prove", lambda one, other: replace(GOOD, flips=9))
    assert main([*command, "--engine", "int8"]) == 2
    assert "int8 is refused" in capsys.readouterr().err
