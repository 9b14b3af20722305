"""Two processes under `accelerate launch` do what one does, and only the first one writes."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from safetensors.torch import load_file

from sentiment.evaluation.results import load_result
from sentiment.inference.score_file import PART
from sentiment.runtime.distributed import ProcessGroup, process_group
from sentiment.training.run_folder import RunFolder
from tests.support.builders import tiny_decoder, write_imdb, write_sst2
from tests.support.launching import ROOT, run, start
from tests.support.waiting import wait_for

ROWS = 2 * PART + 31
EXACT = [
    "--device",
    "cpu",
    "--precision",
    "fp32",
    "--max-length",
    "32",
    "--batch-size",
    "16",
    "--dropout",
    "0",
]
LORA = [*EXACT, "--lora-dropout", "0", "--learning-rate", "0.03"]
TRAIN = ("train_model.py",)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    tiny_decoder(folder / "tiny")
    tiny_decoder(folder / "deeper", layers=2)  # its head has no dropout, unlike an encoder's
    write_imdb(write_sst2(folder / "data"))
    return folder


def _command(home: Path, output: Path, recipe: str, *options: str) -> list[str]:
    given = list(options)
    if "--backbone" not in given:
        given += ["--backbone", str(home / "tiny")]
    return [recipe, "--data", str(home / "data"), "--output", str(output), "--epochs", "2", *given]


def _train(
    home: Path,
    count: int,
    recipe: str,
    *options: str,
) -> dict[str, Any]:
    """Train with `count` processes; returns run.json with the checkpoint's folder."""
    output = home / f"{recipe}-{count}"
    shutil.rmtree(output, ignore_errors=True)
    done = run(home, count, *TRAIN, *_command(home, output, recipe, *options))
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("Checkpoint: ") == 1  # the other process says nothing
    return {**json.loads((output / "run.json").read_text()), "folder": output}


def _losses(finished: dict[str, Any]) -> list[float]:
    return [entry["loss"] for entry in finished["history"] if "loss" in entry]


def _assert_alike(one: dict[str, Any], two: dict[str, Any], weights: str) -> None:
    assert _losses(two) == pytest.approx(_losses(one), abs=1e-4)
    files = [load_file(finished["folder"] / weights) for finished in (one, two)]
    assert files[0].keys() == files[1].keys()
    for name, value in files[0].items():
        assert np.allclose(files[1][name], value, atol=1e-3), name


@pytest.mark.slow
def test_two_processes_train_as_one_does(home: Path) -> None:
    settings = [*LORA, "--save-minutes", "0"]
    one, two = (_train(home, count, "gpt2-mini-sst2-lora", *settings) for count in (1, 2))
    assert (one["examples_at_a_time"], two["examples_at_a_time"]) == (16, 8)
    assert two["hardware"]["processes"] == 2
    losses = _losses(one)
    assert len(losses) == 8
    assert max(losses) - min(losses) > 0.02
    _assert_alike(one, two, "adapter_model.safetensors")
    saved = [finished["folder"] / "predictions/sst2-validation.parquet" for finished in (one, two)]
    results = [load_result(path) for path in saved]
    assert results[0].frame["row"].equals(results[1].frame["row"])
    assert np.allclose(results[0].frame["p_positive"], results[1].frame["p_positive"], atol=1e-3)
    left = [path.name for path in home.iterdir() if path.name.endswith(".run")]
    assert not left


@pytest.mark.slow
def test_two_processes_train_a_head_as_one_does(home: Path) -> None:
    one, two = (_train(home, count, "llama-mini-imdb-head", *EXACT) for count in (1, 2))
    _assert_alike(one, two, "head.safetensors")


@pytest.mark.slow
def test_the_last_batch_is_filled_up_and_all_others_are_the_same(home: Path) -> None:
    settings = [*LORA, "--batch-size", "24", "--epochs", "1"]  # of 64 texts
    one, two = (_train(home, count, "gpt2-mini-sst2-lora", *settings) for count in (1, 2))
    losses = [_losses(finished) for finished in (one, two)]
    assert len(losses[0]) == len(losses[1]) == 3
    assert losses[1][:2] == pytest.approx(losses[0][:2], abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "settings"),
    [("distilbert-sst2", EXACT), ("distilbert-imdb-frozen", [*EXACT, "--freeze-layers", "1"])],
)
def test_two_processes_train_whole_networks_as_one_does(
    home: Path, recipe: str, settings: list[str]
) -> None:
    given = [*settings, "--backbone", str(home / "deeper"), "--learning-rate", "0.005"]
    one, two = (_train(home, count, recipe, *given) for count in (1, 2))
    _assert_alike(one, two, "model.safetensors")
    assert {p.name for p in one["folder"].iterdir()} == {p.name for p in two["folder"].iterdir()}


def _wait_and_kill(running: subprocess.Popen[str], state: Path) -> None:
    def is_there() -> bool:
        assert running.poll() is None
        return state.exists()

    wait_for(is_there, "a state")
    for process in [psutil.Process(running.pid), *psutil.Process(running.pid).children(True)]:
        process.kill()
    running.communicate()


