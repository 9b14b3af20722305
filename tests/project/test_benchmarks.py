"""The benchmarks run; what they measure is judged by nobody here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection
from typing import Any

import pytest

from tests.support.launching import ROOT

pytestmark = pytest.mark.slow

FEW = ["--sentences", "12", "--reviews", "3", "--rounds", "1"]


def _run(script: str, *options: str, statuses: Collection[int] = (0,)) -> dict[str, Any]:
    """What a benchmark prints as JSON, ending with one of `statuses`."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{script}", *options, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode in statuses, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{\n") :])
    return answer


def test_frozen_layers_are_compared_with_all_layers() -> None:
    options = ["--steps", "1", "--rounds", "1", "--length", "16", "--layers", "2"]
    answer = _run("frozen_layers", *options)
    full, frozen = answer["measured"].values()
    assert full[0]["trainable"] > frozen[0]["trainable"]
    assert all(ratio > 0 for ratio in answer["ratios"].values())


@pytest.mark.parametrize("what", ["epoch", "upper", "head"])
def test_trainings_are_compared_with_a_plain_trainer(what: str) -> None:
    answer = _run("training_speed", what, "--rows", "16", "--rounds", "1")
    assert set(answer["ratios"]) == {"Trainer, padded to the batch", "Trainer, as run_glue.py"}
    assert all(ratio > 0 for ratio in answer["ratios"].values())


def test_a_crowd_is_compared_with_one_after_the_other() -> None:
    answer = _run("thirty_people", "--people", "4", "--rounds", "1")
    assert answer["largest_difference"] < 1e-5
    assert answer["ratios"]["one after the other"] > 0


def test_many_texts_are_scored_as_by_others() -> None:
    answer = _run("many_texts", *FEW, "--layers", "1")
    assert answer["largest_difference"] < 1e-5
    assert set(answer["ratios"]) == {"CrossEncoder.predict", "transformers.pipeline"}


def test_int8_is_compared_with_exact() -> None:
    answer = _run("fast_engine", *FEW, "--layers", "2")
    assert answer["ratios"]["exact"] > 0


@pytest.mark.parametrize("script", ["one_text", "cold_start"])
def test_the_app_is_compared_with_what_it_cannot_do_without(script: str) -> None:
    (ratio,) = _run(script, "--rounds", "1")["ratios"].values()
    assert ratio > 0


def test_small_models_are_timed_beside_a_large_one() -> None:
    answer = _run("beside_large", "--rounds", "1", "--busy")
    assert set(answer["ratios"]) == {"with the large one chosen", "while the large one is busy"}


def test_the_memory_of_all_models_is_measured() -> None:
    gigabytes = _run("memory")["gigabytes"]
    assert 0 < gigabytes["before"]["all"] < gigabytes["peak"]["all"] < 8


def test_adapters_share_a_backbone() -> None:
    answer = _run("adapters", *["--models", "2", "--texts", "2", "--rounds", "1"])
    assert answer["memory_ratio"] > 1.5


def test_the_page_is_compared_with_a_blank_one() -> None:
    link = "?text=A+warm+film.&models=gpt2-mini,llama-mini"
    few = ["--rounds", "1", "--rows", "4", "--tabs", "Models", "Examples", "--link", link]
    answer = _run("page", *few)
    assert set(answer["ratios"]) == {"first paint", "first answer of the page"}
    waited = ("warm answer of Compare", "tab Models", "tab Examples", "4 rows, 2 models")
    assert all(answer["medians"][name] > 0 for name in waited)


def test_the_load_holds_but_for_times_that_nobody_judges_here() -> None:
    few = {"seconds": 6, "people": 30, "burst": 200, "rows": 400, "bodies": 200, "switches": 24}
    options = [word for name, value in few.items() for word in (f"--{name}", str(value))]
    parts = _run("load", *options, statuses=(0, 1))["parts"]
    assert len(parts) == 6
    gates = [(part["name"], gate) for part in parts for gate in part["gates"]]
    assert [own for own in gates if not own[1]["is_timed"] and not own[1]["holds"]] == []
