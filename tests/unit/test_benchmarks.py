"""The benchmarks run; what they measure is judged by nobody here."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.launching import ROOT


def test_frozen_layers_are_compared_with_all_layers() -> None:
    options = ["--steps", "1", "--rounds", "1", "--length", "16", "--layers", "2", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.frozen_layers", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout[done.stdout.index("{") :])
    full, frozen = answer["measured"].values()
    assert full[0]["trainable"] > frozen[0]["trainable"]
    assert all(ratio > 0 for ratio in answer["ratios"].values())
