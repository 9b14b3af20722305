"""The bundled weights: what they compute, and that real data gives the bundled numbers again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentiment.__main__ import main
from sentiment.backbones import BUNDLED, Backbone, load_backbone
from sentiment.classifier import ClassifierLoader
from sentiment.results import find_results
from sentiment.scoring import score

MODELS = ("distilbert-mini", "distilbert-mini-sst2-lora", "distilbert-mini-sst2-head")

# First eight of the 384 mean-pooled, unit-length values that the original network
# (sentence-transformers/all-MiniLM-L6-v2, float32, AutoModel and AutoTokenizer) gives for TEXT.
TEXT = "The songs are lovely, the story is not."
ORIGINAL = [0.058679, 0.014029, 0.061627, -0.012464, -0.027415, 0.040737, 0.028129, -0.065312]


def test_the_backbone_gives_the_embedding_of_the_original_up_to_its_rounding() -> None:
    backbone = load_backbone("distilbert-mini")
    encoded = backbone.tokenizer(TEXT, return_tensors="pt")
    states = backbone.model(**encoded).last_hidden_state[0].detach().numpy()
    mean = states.mean(axis=0)
    assert (mean / np.linalg.norm(mean))[:8] == pytest.approx(ORIGINAL, abs=1e-4)


def test_one_backbone_in_memory_serves_all_its_models(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def load_and_note(name: str) -> Backbone:
        loaded.append(name)
        return load_backbone(name)

    monkeypatch.setattr("sentiment.classifier.load_backbone", load_and_note)
    loader = ClassifierLoader()
    for name in MODELS:
        loader.load(name)
    assert loaded == ["distilbert-mini"]


@pytest.mark.parametrize("name", MODELS[1:])
def test_the_cards_code_runs_beside_the_two_folders(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(BUNDLED)
    readme = (BUNDLED / name / "README.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(readme.split("```python\n")[1].split("```")[0], names)
    expected = score(ClassifierLoader().load(name), ["What a film!"]).probabilities
    assert names["scores"].detach().numpy() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_evaluate_reproduces_the_bundled_numbers_to_the_digit(
    real_data: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["evaluate", name, "--data", "sst2", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    (saved,) = [r for r in find_results()[0] if r.info.model == name and r.info.dataset == "sst2"]
    assert printed["confusion"] == [list(row) for row in saved.metrics.confusion]
    assert printed["fingerprint"] == saved.info.fingerprint
    assert printed["weights_hash"] == saved.info.weights_hash
    for metric in ("accuracy", "precision", "recall", "f1", "mcc"):
        assert printed[metric] == getattr(saved.metrics, metric)
    assert printed["auroc"] == pytest.approx(saved.metrics.auroc, abs=1e-6)
