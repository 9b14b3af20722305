"""Every full-size recipe trains a tiny network of its backbone's architecture, end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.recipes import RECIPES
from tests.support.architectures import write_backbone
from tests.support.builders import write_imdb, write_sst2
from tests.support.commands import train

FULL_SIZE = [name for name, recipe in RECIPES.items() if "/" in recipe.backbone]
TEXTS = ["a great film .", "the dull story made my evening . a clumsy cast"]


@pytest.fixture(params=FULL_SIZE, scope="module")
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    backbone = write_backbone(folder / "tiny", RECIPES[request.param].backbone)
    data = write_imdb(write_sst2(folder / "data"))
    options = ["--epochs", "2", "--batch-size", "8", "--max-length", "32"]
    if RECIPES[request.param].layer:
        options += ["--layer", "1"]
    paths = ["--backbone", str(backbone), "--data", str(data), "--output", str(folder / "out")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIMENT_CHECKPOINTS", str(folder / "trained"))
        assert train([request.param, *paths, *options]) == 0
    return folder / "out"


def test_its_settings_are_the_recipes(trained: Path) -> None:
    run = json.loads((trained / "run.json").read_text())
    recipe = RECIPES[run["recipe"]["name"]]
    for setting in ("tuning", "learning_rate", "freeze_layers", "lora_rank", "test_share", "seed"):
        assert run["recipe"][setting] == getattr(recipe, setting)
    assert run["parameters"]["trainable"] < run["parameters"]["total"] or recipe.tuning == "full"
    assert run["peak_memory_bytes"] > 1e6
    assert sum("evaluation_loss" in entry for entry in run["history"]) == 2


def test_the_backbone_was_asked_first(trained: Path) -> None:
    run = json.loads((trained / "run.json").read_text())
    method = "cloze" if "bert" in run["recipe"]["name"] else "prompt"
    scored = json.loads((trained / "metrics.json").read_text())["evaluations"]
    assert len(scored) == 1 + (run["recipe"]["test_share"] > 0)
    for sides in scored:
        assert sides["zero-shot"]["n"] == sides["fine-tuned"]["n"] > 0
    card = (trained / "README.md").read_text()
    assert f"without any training: {method}" in card
    assert "## Training history" in card


def test_a_head_on_the_mean_of_a_bert_without_pooler_loads_as_its_card_says(tmp_path: Path) -> None:
    backbone = write_backbone(tmp_path / "tiny", "google-bert/bert-base-cased", has_pooler=False)
    data = write_imdb(write_sst2(tmp_path / "data"))
    paths = ["--backbone", str(backbone), "--data", str(data), "--output", str(tmp_path / "out")]
    options = ["--pooling", "mean", "--epochs", "1", "--max-length", "32"]
    assert train(["bert-imdb-lora", *paths, *options]) == 0
    test_its_folder_loads_without_this_project(tmp_path / "out")


def test_its_folder_loads_without_this_project(trained: Path) -> None:
    code = (trained / "README.md").read_text().split("```python\n")[1].split("```")[0]
    code = code.replace('"out"', repr(str(trained)))
    is_pipeline = "pipeline" in code
    asked = repr(TEXTS) if is_pipeline else f"{TEXTS!r}, padding=True"
    names: dict[str, Any] = {}
    exec(code.replace('"What a film!"', asked), names)
    if is_pipeline:
        expected = [
            {entry["label"]: entry["score"] for entry in answer}["positive"]
            for answer in names["scores"]
        ]
    else:
        expected = names["scores"][:, 1].tolist()
    found = score(ClassifierLoader().load(str(trained)), TEXTS).p_positive
    assert found == pytest.approx(expected, abs=1e-5)
