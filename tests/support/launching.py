"""Starts commands of this project in several processes, for tests, without a GPU."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT

# What starts several processes is called after GPUs; without one they compute on the CPU.
LAUNCH = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines=1"]
LAUNCH += ["--mixed_precision=no", "--dynamo_backend=no", "--main_process_port=0"]
ON_CPU = {"CUDA_VISIBLE_DEVICES": "", "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}


def start(home: Path, count: int, *command: str, **variables: str) -> subprocess.Popen[str]:
    """The command in `count` processes."""
    launch = [*LAUNCH, f"--num_processes={count}"] if count > 1 else []
    checkpoints = {"SENTIMENT_CHECKPOINTS": str(home / "trained")}
    return subprocess.Popen(
        [sys.executable, *launch, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **checkpoints, **ON_CPU, **variables},
    )


def run(home: Path, count: int, *command: str, **variables: str) -> subprocess.CompletedProcess:
    """The command in `count` processes, waited for."""
    running = start(home, count, *command, **variables)
    said, complaints = running.communicate(timeout=300)
    return subprocess.CompletedProcess(command, running.returncode, said, complaints)
