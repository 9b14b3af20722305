"""Data sets by Hub id, read from a Hub that runs on this machine."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from sentiment.data.loading import is_hub_id
from tests.support.builders import labelled_texts, tiny_backbone
from tests.support.fake_hub import FakeHub, serve_hub

NAMED = """---
dataset_info:
  features:
  - name: text
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': pos
          '1': neg
---
"""


def _parquet(rows: list[tuple[str, int]], text: str = "text") -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(rows, columns=[text, "label"]).to_parquet(buffer)
    return buffer.getvalue()


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with serve_hub() as running:
        yield running


def _train(hub: FakeHub, home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    given = ["--data", "somebody/reviews", "--backbone", str(home / "tiny"), "--epochs", "1"]
    given += ["--max-length", "32", "--batch-size", "8", "--output", str(home / "out"), *options]
    return subprocess.run(
        [sys.executable, "train_model.py", "distilbert-mini-sst2-lora", *given],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(home / "cache"),
            "HF_HUB_OFFLINE": "0",
            "HF_DATASETS_OFFLINE": "0",
        },
        check=False,
        timeout=120,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tiny_backbone(tmp_path / "tiny")
    return tmp_path


def test_a_data_set_of_the_hub_is_trained_and_scored_on(hub: FakeHub, home: Path) -> None:
    rows = labelled_texts()
    turned = [(text, 1 - label) for text, label in rows]  # 0 is positive, as the data card says
    unlabelled = [(text, -1) for text, _ in rows]
    hub.repositories["somebody/reviews"] = {
        "README.md": NAMED.encode(),
        "data/train-00000-of-00001.parquet": _parquet(turned[:40]),
        "data/validation-00000-of-00001.parquet": _parquet(turned[20:]),
        "data/test-00000-of-00001.parquet": _parquet(unlabelled),
    }
    done = _train(hub, home)
    assert done.returncode == 0, (done.stderr, hub.asked)
    assert "somebody/reviews train, 40 texts, 20.0% positive" in done.stdout
    assert "somebody/reviews validation, 44 texts, 72.7% positive" in done.stdout
    assert (home / "out/predictions/somebody--reviews-validation.parquet").is_file()
    card = (home / "out/README.md").read_text()
    assert "type: somebody/reviews" in card
    run = json.loads((home / "out/run.json").read_text())
    assert run["data"]["train"]["dataset"] == "somebody/reviews"


@pytest.mark.slow
def test_without_a_split_to_score_on_a_fifth_is_kept(hub: FakeHub, home: Path) -> None:
    train = _parquet(labelled_texts(), text="sentence")
    hub.repositories["somebody/reviews"] = {"data/train-00000-of-00001.parquet": train}
    done = _train(hub, home)
    assert done.returncode == 0, done.stderr
    assert "random 20 % of train, 13 texts" in done.stdout


@pytest.mark.slow
def test_a_data_set_that_cannot_be_had_is_one_sentence(hub: FakeHub, home: Path) -> None:
    done = _train(hub, home)
    assert done.returncode == 2
    said = "somebody/reviews (train) could not be read from the Hugging Face Hub:"
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    columns = pd.DataFrame({"body_html": ["good", "bad"], "label": [1, 0]})
    buffer = io.BytesIO()
    columns.to_parquet(buffer)
    hub.repositories["somebody/reviews"] = {"train.parquet": buffer.getvalue()}
    done = _train(hub, home)
    assert "Columns found: body_html, label." in done.stderr


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a/b", True), ("a/b.csv", False), ("sst2", False), ("../b", False), ("a/b/c", False)],
)
def test_paths_are_no_hub_ids(name: str, expected: bool) -> None:
    assert is_hub_id(name) is expected


def test_a_folder_that_exists_is_no_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert not is_hub_id("a/b")
