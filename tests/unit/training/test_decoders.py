"""The decoders' recipes, end to end on tiny networks, read back with plain transformers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.models.catalogue import read_info
from tests.support.builders import labelled_texts, tiny_decoder, write_imdb, write_sst2
from tests.support.commands import train

TEXTS = ["a great film .", "the dull story made my evening . a clumsy cast , again and again"]
RECIPES = {
    "gpt2-mini-sst2-lora": "gpt2",
    "gpt2-mini-imdb-lora": "gpt2",
    "llama-mini-sst2-head": "llama",
    "llama-mini-imdb-head": "llama",
}


@pytest.fixture(params=RECIPES, scope="module")
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    backbone = tiny_decoder(folder / "tiny", RECIPES[request.param])
    data = write_imdb(write_sst2(folder / "data"))
    options = ["--epochs", "12", "--batch-size", "8", "--learning-rate", "0.02"]
    paths = ["--backbone", str(backbone), "--data", str(data), "--output", str(folder / "out")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIMENT_CHECKPOINTS", str(folder / "trained"))
        assert train([request.param, *paths, "--max-length", "160", *options]) == 0
    return folder / "out"


def test_it_learns(trained: Path) -> None:
    run = json.loads((trained / "run.json").read_text())
    losses = [entry["loss"] for entry in run["history"] if "loss" in entry]
    assert sum(losses[-8:]) < sum(losses[:8])
    assert read_info(trained).error == ""
    if run["recipe"]["tuning"] == "lora":  # a head on random features cannot learn much
        (official, *_) = json.loads((trained / "metrics.json").read_text())["evaluations"]
        assert official["zero-shot"]["accuracy"] < 0.7 < official["fine-tuned"]["accuracy"]


def test_the_cards_code_computes_the_same_for_a_batch_of_two(trained: Path) -> None:
    backbone = trained.parent / "tiny"
    code = (trained / "README.md").read_text().split("```python\n")[1].split("```")[0]
    code = code.replace('"out"', repr(str(trained)))
    assert str(backbone) in code
    code = code.replace('"What a film!"', f"{TEXTS!r}, padding=True")
    names: dict[str, Any] = {}
    exec(code, names)
    expected = names["scores"].detach().numpy()
    scores = score(ClassifierLoader().load(str(trained)), TEXTS)
    assert scores.probabilities == pytest.approx(expected, abs=1e-5)
    assert torch.tensor(expected).sum(dim=1).tolist() == pytest.approx([1, 1], abs=1e-5)


def test_neither_padding_nor_the_batch_changes_an_answer(trained: Path) -> None:
    classifier = ClassifierLoader().load(str(trained))
    texts = [text for text, _ in labelled_texts()[::7]] + TEXTS
    together = score(classifier, texts).p_positive
    alone = [score(classifier, [text]).p_positive[0] for text in texts]
    assert together == pytest.approx(alone, abs=1e-5)
