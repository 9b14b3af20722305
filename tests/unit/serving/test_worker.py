"""Models in a process of their own answer as they do here, and their death is survived."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from sentiment.limits import MAX_SMALL
from sentiment.serving.lineup import LineUp
from sentiment.serving.worker import WorkerPredictor
from sentiment.zero_shot.templates import PromptOptions, parse_template
from tests.support.waiting import TIMEOUT, wait_for

TEXT = "A warm, funny film."


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerPredictor]:
    running = WorkerPredictor()
    yield running
    running.close()


def _children() -> list[psutil.Process]:
    """The processes of this one that answer texts."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if "spawn_main" in " ".join(child.cmdline())
    ]


def test_the_answers_are_those_of_this_process(worker: WorkerPredictor) -> None:
    here, there = LineUp(), LineUp(worker)
    for model in here.default_models():
        expected, found = here.predict(model, TEXT), there.predict(model, TEXT)
        assert found.p_positive == pytest.approx(expected.p_positive, abs=1e-6)
        assert replace(found, ms=0, p_positive=0, p_negative=0) == replace(
            expected, ms=0, p_positive=0, p_negative=0
        )


def test_a_model_is_asked_and_explained_as_it_is_here(worker: WorkerPredictor) -> None:
    here, there = LineUp(), LineUp(worker)
    (model,) = here.select(["gpt2-mini"])
    asking = PromptOptions(template=parse_template("{text} So it was", "dull", "great"))
    expected, found = (lineup.predict(model, TEXT, asking) for lineup in (here, there))
    assert (found.prompt, found.method) == (expected.prompt, expected.method)
    why = [lineup.explain(model, TEXT, "gradient", asking).attribution for lineup in (here, there)]
    assert why[0]
    assert why[1]
    assert why[1].scores == pytest.approx(why[0].scores, abs=1e-4)


def test_large_models_have_a_process_of_their_own_that_yields_to_the_small_ones() -> None:
    others = {child.pid for child in _children()}
    running = WorkerPredictor()
    try:
        lineup = LineUp(running)
        (small,) = lineup.select(["gpt2-mini"])
        large = replace(small, parameters=MAX_SMALL + 1)
        running.wait_until_loaded()
        (first,) = [child for child in _children() if child.pid not in others]
        assert lineup.predict(large, TEXT).p_positive == pytest.approx(
            lineup.predict(small, TEXT).p_positive, abs=1e-6
        )
        (own,) = [child for child in _children() if child.pid not in {first.pid, *others}]
        assert own.nice() > first.nice() == psutil.Process().nice()
        assert running.loaded_models().count("gpt2-mini") == 2
        own.kill()
        assert lineup.predict(small, TEXT).label
        assert "ended its process" in lineup.predict(large, TEXT).error
        assert lineup.predict(large, TEXT).label
    finally:
        running.close()


def test_a_process_that_dies_is_one_sentence_and_the_next_text_is_answered(
    worker: WorkerPredictor,
) -> None:
    lineup = LineUp(worker)
    model = lineup.default_models()[0]
    assert lineup.predict(model, TEXT).label
    for child in _children():
        child.kill()
    assert "ended its process" in lineup.predict(model, TEXT).error
    assert lineup.predict(model, TEXT).label == "positive"


def test_a_process_that_is_told_to_end_while_it_starts_answers_all_the_same() -> None:
    known = {child.pid for child in _children()}
    starting = WorkerPredictor()  # its first work begins at once
    try:
        wait_for(lambda: any(child.pid not in known for child in _children()), "its process")
        for child in _children():
            if child.pid not in known:
                child.send_signal(signal.SIGTERM)
        lineup = LineUp(starting)
        (model,) = lineup.select(["gpt2-mini"])
        assert not lineup.predict(model, TEXT).error
    finally:
        starting.close()


def test_the_process_ends_with_its_parent() -> None:
    code = (
        "from sentiment.serving.worker import WorkerPredictor; "
        "WorkerPredictor(); print(1, flush=True); input()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", f"if __name__ == '__main__': {code}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout
    parent.stdout.readline()
    wait_for(psutil.Process(parent.pid).children, "the process")
    family = psutil.Process(parent.pid).children(recursive=True)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    gone, alive = psutil.wait_procs(family, timeout=TIMEOUT)
    assert gone
    assert not alive
