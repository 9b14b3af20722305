"""A published language model becomes a backbone only if it is the one that is known."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sentiment.errors import CheckpointError
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.models.backbones import load_backbone
from sentiment.models.catalogue import read_info
from sentiment.paths import BUNDLED
from sentiment.pretraining.fetch import SMOLLM2, PublishedModel, fetch
from tests.support.builders import tiny_decoder

TEXTS = ["a great film .", "a dull one ."]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tiny_decoder(tmp_path / "source", "llama")


@pytest.fixture
def known(source: Path) -> PublishedModel:
    count = sum(p.numel() for p in load_backbone(str(source)).language_model.parameters())
    return replace(SMOLLM2, name="own", parameters=count)


def test_the_original_weights_become_a_backbone_that_answers(
    source: Path, known: PublishedModel, tmp_path: Path
) -> None:
    output = tmp_path / "trained" / "own"
    fetch(known, str(source), output)
    info = read_info(output)
    assert (info.kind, info.parameters, info.error) == ("zero-shot", known.parameters, "")
    card = json.loads((output / "backbone.json").read_text())
    assert (card["template"], card["license"]) == ("superlative", "apache-2.0")
    assert "quantized" not in (output / "README.md").read_text()
    p = score(ClassifierLoader().load("own"), TEXTS).p_positive
    asked = ClassifierLoader().load_zero_shot(str(source), template="superlative")
    assert p == pytest.approx(score(asked, TEXTS).p_positive, abs=1e-7)


def test_another_network_is_refused_and_nothing_is_left(
    source: Path, known: PublishedModel, tmp_path: Path
) -> None:
    output = tmp_path / "trained" / "own"
    for other in (
        replace(known, parameters=known.parameters + 1),
        replace(known, architecture="Gemma3ForCausalLM"),
    ):
        with pytest.raises(CheckpointError, match=r"This is not .*: it is LlamaForCausalLM with"):
            fetch(other, str(source), output)
        assert not output.exists()


def test_another_file_is_refused_by_its_size_or_its_sha256(tmp_path: Path) -> None:
    path = tmp_path / "other.gguf"
    path.write_bytes(b"GGUF")
    with pytest.raises(CheckpointError, match=r"other\.gguf is not .*: it has 4 bytes, not 98,362"):
        fetch(SMOLLM2, str(path), tmp_path / "trained" / "own")
    with pytest.raises(CheckpointError, match=r"its sha256 is [0-9a-f]{64}, not b179c9523d0e6a0f"):
        fetch(replace(SMOLLM2, size_bytes=4), str(path), tmp_path / "trained" / "own")


def test_the_bundled_file_is_the_published_one_with_its_licence() -> None:
    folder = BUNDLED / SMOLLM2.name
    path = folder / SMOLLM2.file
    assert path.stat().st_size == SMOLLM2.size_bytes < 100_000_000
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SMOLLM2.sha256
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "license: apache-2.0" in card
    assert SMOLLM2.sha256 in card
    assert read_info(folder).parameters == SMOLLM2.parameters
