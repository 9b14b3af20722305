"""Damaged checkpoints of every kind: one sentence each, and the models beside them answer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sentiment.errors import SentimentError
from sentiment.inference.loader import ClassifierLoader
from sentiment.labels import LABELS
from sentiment.models.backbones import load_backbone
from sentiment.models.catalogue import list_models
from sentiment.models.checkpoints import save_checkpoint
from sentiment.models.tuning import apply_tuning, build_network
from sentiment.recipes import Recipe
from sentiment.serving.lineup import LineUp
from tests.support.builders import attempt, tiny_backbone, tiny_decoder, tiny_whole

TEXTS = ["a great film .", "dull"]
KINDS = ["backbone", "decoder", "head", "lora", "whole"]


def _tuned(home: Path, tuning: str) -> Path:
    backbone = load_backbone(str(home / "backbone"))
    torch.manual_seed(1)
    recipe = Recipe(name="t", summary="t", tuning=tuning)  # type: ignore[arg-type]
    run = {
        "recipe": {"tuning": tuning},
        "backbone": {"name": str(home / "backbone"), "weights_hash": backbone.weights_hash},
        "data": {"train": {"dataset": "sst2"}},
        "parameters": {"total": 10, "trainable": 2},
    }
    network = apply_tuning(build_network(backbone), recipe)
    return save_checkpoint(network, backbone.tokenizer, run, home / tuning)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sound checkpoint of every kind."""
    home = tmp_path_factory.mktemp("sound")
    tiny_backbone(home / "backbone")
    tiny_decoder(home / "decoder")
    tiny_whole(home / "whole", dict(enumerate(LABELS)))
    for tuning in ("head", "lora"):
        _tuned(home, tuning)
    return home


def _answer(folder: Path) -> np.ndarray:
    classifier = ClassifierLoader("cpu").load(str(folder))
    return classifier.predict(classifier.tokenize(TEXTS))


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _garble(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 4)


def _swap(path: Path) -> None:
    """The content of another file of the folder."""
    other = next(own for own in sorted(path.parent.iterdir(), reverse=True) if own != path)
    path.write_bytes(other.read_bytes())


def _hollow(path: Path) -> None:
    """What is JSON, and says nothing."""
    path.write_text("{}")


def _nulls(path: Path) -> None:
    """The same keys, and nothing behind them."""
    try:
        said = json.loads(path.read_text())
    except ValueError:
        said = []
    path.write_text(json.dumps(dict.fromkeys(said)))


def _lists(path: Path) -> None:
    """The same keys, and a list behind each."""
    try:
        said = json.loads(path.read_text())
    except ValueError:
        said = []
    path.write_text(json.dumps({key: [1] for key in said}))


DAMAGES = [_truncate, _empty, _garble, _swap, _hollow, _nulls, _lists, Path.unlink]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda own: own.__name__.strip("_"))
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_one_sentence_or_does_no_harm(
    sound: Path, tmp_path: Path, kind: str, damage: Callable[[Path], None]
) -> None:
    files = sorted(path.name for path in (sound / kind).iterdir() if path.is_file())
    assert files
    expected = _answer(sound / kind)
    refused = []
    for name in files:
        folder = tmp_path / name
        shutil.copytree(sound / kind, folder)
        damage(folder / name)
        answer, problem = attempt(_answer, folder)
        if problem:
            assert 10 < len(problem) < 2000
            refused.append(name)
            continue
        assert answer.shape == (2, 2)
        assert np.isfinite(answer).all()
        if "tokenizer" not in name and name not in ("config.json", "vocab.txt"):
            assert np.allclose(answer, expected, atol=1e-6) or name == "backbone.json"
    assert [name for name in refused if name.endswith(".safetensors")], "weights are always read"


def _many_layers(config: dict) -> dict:
    return config | {"n_layers": 10**7}


def _fifty_billion(config: dict) -> dict:
    return config | {"dim": 20_480, "hidden_dim": 81_920, "n_layers": 10, "n_heads": 16}


def _other_shape(config: dict) -> dict:
    return config | {"dim": 32}


def _own_code(config: dict) -> dict:
    return config | {"auto_map": {"AutoModel": "model.Model"}}


def _three_labels(config: dict) -> dict:
    return config | {"num_labels": 3, "id2label": {"0": "a", "1": "b", "2": "c"}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_many_layers, r"has more than 1000 layers \(n_layers: 1e\+07\)\. Not loaded\."),
        (
            _fifty_billion,
            r"do not match config\.json: it describes 50,\d{3},\d{3},\d{3} of",
        ),
        (_other_shape, "weights"),
        (_own_code, r"needs its own code to run\. Not loaded\."),
        (_three_labels, "."),
    ],
    ids=lambda own: getattr(own, "__name__", ""),
)
def test_a_configuration_of_something_else_is_refused(
    sound: Path, tmp_path: Path, change: Callable[[dict], dict], said: str
) -> None:
    folder = tmp_path / "wrong"
    shutil.copytree(sound / "whole", folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(change(config)))
    with pytest.raises(SentimentError, match=said):
        ClassifierLoader("cpu").load(str(folder))


@pytest.mark.parametrize(
    ("kind", "weights"),
    [("head", "head.safetensors"), ("lora", "adapter_model.safetensors")],
)
def test_weights_of_another_shape_are_refused(
    sound: Path, tmp_path: Path, kind: str, weights: str
) -> None:
    folder = tmp_path / "wrong"
    shutil.copytree(sound / kind, folder)
    state = {name: torch.cat([own, own]) for name, own in load_file(folder / weights).items()}
    save_file(state, folder / weights)
    with pytest.raises(SentimentError, match=r"weights do not match|does not fit"):
        ClassifierLoader("cpu").load(str(folder))


def test_one_broken_checkpoint_does_not_keep_the_others_from_answering(
    sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in KINDS:
        for damage in (_truncate, _garble):
            folder = tmp_path / f"{kind}-{damage.__name__.strip('_')}"
            shutil.copytree(sound / kind, folder)
            damage(next(folder.glob("*.safetensors")))
    shutil.copytree(sound / "backbone", tmp_path / "sound")
    monkeypatch.setenv("SENTIMENT_CHECKPOINTS", str(tmp_path))
    own = [info for info in list_models() if info.folder.parent == tmp_path]
    lineup = LineUp()
    answers = {info.name: lineup.predict(info, TEXTS[0]) for info in own}
    assert len(own) > 5
    assert [name for name, answer in answers.items() if not answer.error] == ["sound"]
    assert not any(str(tmp_path) in answer.error for answer in answers.values())
