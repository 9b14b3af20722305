"""Folders in forms that are not loaded: one sentence each says what it is and what is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentiment.errors import CheckpointError
from sentiment.models.catalogue import resolve_model
from sentiment.serving.inspection import ModelAddress, inspect_model


def _load(who: str, folder: Path) -> None:
    if who == "command":
        resolve_model(str(folder))
    else:
        inspect_model(lambda _: None, ModelAddress(str(folder), is_folder=True), ())


FORMS: dict[str, tuple[list[str], str]] = {
    "SetFit": (["config.json", "model.safetensors", "model_head.pkl"], "is a SetFit model"),
    "SetFit by its settings": (["config_setfit.json", "pytorch_model.bin"], "is a SetFit model"),
    "spaCy": (["meta.json", "config.cfg", "en_core-any-py3-none-any.whl"], "is a spaCy pipeline"),
    "Flair": (["final-model.pt", "loss.tsv"], "is a Flair model"),
    "fastText": (["model.ftz"], "is a fastText model"),
    "GGUF": (["config.json", "model.Q4_K_M.gguf"], "is a GGUF file"),
    "TensorFlow": (["config.json", "tf_model.h5"], "is a TensorFlow checkpoint"),
    "Flax": (["config.json", "flax_model.msgpack"], "is a Flax checkpoint"),
    "ONNX": (["config.json", "model.onnx"], "is an ONNX model"),
    "pickles": (["config.json", "pytorch_model.bin"], "only pickle weights, which can run code"),
    "sharded pickles": (
        ["config.json", "pytorch_model-00001-of-00002.bin"],
        "only pickle weights, which can run code",
    ),
    "a pickled adapter": (["adapter_config.json", "adapter_model.bin"], "only pickle weights"),
    "nothing": (["config.json", "README.md"], "has no weights in safetensors format"),
}


@pytest.mark.parametrize("who", ["command", "page"])
@pytest.mark.parametrize(("files", "said"), FORMS.values(), ids=FORMS)
def test_a_form_that_is_not_loaded_is_named(
    tmp_path: Path, who: str, files: list[str], said: str
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("{}")
    with pytest.raises(CheckpointError, match=r"^mine (is|has) ") as caught:
        _load(who, folder)
    assert said in str(caught.value)
    assert "safetensors" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("who", ["command", "page"])
def test_the_newest_checkpoint_of_a_training_is_named(tmp_path: Path, who: str) -> None:
    folder = tmp_path / "out"
    for step in (500, 1000, 90):
        (folder / f"checkpoint-{step}").mkdir(parents=True)
    (folder / "runs").mkdir()
    (folder / "trainer_state.json").write_text("{}")
    said = (
        r"^out is the output folder of a training run, with 3 checkpoints .*: out/checkpoint-1000$"
    )
    with pytest.raises(CheckpointError, match=said):
        _load(who, folder)
