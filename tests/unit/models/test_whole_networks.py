"""Tuning that changes the backbone's own weights, end to end on tiny networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from sentiment.errors import RecipeError
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.models.backbones import load_backbone
from sentiment.models.catalogue import read_info
from sentiment.models.tuning import apply_tuning, build_network
from sentiment.recipes import Recipe
from tests.support.builders import tiny_backbone, tiny_decoder, write_imdb, write_sst2
from tests.support.commands import train

TEXTS = ["a great film .", "the dull story made my evening ."]
RECIPES = {"full": "distilbert-sst2", "partial": "distilbert-imdb-frozen"}


@pytest.fixture(params=RECIPES, scope="module")
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    data = write_imdb(write_sst2(folder / "data"))
    paths = {"backbone": tiny_backbone(folder / "tiny"), "data": data, "output": folder / "out"}
    options = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
    options += ["--max-length", "32", "--epochs", "6", "--batch-size", "8"]
    options += ["--learning-rate", "0.01"]
    if request.param == "partial":
        options += ["--freeze-layers", "1"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIMENT_CHECKPOINTS", str(folder / "trained"))
        assert train([RECIPES[request.param], *options]) == 0
    return folder / "out"


def test_it_learns(trained: Path) -> None:
    run = json.loads((trained / "run.json").read_text())
    losses = [entry["loss"] for entry in run["history"] if "loss" in entry]
    assert sum(losses[-8:]) < sum(losses[:8])
    if run["recipe"]["tuning"] == "full":  # frozen layers of random weights teach little
        (metrics,) = json.loads((trained / "metrics.json").read_text())["evaluations"]
        assert metrics["zero-shot"]["accuracy"] < 0.9 < metrics["fine-tuned"]["accuracy"]


def test_the_folder_holds_one_whole_network(trained: Path) -> None:
    weights = [path.name for path in trained.glob("*.safetensors")]
    assert weights == ["model.safetensors"]
    info = read_info(trained)
    assert (info.error, info.kind) == ("", "fine-tuned")
    assert info.backbone == str(trained.parent / "tiny")
    classifier = ClassifierLoader().load(str(trained))
    assert (classifier.kind, classifier.backbone) == ("fine-tuned", info.backbone)


def test_the_cards_code_computes_the_same_with_a_plain_pipeline(trained: Path) -> None:
    code = (trained / "README.md").read_text().split("```python\n")[1].split("```")[0]
    code = code.replace('"out"', repr(str(trained))).replace('"What a film!"', repr(TEXTS))
    names: dict[str, Any] = {}
    exec(code, names)
    expected = [
        {entry["label"]: entry["score"] for entry in answer}["positive"]
        for answer in names["scores"]
    ]
    found = score(ClassifierLoader().load(str(trained)), TEXTS).p_positive
    assert found == pytest.approx(expected, abs=1e-6)


def test_only_what_is_not_frozen_has_changed(trained: Path) -> None:
    before = load_file(trained.parent / "tiny" / "model.safetensors")
    after = {
        name.removeprefix("distilbert."): value
        for name, value in load_file(trained / "model.safetensors").items()
    }
    run = json.loads((trained / "run.json").read_text())
    frozen = ("embeddings.", "transformer.layer.0.") if run["recipe"]["freeze_layers"] else ("-",)
    for name, value in before.items():
        if name.startswith(frozen):
            assert torch.equal(value, after[name])
        elif name.endswith("lin1.weight"):
            assert not torch.equal(value, after[name])
    counted = sum(v.numel() for name, v in after.items() if not name.startswith(frozen))
    assert run["parameters"]["trainable"] == counted


@pytest.mark.parametrize("tuning", RECIPES)
def test_the_backbone_others_use_is_left_as_it_was(tmp_path: Path, tuning: str) -> None:
    backbone = load_backbone(str(tiny_backbone(tmp_path / "tiny")))
    network = build_network(backbone, is_shared=False)
    ours = {parameter.data_ptr() for parameter in backbone.model.parameters()}
    recipe = Recipe(name="t", summary="t", tuning=tuning, freeze_layers=tuning == "partial")
    assert not ours & {p.data_ptr() for p in apply_tuning(network, recipe).parameters()}


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_decoders_lower_layers_are_found_as_well(tmp_path: Path, architecture: str) -> None:
    backbone = load_backbone(str(tiny_decoder(tmp_path / "tiny", architecture, layers=3)))
    depth = backbone.model.config.num_hidden_layers
    recipe = Recipe(name="t", summary="t", tuning="partial", freeze_layers=depth - 1)
    network = apply_tuning(build_network(backbone, is_shared=False), recipe)
    trained = {name for name, p in network.named_parameters() if p.requires_grad}
    last = f".{depth - 1}."
    assert any(last in name for name in trained)
    assert any("score" in name for name in trained)
    assert not any("embed" in name or "wte" in name or "wpe" in name for name in trained)
    with pytest.raises(RecipeError, match=f"has {depth} layers"):
        apply_tuning(
            build_network(backbone),
            Recipe(name="t", summary="t", tuning="partial", freeze_layers=depth),
        )
