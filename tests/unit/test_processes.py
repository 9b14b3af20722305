"""Two processes under `accelerate launch` do what one does, and only the first one writes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file

from sentiment.processes import Team, team
from sentiment.results import load_result
from tests.builders import tiny_decoder, write_imdb, write_sst2

ROOT = Path(__file__).resolve().parents[2]
# What starts several processes is called after GPUs; without one they compute on the CPU.
LAUNCH = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines=1"]
LAUNCH += ["--mixed_precision=no", "--dynamo_backend=no", "--main_process_port=0"]
EXACT = ["--device", "cpu", "--max-length", "32", "--batch-size", "16", "--dropout", "0"]
ON_CPU = {"CUDA_VISIBLE_DEVICES": "", "ACCELERATE_USE_CPU": "true"}
LORA = [*EXACT, "--precision", "fp32", "--lora-dropout", "0", "--learning-rate", "0.03"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    tiny_decoder(folder / "tiny")
    write_imdb(write_sst2(folder / "data"))
    return folder


def _run(home: Path, count: int, *command: str) -> subprocess.CompletedProcess[str]:
    launch = [*LAUNCH, f"--num_processes={count}"] if count > 1 else []
    checkpoints = {"SENTIMENT_CHECKPOINTS": str(home / f"trained-{count}")}
    return subprocess.run(
        [sys.executable, *launch, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, **checkpoints, "OMP_NUM_THREADS": "1", **ON_CPU},
        check=False,
        timeout=300,
    )


def _train(home: Path, count: int, recipe: str, *options: str) -> dict[str, object]:
    """Train with `count` processes; returns run.json with the checkpoint's folder."""
    output = home / f"{recipe}-{count}"
    shutil.rmtree(output, ignore_errors=True)
    paths = ["--backbone", str(home / "tiny"), "--data", str(home / "data")]
    options = (*paths, "--output", str(output), "--epochs", "2", *options)
    done = _run(home, count, "train_model.py", recipe, *options)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("Checkpoint: ") == 1  # the other process says nothing
    return {**json.loads((output / "run.json").read_text()), "folder": output}


def test_two_processes_train_as_one_does(home: Path) -> None:
    settings = [*LORA, "--save-minutes", "0"]
    one, two = (_train(home, count, "gpt2-mini-sst2-lora", *settings) for count in (1, 2))
    assert (one["examples_at_a_time"], two["examples_at_a_time"]) == (16, 8)
    assert two["hardware"]["processes"] == 2
    losses = [[e["loss"] for e in run["history"] if "loss" in e] for run in (one, two)]
    assert len(losses[0]) == 8
    assert losses[1] == pytest.approx(losses[0], abs=1e-4)
    assert max(losses[0]) - min(losses[0]) > 0.02
    weights = [load_file(run["folder"] / "adapter_model.safetensors") for run in (one, two)]
    for name, value in weights[0].items():
        assert np.allclose(weights[1][name], value, atol=1e-3), name
    saved = [run["folder"] / "predictions/sst2-validation.parquet" for run in (one, two)]
    results = [load_result(path) for path in saved]
    assert results[0].frame["row"].equals(results[1].frame["row"])
    assert np.allclose(results[0].frame["p_positive"], results[1].frame["p_positive"], atol=1e-3)
    left = [path.name for path in home.iterdir() if path.name.endswith(".run")]
    assert not left


def test_two_processes_train_a_head_as_one_does(home: Path) -> None:
    one, two = (_train(home, count, "llama-mini-imdb-head", *EXACT) for count in (1, 2))
    losses = [[e["loss"] for e in run["history"] if "loss" in e] for run in (one, two)]
    assert losses[1] == pytest.approx(losses[0], abs=1e-4)


def test_two_processes_score_a_file_in_its_order(home: Path) -> None:
    texts = [f"{'a great film . ' * (i % 5 + 1)}{i}" for i in range(31)]
    pd.DataFrame({"id": range(31), "text": texts}).to_csv(home / "in.csv", index=False)
    frames = []
    for count in (1, 2):
        output = home / f"out-{count}.csv"
        command = ["-m", "sentiment", "score", "gpt2-mini-sst2-lora", str(home / "in.csv")]
        if count > 1:
            command = ["-m", *command[1:]]
        done = _run(home, count, *command, "--output", str(output))
        assert done.returncode == 0, done.stderr[-3000:]
        assert done.stdout.count("31 texts scored") == 1
        frames.append(pd.read_csv(output))
    assert frames[0]["id"].tolist() == frames[1]["id"].tolist() == list(range(31))
    assert frames[0]["label"].equals(frames[1]["label"])
    assert np.allclose(frames[0]["p_positive"], frames[1]["p_positive"], atol=1e-5)
    assert frames[0]["p_positive"].nunique() > 5


def test_a_batch_that_cannot_be_divided_is_refused(home: Path) -> None:
    options = ["--backbone", str(home / "tiny"), "--data", str(home / "data")]
    options += ["--output", str(home / "odd"), *LORA, "--batch-size", "15"]
    done = _run(home, 2, "train_model.py", "gpt2-mini-sst2-lora", *options)
    assert done.returncode != 0
    assert "A batch of 15 cannot be divided among 2 processes" in done.stderr
    assert not (home / "odd").exists()


def test_without_a_launcher_there_is_one_process() -> None:
    assert team() == Team(rank=0, count=1)
    assert team().gather("value") == ["value"]
    assert team().is_main
