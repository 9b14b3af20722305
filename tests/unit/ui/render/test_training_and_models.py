"""What the tabs Train and Models show of a training and of models, and to whom."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from sentiment.errors import InputError
from sentiment.evaluation.metrics import wilson_interval
from sentiment.evaluation.results import find_results
from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.inspection import Inspection
from sentiment.serving.lineup import LineUp
from sentiment.serving.live_training import (
    TrainingRequest,
    TrainingStarted,
    build_recipe,
    create_visit_folder,
)
from sentiment.training.history import EpochReport, StepReport
from sentiment.ui.render.model_cards import render_cards, render_found
from sentiment.ui.render.training import TrainingView
from sentiment.ui.session.visit import (
    MAX_VISIT_MODELS,
    check_room,
    create_visit,
    is_own_machine,
    join,
)
from sentiment.ui.tabs.train import create_train
from sentiment.ui.text import workshop as copy

INFO = ModelInfo("owner/m", Path("/nowhere"), "fine-tuned", "owner/m", parameters=1234)


def _found(probes: tuple[float, float], **changes: Any) -> Inspection:
    found = Inspection(INFO, Method(kind="full"), ("LABEL_0", "LABEL_1"), False, probes)
    return replace(found, **changes)


def test_a_card_gives_the_accuracies_of_the_saved_predictions() -> None:
    models, results = LineUp().models(), find_results()[0]
    shown = render_cards(models, results)
    assert shown.count("<article") == len(models)
    result = next(r for r in results if r.info.model == "llama-mini-sst2-head")
    interval = wilson_interval(round(result.accuracy * len(result.gold)), len(result.gold))
    expected = (
        f"{100 * result.accuracy:.1f} % (95 % CI {100 * interval.low:.1f} to "
        f"{100 * interval.high:.1f}, n\u00a0=\u00a0{len(result.gold):,})"
    )
    card = shown[shown.index('data-model="llama-mini-sst2-head"') :]
    assert expected in card[: card.index("</article>")]


def test_a_broken_model_has_a_card_with_its_problem() -> None:
    broken = replace(INFO, name="<b>odd</b>", error="It has no weights & no <i>hope</i>.")
    shown = render_cards([broken], [])
    assert "no weights &amp; no &lt;i&gt;hope" in shown
    assert "<b>odd" not in shown


@pytest.mark.parametrize(
    ("probes", "said"),
    [
        ((0.1, 0.9), ""),
        ((0.9, 0.1), copy.MODELS_UNSOUND),
        ((0.8, 0.9), copy.MODELS_UNDECIDED),
    ],
)
def test_the_probe_sentences_are_shown_with_what_is_odd(
    probes: tuple[float, float], said: str
) -> None:
    shown = render_found(_found(probes))
    assert f"→ {probes[0]:.2f} positive" in shown
    assert "do not say which one is positive" in shown
    assert (said in shown) if said else "alert" not in shown


def test_labels_that_say_what_they_are_are_not_asked_about() -> None:
    shown = render_found(_found((0.1, 0.9), labels=("NEGATIVE", "POSITIVE"), is_named=True))
    assert "their names say which one is positive" in shown


def test_a_training_is_shown_as_far_as_it_has_come() -> None:
    plan = TrainingRequest(backbone="gpt2-mini", tuning="head", epochs=2)
    watch = TrainingView(build_recipe(plan, LineUp().models()[0].folder.parent / "gpt2-mini"))
    assert "Loading" in watch.render()
    watch.take(
        TrainingStarted(
            backbone=990, total=1000, trainable=10, train=300, evaluation=100, watched=50
        )
    )
    assert "990 frozen parameters, 10 trainable parameters (1.00 %)" in watch.render()
    watch.take(StepReport(step=1, steps=38, epoch=0.05, loss=0.7, examples_per_second=16.0))
    watch.take(StepReport(step=2, steps=38, epoch=0.1, loss=2.2, examples_per_second=16.0))
    shown = watch.render()
    assert "Step 2 of 38, epoch 0.1: loss 2.200, 16 texts per second, about 36 s left." in shown
    assert "From 0.700 to 2.200." in shown
    assert ">2.5</text>" in shown  # the axis reaches beyond the highest loss
    watch.take(EpochReport(step=19, epoch=1.0, loss=0.6, accuracy=0.75))
    shown = watch.render()
    assert "Epoch 1: 0.750." in shown
    assert len(re.findall("<circle", shown)) == 1
    assert "Stopped at step 2 of 38" in watch.stopped()


def test_training_is_off_on_a_public_space_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "owner/space")
    with gr.Blocks() as demo:
        assert create_train(LineUp(), create_visit()) is None
    shown = " ".join(str(block.value) for block in demo.blocks.values() if hasattr(block, "value"))
    assert "Training is off on this public Space" in shown
    assert "SENTIMENT_ALLOW_TRAINING=1" in shown
    assert not any(isinstance(block, gr.Button) for block in demo.blocks.values())


def test_a_visit_has_room_for_so_many_models() -> None:
    own: tuple[ModelInfo, ...] = ()
    for number in range(MAX_VISIT_MODELS):
        check_room(own)
        own = join(own, replace(INFO, name=f"owner/{number}"))
    with pytest.raises(InputError, match="8 models were added already"):
        check_room(own)
    assert len(join(own, replace(INFO, name="owner/0"))) == MAX_VISIT_MODELS


def test_what_was_trained_goes_with_the_visit(tmp_path: Path) -> None:
    trained, added = create_visit_folder() / "mine", tmp_path / "added"
    for folder in (trained, added):
        folder.mkdir()
    own = tuple(replace(INFO, folder=folder) for folder in (trained, added))
    create_visit().delete_callback(own)
    assert not trained.parent.exists()
    assert added.exists()


@pytest.mark.parametrize(
    ("host", "headers", "space", "is_own"),
    [
        ("127.0.0.1", {}, "", True),
        ("::1", {}, "", True),
        ("10.0.0.7", {}, "", False),
        ("127.0.0.1", {"x-forwarded-for": "10.0.0.7"}, "", False),
        ("127.0.0.1", {}, "owner/space", False),
    ],
)
def test_only_who_sits_at_the_machine_may_name_its_folders(
    host: str,
    headers: dict[str, str],
    space: str,
    is_own: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPACE_ID", space)
    request: Any = SimpleNamespace(client=SimpleNamespace(host=host), headers=headers)
    assert is_own_machine(request) is is_own


def test_what_a_process_that_ended_left_is_removed() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    own = create_visit_folder()
    left = own.with_name(own.name.replace(str(os.getpid()), str(gone.pid)))
    left.mkdir()
    create_visit_folder()
    assert not left.exists()
    assert own.exists()
