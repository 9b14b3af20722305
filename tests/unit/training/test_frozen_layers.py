"""Training above frozen layers on what they said before: the same numbers, read once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from sentiment.errors import CheckpointError
from sentiment.models.backbones import Backbone, load_backbone
from sentiment.models.encoding import TextEncoder, pad
from sentiment.models.tuning import apply_tuning, build_network
from sentiment.recipes import Recipe
from sentiment.runtime.hardware import Compute
from sentiment.training import frozen
from sentiment.training.fit import fit
from sentiment.training.frozen import (
    HiddenStateDataset,
    UpperLayers,
    collate_states,
    has_room,
    load_states,
    states_size,
)
from sentiment.training.run_folder import RunFolder
from tests.support.builders import labelled_examples, tiny_backbone, tiny_decoder

EXAMPLES = labelled_examples()
BUILD: dict[str, Callable[[Path], Path]] = {
    "distilbert": lambda folder: tiny_backbone(folder, n_layers=3),
    "gpt2": lambda folder: tiny_decoder(folder, "gpt2", layers=3),
    "llama": lambda folder: tiny_decoder(folder, "llama", layers=3),
}
RECIPE = Recipe(
    name="t",
    summary="t",
    tuning="partial",
    freeze_layers=2,
    epochs=3,
    batch_size=8,
    dropout=0.0,
    max_length=32,
)


@pytest.fixture(params=BUILD)
def backbone(request: pytest.FixtureRequest, tmp_path: Path) -> Backbone:
    torch.manual_seed(1)
    return load_backbone(str(BUILD[request.param](tmp_path / "tiny")))


def _network(backbone: Backbone) -> Any:
    torch.manual_seed(7)
    return apply_tuning(build_network(backbone, is_shared=False), RECIPE)


def _ids(backbone: Backbone) -> list[list[int]]:
    return [text.ids for text in TextEncoder(backbone.tokenizer, 32)(EXAMPLES.texts)]


def test_the_upper_layers_give_the_logits_of_the_whole_network(
    backbone: Backbone, tmp_path: Path
) -> None:
    network, texts = _network(backbone), _ids(backbone)
    pad_id = network.config.pad_token_id
    ids, mask = pad(texts, pad_id=pad_id)
    expected = network(input_ids=ids, attention_mask=mask).logits
    states = load_states(network, 2, texts, tmp_path / "states.npy", pad_id=pad_id)
    assert states.nbytes == states_size(network, texts)
    rows = HiddenStateDataset(texts, states, EXAMPLES.labels)
    batch = collate_states([rows[i] for i in range(len(rows))], pad_id=pad_id)
    upper = UpperLayers(network, 2)
    assert torch.allclose(upper(**batch).logits, expected, atol=1e-5)
    assert torch.equal(batch["labels"], torch.from_numpy(EXAMPLES.labels))
    released = upper.release()
    assert torch.allclose(released(input_ids=ids, attention_mask=mask).logits, expected, atol=1e-6)


def _trained(backbone: Backbone, output: Path) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    compute = Compute("cpu", "fp32")
    fit(RECIPE, backbone, train=EXAMPLES, evaluation=EXAMPLES, output=output, compute=compute)
    return load_file(output / "model.safetensors")


def test_a_training_on_kept_states_ends_where_one_on_texts_does(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[Path] = []
    load = frozen.load_states

    def watch(*args: Any, **kwargs: Any) -> np.ndarray:
        computed.append(args[3])
        return load(*args, **kwargs)

    monkeypatch.setattr("sentiment.training.inputs.load_states", watch)
    kept = _trained(backbone, tmp_path / "kept")
    assert [path.name for path in computed] == ["train.npy", "evaluation.npy"]
    assert not RunFolder(tmp_path / "kept").path.exists()
    monkeypatch.setattr(frozen, "MAX_BYTES", 0)
    read_anew = _trained(backbone, tmp_path / "anew")
    assert len(computed) == 2
    assert kept.keys() == read_anew.keys()
    matrices = {name: own for name, own in kept.items() if own.dim() > 1}
    for name, weights in matrices.items():  # the gradient of a key's bias is nothing but rounding
        assert torch.allclose(weights, read_anew[name], atol=2e-4), name


def test_kept_states_are_read_again_and_half_of_them_are_not(tmp_path: Path) -> None:
    backbone = load_backbone(str(tiny_backbone(tmp_path / "tiny", n_layers=3)))
    network, texts, path = _network(backbone), _ids(backbone), tmp_path / "states.npy"
    first = np.array(load_states(network, 1, texts, path, pad_id=0))
    np.save(path, first + 1)
    assert np.array_equal(load_states(network, 1, texts, path, pad_id=0), first + 1)
    path.write_bytes(path.read_bytes()[:200])
    assert np.allclose(load_states(network, 1, texts, path, pad_id=0), first)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["states.npy", "tiny"]


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    backbone = load_backbone(str(tiny_backbone(tmp_path / "tiny", n_layers=3)))
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="cannot be written"):
        load_states(_network(backbone), 1, _ids(backbone), tmp_path / "file" / "s.npy", pad_id=0)


def test_states_are_kept_only_where_there_is_room(tmp_path: Path) -> None:
    assert has_room(tmp_path / "not" / "there", 1000)
    assert not has_room(tmp_path, frozen.MAX_BYTES + 1)
