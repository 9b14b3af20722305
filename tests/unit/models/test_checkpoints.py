from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from sentiment.errors import CheckpointError
from sentiment.models.backbones import Backbone, load_backbone
from sentiment.models.catalogue import ModelInfo, list_models, read_info
from sentiment.models.checkpoints import load_adapted, load_whole, save_checkpoint
from sentiment.models.tuning import apply_tuning, build_network
from sentiment.recipes import Recipe
from sentiment.runtime.files import read_json, write_folder, write_json
from tests.support.builders import tiny_backbone


def _run(backbone: Backbone) -> dict[str, Any]:
    return {
        "recipe": {"tuning": "head"},
        "backbone": {"name": "tiny", "weights_hash": backbone.weights_hash},
        "data": {"train": {"dataset": "sst2"}},
        "parameters": {"total": 10, "trainable": 2},
    }


@pytest.fixture
def head_folder(backbone_folder: Path) -> Path:
    """A head checkpoint on `tiny`, untrained: what is read back matters here, not how good."""
    backbone = load_backbone("tiny")
    network = apply_tuning(build_network(backbone), Recipe(name="t", summary="t", tuning="head"))
    return save_checkpoint(
        network, backbone.tokenizer, _run(backbone), backbone_folder.parent / "tiny-head"
    )


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def interrupted() -> None:
        with write_folder(tmp_path / "out") as staging:
            (staging / "half").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_a_living_one_is_not_disturbed(
    tmp_path: Path,
) -> None:
    code = f"""
import os
from pathlib import Path
from sentiment.runtime.files import read_json, write_folder, write_json
with write_folder(Path({str(tmp_path / "out")!r})) as staging:
    (staging / "half").write_text("half")
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    with write_folder(tmp_path / "out") as first:
        assert list(tmp_path.iterdir()) == [first]
        with write_folder(tmp_path / "out"):
            assert first.is_dir()
        (tmp_path / "out").rename(tmp_path / "second")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "second"]


def test_an_existing_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with (
        pytest.raises(CheckpointError, match="nothing was written"),
        write_folder(tmp_path / "out"),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(CheckpointError, match="cannot be written"),
        write_folder(tmp_path / "file" / "out"),
    ):
        pass


def test_a_checkpoint_describes_itself(head_folder: Path) -> None:
    info = read_info(head_folder)
    assert (info.kind, info.backbone, info.tuning) == ("fine-tuned", "tiny", "head")
    assert (info.parameters, info.trainable, info.error) == (10, 2, "")
    assert info.size_bytes == (head_folder / "head.safetensors").stat().st_size
    assert info.started_from == ""
    run = json.loads((head_folder / "run.json").read_text())
    (head_folder / "run.json").write_text(json.dumps({**run, "start": {"name": "before"}}))
    assert read_info(head_folder).started_from == "before"


def test_every_checkpoint_is_found_backbones_before_what_was_trained_from_them(
    head_folder: Path,
) -> None:
    names = [info.name for info in list_models() if info.backbone == "tiny"]
    assert names == ["tiny", "tiny-head"]


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda folder: (folder / "run.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "run.json").write_text("[]"), "does not hold a JSON object"),
        (lambda folder: (folder / "run.json").write_text("{}"), "lacks 'backbone'"),
        (lambda folder: (folder / "head.safetensors").unlink(), "has no weights"),
        (lambda folder: (folder / "x.safetensors").symlink_to("nowhere"), "cannot be read"),
    ],
)
def test_a_broken_checkpoint_is_listed_with_its_problem(
    head_folder: Path, spoil: object, problem: str
) -> None:
    spoil(head_folder)
    found = {info.name: info for info in list_models()}
    assert problem in found["tiny-head"].error
    assert found["tiny"].error == ""


def test_a_checkpoint_is_read_anew_when_something_in_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTIMENT_CHECKPOINTS", str(tmp_path))
    folder = tiny_backbone(tmp_path / "tiny")

    def found() -> ModelInfo:
        return next(info for info in list_models() if info.name == "tiny")

    before = found()
    assert found() is before
    card = read_json(folder / "backbone.json")
    write_json(folder / "backbone.json", {**card, "parameters": card["parameters"] + 1})
    assert found().parameters == before.parameters + 1
    (folder / "model.safetensors").unlink()
    assert "has no weights" in found().error


@pytest.mark.parametrize("tuning", ["head", "lora"])
def test_a_network_is_read_back_as_it_was_saved(backbone_folder: Path, tuning: str) -> None:
    backbone = load_backbone("tiny")
    network = apply_tuning(build_network(backbone), Recipe(name="t", summary="t", tuning=tuning))
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter))
    output = backbone_folder.parent / f"tiny-{tuning}"
    save_checkpoint(network, backbone.tokenizer, _run(backbone), output)
    ids = torch.tensor([[2, 7, 8, 3]])
    expected = network.eval()(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    again = load_adapted(output, backbone)(input_ids=ids, attention_mask=torch.ones_like(ids))
    assert torch.allclose(again.logits, expected, atol=1e-6)


def test_an_adapter_with_a_missing_weight_is_refused(backbone_folder: Path) -> None:
    backbone = load_backbone("tiny")
    network = apply_tuning(build_network(backbone), Recipe(name="t", summary="t", lora_rank=2))
    folder = backbone_folder.parent / "tiny-lora"
    save_checkpoint(network, backbone.tokenizer, _run(backbone), folder)
    state = load_file(folder / "adapter_model.safetensors")
    gone = next(key for key in state if "lora_A" in key)
    save_file({k: v for k, v in state.items() if k != gone}, folder / "adapter_model.safetensors")
    with pytest.raises(CheckpointError, match=r"1 weights are missing \(such as "):
        load_adapted(folder, backbone)


def test_an_unknown_pooling_is_refused(head_folder: Path) -> None:
    run = {**_run(load_backbone("tiny")), "recipe": {"tuning": "head", "pooling": "max"}}
    (head_folder / "run.json").write_text(json.dumps(run))
    with pytest.raises(CheckpointError, match="unknown pooling, 'max'"):
        load_adapted(head_folder, load_backbone("tiny"))


def test_a_truncated_head_is_named(head_folder: Path) -> None:
    weights = head_folder / "head.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(CheckpointError, match=r"head\.safetensors is incomplete"):
        load_adapted(head_folder, load_backbone("tiny"))


def test_a_head_of_another_shape_is_refused(head_folder: Path) -> None:
    state = load_file(head_folder / "head.safetensors")
    state["classifier.weight"] = torch.zeros(2, 5)
    save_file(state, head_folder / "head.safetensors")
    with pytest.raises(CheckpointError, match="do not match tiny"):
        load_adapted(head_folder, load_backbone("tiny"))


def test_a_head_with_other_names_is_refused(head_folder: Path) -> None:
    save_file({"score.weight": torch.zeros(2, 16)}, head_folder / "head.safetensors")
    with pytest.raises(
        CheckpointError, match=r"does not fit: 4 weights are missing .* 1 are unknown"
    ):
        load_adapted(head_folder, load_backbone("tiny"))


def test_a_backbone_without_a_head_is_no_classifier(backbone_folder: Path) -> None:
    (backbone_folder / "backbone.json").unlink()
    with pytest.raises(CheckpointError, match="its predictions would be random"):
        load_whole(backbone_folder, "tiny")


def test_a_checkpoint_names_its_backbone_not_its_path(backbone_folder: Path) -> None:
    backbone = load_backbone("tiny")
    recipe = Recipe(name="t", summary="t", lora_rank=2)
    network = apply_tuning(build_network(backbone), recipe)
    folder = save_checkpoint(
        network, backbone.tokenizer, _run(backbone), backbone_folder.parent / "tiny-lora"
    )
    stored = json.loads((folder / "adapter_config.json").read_text())
    assert stored["base_model_name_or_path"] == "tiny"
    assert str(backbone_folder.parent) not in "".join(p.read_text() for p in folder.glob("*.json"))
