"""Fixtures shared by all floors of the tests. No test reaches a network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

from tests.support import builders

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")

REAL_DATA = os.environ.get("SENTIMENT_DATA")


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees this machine's trained checkpoints or data unless it asks for them."""
    monkeypatch.delenv("SENTIMENT_DATA", raising=False)
    monkeypatch.setenv("SENTIMENT_CHECKPOINTS", str(tmp_path / "trained"))


@pytest.fixture
def real_data(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the real data sets; tests that need it are skipped where there is none."""
    if not REAL_DATA or not Path(REAL_DATA).is_dir():
        pytest.skip("SENTIMENT_DATA does not name a folder with the real data sets")
    monkeypatch.setenv("SENTIMENT_DATA", REAL_DATA)
    return Path(REAL_DATA)


@pytest.fixture
def sst2(tmp_path: Path) -> Path:
    """A data folder with a small SST-2 written for the tests."""
    return builders.write_sst2(tmp_path / "data")


@pytest.fixture
def backbone_folder(tmp_path: Path) -> Path:
    """A tiny random backbone among the checkpoints trained on this machine, called `tiny`."""
    return builders.tiny_backbone(tmp_path / "trained" / "tiny")


@pytest.fixture
def trained_folder(tmp_path: Path) -> Path:
    """Where this test's trained checkpoints are looked for."""
    folder = tmp_path / "trained"
    folder.mkdir(exist_ok=True)
    return folder
