from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path

import httpx2
import pytest
import torch
from transformers import AutoModel

from sentiment.errors import CheckpointError
from sentiment.models.backbones import load_backbone, load_config
from sentiment.models.catalogue import canonical_name, resolve_model
from sentiment.paths import BUNDLED
from tests.support.builders import tiny_backbone


def test_a_bundled_name_wins_over_a_trained_one(tmp_path: Path) -> None:
    tiny_backbone(tmp_path / "trained" / "distilbert-mini")
    assert resolve_model("distilbert-mini") == BUNDLED / "distilbert-mini"


def test_a_trained_name_and_a_folder_are_found(backbone_folder: Path) -> None:
    assert resolve_model("tiny") == backbone_folder
    assert resolve_model(str(backbone_folder)) == backbone_folder


def test_where_weights_came_from_is_recorded(tmp_path: Path) -> None:
    commit = "a" * 40
    backbone = load_backbone(str(tiny_backbone(tmp_path / "snapshots" / commit)))
    weights = (backbone.folder / "model.safetensors").read_bytes()
    assert backbone.revision == commit
    assert backbone.weights_hash == hashlib.sha256(weights).hexdigest()[:16]
    for run in BUNDLED.glob("*/run.json"):
        said = json.loads(run.read_text())["backbone"]
        assert said["weights_hash"] == load_backbone(said["name"]).weights_hash


def test_the_fused_activation_says_what_transformers_own_says() -> None:
    fused = load_backbone("gpt2-mini").model
    own = AutoModel.from_pretrained(BUNDLED / "gpt2-mini", dtype=torch.float32).eval()
    ids = torch.arange(300, 364)[None]
    with torch.no_grad():
        states = fused(ids).last_hidden_state
        expected = own(ids).last_hidden_state
    torch.testing.assert_close(states, expected, rtol=1e-4, atol=1e-5)
    assert "NewGELU" in str(own)
    assert "NewGELU" not in str(fused)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "nothing-here", "../secrets", "a/b/c", "http://x/y", "owner/..", "/etc"]
)
def test_what_is_neither_name_folder_nor_hub_id_is_refused(name: str) -> None:
    with pytest.raises(CheckpointError):
        resolve_model(name)


def test_offline_mode_says_how_it_is_left() -> None:
    with pytest.raises(CheckpointError) as caught:
        resolve_model("owner/name")
    said = "The Hub cannot be reached. HF_HUB_OFFLINE is set: unset it and try again."
    assert str(caught.value) == said


def _cause(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    "failure",
    [
        httpx2.ConnectError("[Errno -2] Name or service not known"),
        httpx2.ReadTimeout("too slow"),
        httpx2.ProxyError("403 Forbidden"),
        ConnectionRefusedError(111, "Connection refused"),
        socket.gaierror(-2, "Name or service not known"),
        TimeoutError("timed out"),
        _cause(OSError("wrapped"), httpx2.ConnectError("[Errno 101] Network is unreachable")),
    ],
)
def test_a_hub_that_cannot_be_reached_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", fail)
    with pytest.raises(CheckpointError) as caught:
        resolve_model("owner/name")
    said = "The Hub cannot be reached. Check the internet connection and try again."
    assert str(caught.value) == said


def test_another_failure_of_the_hub_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", fail)
    with pytest.raises(CheckpointError, match="owner/name could not be read from the Hub: gone"):
        resolve_model("owner/name")


def test_a_name_is_written_down_so_that_it_is_found_again(
    backbone_folder: Path, tmp_path: Path
) -> None:
    elsewhere = tiny_backbone(tmp_path / "elsewhere")
    assert canonical_name(str(backbone_folder), backbone_folder) == "tiny"
    assert canonical_name("elsewhere", elsewhere) == "elsewhere"  # a Hub id's snapshot
    assert canonical_name(str(elsewhere), elsewhere) == str(elsewhere)


def test_a_backbone_is_frozen_and_computes_in_float32(backbone_folder: Path) -> None:
    backbone = load_backbone("tiny")
    parameters = list(backbone.model.parameters())
    assert {p.dtype for p in parameters} == {torch.float32}
    assert not any(p.requires_grad for p in parameters)
    assert not backbone.model.training


def test_a_shared_model_shares_every_weight_but_not_its_structure(backbone_folder: Path) -> None:
    backbone = load_backbone("tiny")
    shared = backbone.shared_model()
    own = dict(backbone.model.named_parameters())
    assert all(p.data_ptr() == own[name].data_ptr() for name, p in shared.named_parameters())
    shared.transformer.layer[0].attention.q_lin = torch.nn.Identity()
    assert isinstance(backbone.model.transformer.layer[0].attention.q_lin, torch.nn.Linear)


def test_truncated_weights_are_named(backbone_folder: Path) -> None:
    weights = backbone_folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:200])
    with pytest.raises(CheckpointError, match=r"model\.safetensors is incomplete"):
        load_backbone("tiny")


def test_a_model_with_its_own_code_is_refused(backbone_folder: Path) -> None:
    config = json.loads((backbone_folder / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "evil.Model"}
    (backbone_folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=r"needs its own code to run\. Not loaded"):
        load_config(backbone_folder)


def test_a_broken_tokenizer_is_one_sentence(backbone_folder: Path) -> None:
    (backbone_folder / "tokenizer.json").write_text("{")
    with pytest.raises(CheckpointError, match="no usable tokenizer"):
        load_backbone("tiny")