@pytest.mark.slow
def test_two_killed_processes_go_on_where_they_were(home: Path) -> None:
    settings = [*LORA, "--epochs", "8", "--save-minutes", "0"]
    whole = _train(home, 2, "gpt2-mini-sst2-lora", *settings)
    output = home / "killed"
    command = [*TRAIN, *_command(home, output, "gpt2-mini-sst2-lora", *settings)]
    running = start(home, 2, *command)
    _wait_and_kill(running, RunFolder(output).path / "state-5")
    assert not output.exists()
    done = run(home, 2, *command, "--resume")
    assert done.returncode == 0, done.stderr[-3000:]
    resumed = {**json.loads((output / "run.json").read_text()), "folder": output}
    assert len(_losses(resumed)) == 32
    _assert_alike(whole, resumed, "adapter_model.safetensors")


def test_the_launchers_take_the_commands_of_the_docs() -> None:
    page = (ROOT / "docs" / "training.md").read_text().replace("\\\n", " ")
    commands = re.findall(r"^accelerate launch ([^#\n]*)", page, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        asked = launch_command_parser().parse_args(shlex.split(command))
        _validate_launch_command(asked)


@pytest.mark.slow
def test_sharded_training_is_refused(home: Path) -> None:
    command = _command(home, home / "sharded", "gpt2-mini-sst2-lora", *LORA)
    done = run(home, 1, *TRAIN, *command, ACCELERATE_USE_FSDP="true")
    assert done.returncode == 2
    assert "Sharded training (FSDP) is not supported" in done.stderr
    assert not (home / "sharded").exists()


@pytest.mark.slow
def test_an_error_in_the_first_process_ends_all_of_them(home: Path) -> None:
    """The second process would wait for the first one for a day."""
    output = home / "claimed"
    command = [*TRAIN, *_command(home, output, "gpt2-mini-sst2-lora", *LORA)]
    RunFolder(output).claim({}, is_resumed=False)
    done = run(home, 2, *command)
    assert done.returncode != 0
    assert done.stderr.count("holds an unfinished run. Add --resume") >= 1


@pytest.mark.slow
def test_a_state_that_cannot_be_saved_ends_all_of_them(home: Path) -> None:
    folder = RunFolder(home / "full")
    folder.path.mkdir()
    (folder.path / "state-1").touch()  # a folder cannot take its place
    command = [*TRAIN, *_command(home, home / "full", "gpt2-mini-sst2-lora", *LORA)]
    done = run(home, 2, *command, "--save-minutes", "0")
    assert done.returncode != 0
    assert "The state cannot be written to" in done.stderr
    assert not (home / "full").exists()


@pytest.mark.slow
def test_a_training_goes_on_with_as_many_processes_only(home: Path) -> None:
    output = home / "parted"
    command = _command(home, output, "gpt2-mini-sst2-lora", *LORA, "--epochs", "50")
    running = start(home, 2, *TRAIN, *command, "--save-minutes", "0")
    _wait_and_kill(running, RunFolder(output).path / "state-2")
    done = run(home, 1, *TRAIN, *command, "--resume")
    assert done.returncode == 2
    assert "was begun with processes 2, not 1" in done.stderr


@pytest.mark.slow
def test_two_processes_score_a_file_in_its_order(home: Path) -> None:
    """Three parts: the first process scores two of them."""
    texts = [f"{'a great film . ' * (i % 5 + 1)}{i}" for i in range(ROWS)]
    pd.DataFrame({"id": range(ROWS), "text": texts}).to_csv(home / "in.csv", index=False)
    frames = []
    for count in (1, 2):
        output = home / f"out-{count}.csv"
        command = ["-m", "sentiment", "score", "gpt2-mini-sst2-lora", str(home / "in.csv")]
        done = run(home, count, *command, "--output", str(output))
        assert done.returncode == 0, done.stderr[-3000:]
        assert done.stdout.count(f"{ROWS:,} texts scored") == 1
        frames.append(pd.read_csv(output))
    assert frames[0]["id"].tolist() == frames[1]["id"].tolist() == list(range(ROWS))
    assert frames[0]["predicted_label"].equals(frames[1]["predicted_label"])
    assert np.allclose(frames[0]["p_positive"], frames[1]["p_positive"], atol=1e-5)
    assert frames[0]["p_positive"].nunique() > 5


@pytest.mark.slow
def test_a_batch_that_cannot_be_divided_is_refused(home: Path) -> None:
    command = _command(home, home / "odd", "gpt2-mini-sst2-lora", *LORA, "--batch-size", "15")
    done = run(home, 2, *TRAIN, *command)
    assert done.returncode != 0
    assert "A batch of 15 cannot be divided among 2 processes" in done.stderr
    assert not (home / "odd").exists()


def test_without_a_launcher_there_is_one_process() -> None:
    assert process_group() == ProcessGroup(rank=0, world_size=1)
    assert process_group().gather("value") == ["value"]
    assert process_group().is_main
