from __future__ import annotations

from pathlib import Path

import pytest

from sentiment.data.loading import load_challenge
from sentiment.errors import CheckpointError
from sentiment.evaluation.latency import measure_latency, save_latency
from sentiment.models.catalogue import list_models, read_latency
from sentiment.paths import BUNDLED
from tests.support.builders import FakeClassifier


def test_a_measurement_is_kept_beside_its_model(tmp_path: Path) -> None:
    found = measure_latency(FakeClassifier())
    assert 0 <= found.median_ms <= found.p95_ms
    assert found.n == len(load_challenge())
    save_latency(found, tmp_path)
    kept = read_latency(tmp_path)
    assert kept["median_ms"] == found.median_ms
    assert kept["hardware"]["processor"]
    assert [path.name for path in tmp_path.iterdir()] == ["latency.json"]
    assert read_latency(tmp_path / "nowhere") == {}


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    found = measure_latency(FakeClassifier())
    with pytest.raises(CheckpointError, match="cannot be written"):
        save_latency(found, tmp_path / "nowhere")


def test_every_bundled_model_was_measured() -> None:
    for model in list_models():
        if model.folder.parent == BUNDLED:
            assert read_latency(model.folder)["median_ms"] > 0, model.name
