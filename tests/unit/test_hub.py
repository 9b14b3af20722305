"""Pushing to and pulling from a Hub that runs on this machine, through huggingface_hub itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentiment.errors import CheckpointError, InputError
from sentiment.hub import check_hub_id, push_checkpoint
from sentiment.paths import BUNDLED
from tests.support.fake_hub import FakeHub, serve_hub

CHECKPOINT = BUNDLED / "gpt2-mini-sst2-lora"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with serve_hub() as running:
        yield running


def _run(hub: FakeHub, home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_TOKEN": "hf_secret",
        "HF_HUB_OFFLINE": "0",
    }
    return subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=120,
    )


@pytest.mark.slow
def test_what_was_pushed_can_be_pulled_and_asked(hub: FakeHub, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(CHECKPOINT, folder)
    for name in ("optimizer.pt", "training_args.bin", "notes.txt"):
        (folder / name).write_text("not for others")
    done = _run(hub, tmp_path / "home", "sentiment", "push", str(folder), "somebody/mine")
    assert done.returncode == 0, done.stderr
    assert f"{hub.url}/somebody/mine" in done.stdout
    pushed = hub.repositories["somebody/mine"]
    expected = {str(p.relative_to(CHECKPOINT)) for p in CHECKPOINT.rglob("*") if p.is_file()}
    assert set(pushed) == expected
    assert all(pushed[name] == (CHECKPOINT / name).read_bytes() for name in expected)
    pulled = _run(hub, tmp_path / "home", "sentiment", "prompt", "somebody/mine", "A fine film.")
    own = _run(hub, tmp_path / "home", "sentiment", "prompt", CHECKPOINT.name, "A fine film.")
    assert pulled.returncode == 0, (pulled.stderr, hub.asked)
    assert pulled.stdout.split("tokens:")[1] == own.stdout.split("tokens:")[1]


@pytest.mark.parametrize(
    "status", [403, *(pytest.param(status, marks=pytest.mark.slow) for status in (401, 500))]
)
def test_a_push_that_fails_says_how_to_try_again(hub: FakeHub, tmp_path: Path, status: int) -> None:
    hub.refuse = status
    done = _run(hub, tmp_path, "sentiment", "push", str(CHECKPOINT), "somebody/mine")
    assert done.returncode == 2
    assert f"The checkpoint is safe in {CHECKPOINT}" in done.stderr
    assert f"python -m sentiment push {CHECKPOINT} somebody/mine" in done.stderr
    assert "hf_secret" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_push_that_failed_is_tried_again_and_works(hub: FakeHub, tmp_path: Path) -> None:
    hub.refuse = 500
    assert _run(hub, tmp_path, "sentiment", "push", str(CHECKPOINT), "somebody/mine").returncode
    hub.refuse = 0
    done = _run(hub, tmp_path, "sentiment", "push", str(CHECKPOINT), "somebody/mine")
    assert done.returncode == 0, done.stderr
    assert "adapter_model.safetensors" in hub.repositories["somebody/mine"]


@pytest.mark.parametrize("name", ["mine", "a/b/c", "https://x/y", "../x", "a/..", "a b/c", ""])
def test_what_is_no_hub_id_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="Give a Hub id such as owner/name"):
        check_hub_id(name)


def test_what_is_no_checkpoint_is_not_pushed(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(json.dumps({}))
    with pytest.raises(CheckpointError, match="is no finished checkpoint"):
        push_checkpoint(tmp_path, "somebody/mine")
