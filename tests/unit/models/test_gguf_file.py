"""A backbone in one GGUF file: read once, quietly, and shared by all models trained on it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import gguf
import pytest

from sentiment.inference.loader import ClassifierLoader
from sentiment.models.backbones import load_backbone
from sentiment.models.checkpoints import save_checkpoint
from sentiment.models.classifier import NetworkClassifier
from sentiment.models.tuning import apply_tuning, build_network
from sentiment.paths import BUNDLED
from sentiment.recipes import RECIPES

NAME = "smollm2-135m"


def test_the_file_is_read_once_and_without_a_bar(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    read, reader = [], gguf.GGUFReader

    def count(path: str) -> gguf.GGUFReader:
        read.append(Path(path).parent.name)
        return reader(path)

    monkeypatch.setattr(gguf, "GGUFReader", count)
    backbone = load_backbone(NAME)
    assert read == [NAME]
    assert gguf.GGUFReader is count  # nothing of the reading stays
    assert "GGUF" not in capfd.readouterr().err
    assert sum(p.numel() for p in backbone.model.parameters()) == backbone.card["parameters"]
    ids = backbone.tokenizer("A warm film.")["input_ids"]
    assert backbone.tokenizer.decode(ids) == "A warm film."


def test_one_copy_of_the_backbone_serves_zero_shot_head_and_lora(tmp_path: Path) -> None:
    loader = ClassifierLoader("cpu")
    backbone = loader.backbone(NAME)
    loader.load(NAME)
    shared = {parameter.data_ptr() for parameter in backbone.model.parameters()}
    for tuning in ("head", "lora"):
        recipe = RECIPES[f"{NAME}-sst2-{tuning}"]
        network = build_network(backbone, pooling=recipe.pooling, layer=recipe.layer)
        network = apply_tuning(network, recipe)
        trained_on = {"name": NAME, "weights_hash": backbone.weights_hash}
        run = {"backbone": trained_on, "recipe": asdict(recipe)}
        folder = save_checkpoint(network, backbone.tokenizer, run, tmp_path / tuning)
        classifier = loader.load(str(folder))
        assert isinstance(classifier, NetworkClassifier)
        assert classifier.network
        own = [p for p in classifier.network.parameters() if p.data_ptr() not in shared]
        assert 0 < sum(p.numel() for p in own) < 0.05 * backbone.card["parameters"]
    assert len(loader.loaded_models()) == 3
    assert len(loader._backbones) == 1


def test_all_bundled_models_fit_the_limits_together() -> None:
    loader = ClassifierLoader("cpu")
    names = [folder.name for folder in sorted(BUNDLED.glob("[!.]*"))]
    for name in names:
        loader.load(name)
    assert set(loader.loaded_models()) == set(names)
