"""A training that is killed, stopped or damaged goes on as if nothing had happened."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from sentiment.data.loading import load_examples
from sentiment.errors import CheckpointError, InputError, TrainingError
from sentiment.models.backbones import load_backbone
from sentiment.recipes import Recipe
from sentiment.runtime.hardware import Compute
from sentiment.training.fit import fit
from sentiment.training.history import StepReport
from sentiment.training.run_folder import RunFolder
from sentiment.training.trainer import ResumableTrainer
from tests.support.builders import tiny_backbone, tiny_decoder, write_sst2
from tests.support.waiting import TIMEOUT, wait_for

OWN_WEIGHTS = {"lora": "adapter_model", "head": "head", "full": "model"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    tiny_backbone(folder / "tiny")
    write_sst2(folder / "data")
    return folder


class _StopError(Exception):
    pass


def _fit(home: Path, output: Path, *, stop_at: int = 0, **options: Any) -> None:
    """Eight steps in two epochs with a state after each; `stop_at` breaks off after that many."""

    def watch(report: StepReport) -> None:
        if report.step == stop_at:
            raise _StopError

    asked = {name: options.pop(name) for name in ("is_resumed", "compute") if name in options}
    settings = {"batch_size": 16, "epochs": 2, "max_length": 32, "learning_rate": 0.01, **options}
    fit(
        Recipe(name="t", summary="t", **settings),
        load_backbone(str(options.get("backbone", home / "tiny"))),
        train=load_examples("sst2", "train", directory=home / "data"),
        evaluation=load_examples("sst2", "validation", directory=home / "data"),
        output=output,
        save_minutes=0,
        on_report=watch,
        **asked,
    )


def _weights(output: Path, tuning: str) -> dict[str, torch.Tensor]:
    return load_file(output / f"{OWN_WEIGHTS[tuning]}.safetensors")


@pytest.mark.parametrize("tuning", OWN_WEIGHTS)
@pytest.mark.parametrize(
    "step", [3, *(pytest.param(step, marks=pytest.mark.slow) for step in (4, 5))]
)
def test_a_training_in_two_parts_gives_the_same_bits(
    home: Path, tmp_path: Path, tuning: str, step: int
) -> None:
    settings = {"tuning": tuning, "lora_dropout": 0.2} if tuning == "lora" else {"tuning": tuning}
    _fit(home, tmp_path / "one", **settings)
    with pytest.raises(_StopError):
        _fit(home, tmp_path / "two", stop_at=step, **settings)
    _fit(home, tmp_path / "two", is_resumed=True, **settings)
    one, two = (_weights(tmp_path / name, tuning) for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)
    histories = [
        json.loads((tmp_path / n / "run.json").read_text())["history"] for n in ("one", "two")
    ]
    assert histories[0] == histories[1]
    assert not RunFolder(tmp_path / "two").path.exists()


def _damage_truncate(state: Path) -> None:
    path = state / "optimizer.pt"
    path.write_bytes(path.read_bytes()[:100])


def _damage_missing(state: Path) -> None:
    (state / "rng_state.pth").unlink()


def _damage_swapped(state: Path) -> None:
    other = next(s for s in state.parent.glob("state-*") if s != state)
    shutil.copy(other / "optimizer.pt", state / "optimizer.pt")


def _damage_manifest(state: Path) -> None:
    (state / "manifest.json").write_text("{")


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage", [_damage_truncate, _damage_missing, _damage_swapped, _damage_manifest]
)
def test_a_damaged_state_is_passed_over_and_named(
    home: Path, tmp_path: Path, damage: object, caplog: pytest.LogCaptureFixture
) -> None:
    _fit(home, tmp_path / "one")
    with pytest.raises(_StopError):
        _fit(home, tmp_path / "two", stop_at=6)
    states = sorted(RunFolder(tmp_path / "two").path.glob("state-*"))
    assert [state.name for state in states] == ["state-4", "state-5"]
    damage(states[-1])
    _fit(home, tmp_path / "two", is_resumed=True)
    assert "state-5 is passed over" in caplog.text
    one, two = (_weights(tmp_path / name, "lora") for name in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_an_unfinished_training_is_neither_overwritten_nor_mixed_with_another(
    home: Path, tmp_path: Path
) -> None:
    with pytest.raises(_StopError):
        _fit(home, tmp_path / "out", stop_at=3)
    with pytest.raises(InputError, match=r"holds an unfinished run\. Add --resume"):
        _fit(home, tmp_path / "out")
    with pytest.raises(InputError, match=r"was begun with learning_rate 0\.01, not 0\.1"):
        _fit(home, tmp_path / "out", is_resumed=True, learning_rate=0.1)


def test_a_full_disk_leaves_the_last_state(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = torch.save

    def full(content: object, path: str, *args: object, **kwargs: object) -> None:
        if "checkpoint-3" in str(path):
            raise OSError(28, "No space left on device")
        real(content, path, *args, **kwargs)

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(CheckpointError, match=r"No space left.*The one before is kept"):
        _fit(home, tmp_path / "two")
    monkeypatch.undo()
    names = [path.name for path in RunFolder(tmp_path / "two").path.iterdir()]
    assert sorted(names) == ["plan.json", "state-1", "state-2"]
    _fit(home, tmp_path / "one")
    _fit(home, tmp_path / "two", is_resumed=True)
    one, two = (_weights(tmp_path / name, "lora") for name in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_loss_that_is_no_number_keeps_the_last_finite_state(home: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"stopped being a number at step [2-8] of 8"):
        _fit(home, tmp_path / "out", learning_rate=1e12, warmup=0.9)
    state = RunFolder(tmp_path / "out").newest()
    assert state is not None
    kept = load_file(state.folder / "adapter_model.safetensors")
    assert all(value.isfinite().all() for value in kept.values())
    assert not (tmp_path / "out").exists()


def test_where_memory_runs_out_fewer_texts_at_a_time_give_the_same_steps(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_decoder(tmp_path / "decoder")  # whose head has no dropout, unlike DistilBERT's
    settings = {"lora_dropout": 0.0, "lora_targets": ("c_attn",), "learning_rate": 1e-3}
    settings["backbone"] = str(tmp_path / "decoder")
    exact = Compute("cpu", "fp32")
    _fit(home, tmp_path / "one", compute=exact, **settings)
    real = ResumableTrainer.training_step

    def crowded(self: ResumableTrainer, model: object, inputs: dict, *args: object) -> object:
        if len(inputs["labels"]) > 4 and self.state.global_step == 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")
        return real(self, model, inputs, *args)

    monkeypatch.setattr(ResumableTrainer, "training_step", crowded)
    _fit(home, tmp_path / "two", compute=exact, **settings)
    runs = [json.loads((tmp_path / name / "run.json").read_text()) for name in ("one", "two")]
    assert [run["examples_at_a_time"] for run in runs] == [16, 4]
    one, two = ([e["loss"] for e in run["history"] if "loss" in e] for run in runs)
    assert len(one) == 8
    assert two == pytest.approx(one, abs=1e-3)  # rounding alone: every step saw the same texts
    assert max(one) - min(one) > 0.02


def test_memory_for_not_even_one_text_is_said(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> object:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(ResumableTrainer, "training_step", full)
    with pytest.raises(TrainingError, match="Not even one text of 32 tokens fits"):
        _fit(home, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


SCRIPT = "import sys; from sentiment.cli.main import main; sys.exit(main(sys.argv[1:]))"


def _command(home: Path, output: Path, *options: str) -> list[str]:
    paths = {"--backbone": home / "tiny", "--data": home / "data", "--output": output}
    given = [word for option, path in paths.items() for word in (option, str(path))]
    given += ["--max-length", "32", "--batch-size", "4", "--save-minutes", "0", *options]
    return ["train", "distilbert-mini-sst2-lora", *given]


def _start(command: list[str]) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def _wait_for_a_state(output: Path) -> None:
    wait_for(lambda: any(RunFolder(output).path.glob("state-*")), "a state")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_says_how_to_go_on(
    home: Path, tmp_path: Path, number: int, status: int
) -> None:
    output = tmp_path / "out"
    running = _start(_command(home, output, "--epochs", "400"))
    _wait_for_a_state(output)
    running.send_signal(number)
    said_out, said = running.communicate(timeout=TIMEOUT)
    assert running.returncode == status
    assert not re.search(r"epoch \d+\.\d", said_out)  # nothing is scored in mid-epoch
    assert "Continue with: python -m sentiment train distilbert-mini-sst2-lora" in said
    assert said.rstrip().endswith("--resume")
    state = RunFolder(output).newest()
    assert state is not None
    assert state.step >= 1


def _train_to_be_killed(home: Path, output: Path) -> None:
    torch.set_num_threads(1)
    _fit(home, output, is_resumed=True, **LONG)


LONG = {"batch_size": 4, "epochs": 8, "learning_rate": 1e-3}


@pytest.mark.slow
def test_killed_at_any_of_20_moments_at_most_one_step_is_lost(home: Path, tmp_path: Path) -> None:
    """One process after another is killed, some while they save; the last one finishes."""
    processes = multiprocessing.get_context("forkserver")  # imports torch once for all
    processes.set_forkserver_preload(["sentiment.training.fit"])
    output = tmp_path / "two"
    dice = random.Random(0)
    reached = 0
    for _ in range(20):
        running = processes.Process(target=_train_to_be_killed, args=(home, output))
        running.start()
        _wait_for_step(output, reached, running)
        time.sleep(dice.uniform(0, 0.1))
        before = _newest_step(output)
        running.kill()
        running.join()
        state = RunFolder(output).newest()
        assert state is not None
        assert state.step >= before > reached
        reached = state.step
    assert reached < 128  # all of them were killed on their way
    _fit(home, output, is_resumed=True, **LONG)
    _fit(home, tmp_path / "one", **LONG)
    one, two = (_weights(tmp_path / name, "lora") for name in ("one", "two"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def _wait_for_step(output: Path, reached: int, running: BaseProcess) -> None:
    def is_past() -> bool:
        assert running.is_alive()
        return _newest_step(output) > reached

    wait_for(is_past, "the next state")


def _newest_step(output: Path) -> int:
    steps = [int(p.name.removeprefix("state-")) for p in RunFolder(output).path.glob("state-*")]
    return max(steps, default=0)
