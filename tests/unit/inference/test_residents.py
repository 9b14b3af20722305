"""At most so many models stay in memory; those used longest ago go."""

from __future__ import annotations

import gc
import random
import shutil
import weakref
from pathlib import Path

import pytest
import torch

from sentiment.errors import CheckpointError, InputError
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.limits import PARAMETERS_VARIABLE, RESIDENT_VARIABLE, max_resident
from sentiment.models.catalogue import read_info
from sentiment.paths import BUNDLED
from sentiment.runtime.files import count_weights
from tests.support.builders import tiny_backbone

TEXTS = ["a great film .", "a dull film ."]


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    made = []
    for seed, name in enumerate("abcde"):
        torch.manual_seed(seed)
        made.append(str(tiny_backbone(tmp_path / name)))
    return made


def test_the_model_used_longest_ago_goes_first(
    folders: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RESIDENT_VARIABLE, "2")
    loader = ClassifierLoader()
    a, b, c = folders[:3]
    for name in (a, b, a, c):
        loader.load(name)
    assert loader.loaded_models() == ["a", "c"]


@pytest.mark.slow
def test_a_hundred_switches_keep_no_more_networks_than_allowed(
    folders: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RESIDENT_VARIABLE, "2")
    expected = {name: score(ClassifierLoader().load(name), TEXTS).p_positive for name in folders}
    loader = ClassifierLoader()
    alive: weakref.WeakSet[object] = weakref.WeakSet()
    choose = random.Random(7)
    for _ in range(100):
        name = choose.choice(folders)
        classifier = loader.load(name)
        alive.add(loader.backbone(name).model)
        assert score(classifier, TEXTS).p_positive == pytest.approx(expected[name])
        assert len(loader.loaded_models()) <= 2
    del classifier
    gc.collect()
    assert len(alive) <= 2


def test_models_too_heavy_to_stay_together_do_not(
    folders: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PARAMETERS_VARIABLE, str(2.5 * count_weights(Path(folders[0]))))
    loader = ClassifierLoader()
    for name in folders[:3]:
        loader.load(name)
    assert loader.loaded_models() == ["b", "c"]


def test_a_backbone_counts_once_and_stays_while_one_of_its_models_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parameters = read_info(BUNDLED / "llama-mini").parameters
    assert count_weights(BUNDLED / "llama-mini") == parameters  # float16 there, float32 in memory
    monkeypatch.setenv(PARAMETERS_VARIABLE, str(1.1 * parameters))
    loader = ClassifierLoader()
    names = ["llama-mini", "llama-mini-sst2-head", "llama-mini-imdb-head"]
    backbones = {id(loader.load(name) and loader.backbone("llama-mini")) for name in names}
    assert loader.loaded_models() == names
    assert len(backbones) == 1


def test_the_backbone_of_a_model_that_cannot_be_loaded_does_not_stay(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED / "llama-mini-sst2-head", tmp_path / "torn")
    (tmp_path / "torn" / "head.safetensors").write_bytes(b"not weights")
    loader = ClassifierLoader()
    with pytest.raises(CheckpointError):
        loader.load(str(tmp_path / "torn"))
    assert not loader._backbones


def test_a_limit_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RESIDENT_VARIABLE, "many")
    with pytest.raises(InputError, match="SENTIMENT_MAX_RESIDENT must be a number, not 'many'"):
        max_resident()
