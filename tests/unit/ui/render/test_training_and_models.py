"""What the tab Train shows of a training, what a visit keeps, and to whom."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from sentiment.errors import InputError
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.lineup import LineUp
from sentiment.serving.live_training import (
    Sentence,
    TrainingRequest,
    TrainingStarted,
    ZeroShotScored,
    build_recipe,
    create_visit_folder,
)
from sentiment.training.history import EpochReport, StepReport
from sentiment.ui.render.training import TrainingView
from sentiment.ui.session.visit import (
    MAX_VISIT_MODELS,
    check_room,
    create_visit,
    is_own_machine,
    join,
)
from sentiment.ui.tabs.train import create_train

SENTENCES = (Sentence("A <b>bold</b> bore.", 0), Sentence("A delight.", 1))
INFO = ModelInfo("owner/m", Path("/nowhere"), "fine-tuned", "owner/m", parameters=1234)


def _watch() -> TrainingView:
    plan = TrainingRequest(backbone="gpt2-mini", tuning="head", epochs=2)
    recipe = build_recipe(plan, LineUp().models()[0].folder.parent / "gpt2-mini")
    return TrainingView(recipe, SENTENCES)


def test_a_training_is_shown_as_far_as_it_has_come() -> None:
    watch = _watch()
    assert "Loading" in watch.render()
    watch.update(TrainingStarted(990, 1000, 10, 300, 100, 50, SENTENCES))
    assert "10 of 1,000 parameters are trainable (1.00 %)." in watch.render()
    assert "Evaluating the backbone zero-shot on 100 test texts" in watch.render()
    watch.update(ZeroShotScored(0.585, (0.6, 0.4)))
    assert "<b>58.5</b>" in watch.render()
    watch.update(StepReport(step=1, steps=38, epoch=0.05, loss=0.7, examples_per_second=16.0))
    watch.update(StepReport(step=2, steps=38, epoch=0.1, loss=2.2, examples_per_second=16.0))
    assert "Step 2 of 38, 16 texts per second, about 36 s left." in watch.render()
    curves = watch.render_curves()
    assert "From 0.700 to 2.200 after 2 of 38 steps." in curves
    assert ">2.5</text>" in curves  # the axis reaches beyond the highest loss
    watch.update(EpochReport(step=19, epoch=1.0, loss=0.6, accuracy=0.75, p_positive=(0.2, 0.7)))
    assert "<b>75.0 %</b><small>after epoch 1 of 2, on 50 held-out texts" in watch.render()
    assert "Stopped at step 2 of 38" in watch.describe_stop()


def test_the_accuracy_curve_begins_before_the_training() -> None:
    watch = _watch()
    watch.update(ZeroShotScored(0.585, (0.6, 0.4)))
    assert watch.render_curves().count("<circle") == 1
    watch.update(EpochReport(step=19, epoch=1.0, loss=0.6, accuracy=0.75, p_positive=(0.2, 0.7)))
    curves = watch.render_curves()
    assert "58.5 % zero-shot, 75.0 % after epoch 1." in curves
    assert curves.count("<circle") == 2
    assert curves.count('class="s-hollow"') == 1


def test_sentences_move_with_every_epoch() -> None:
    watch = _watch()
    watch.update(ZeroShotScored(0.585, (0.6, 0.4)))
    first = watch.render_curves()
    assert "left:60.0%" in first
    assert "probability of positive 0.60: wrong" in first
    watch.update(EpochReport(step=19, epoch=1.0, loss=0.6, accuracy=0.75, p_positive=(0.2, 0.7)))
    second = watch.render_curves()
    assert "probability of positive 0.60, 0.20: correct" in second
    assert 's-dot-now s-negative" style="left:20.0%"' in second
    assert 's-dot-now s-positive" style="left:70.0%"' in second
    assert "<b>bold</b>" not in second


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
