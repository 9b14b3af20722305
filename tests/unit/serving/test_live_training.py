"""What a visitor may train, the recipe it comes to, and one training to its end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sentiment.data.loading import load_examples
from sentiment.errors import CheckpointError, InputError
from sentiment.models.tuning import count_for
from sentiment.paths import BUNDLED
from sentiment.recipes import TUNINGS
from sentiment.runtime.child_process import ChildProcess
from sentiment.runtime.files import read_json
from sentiment.serving.lineup import LineUp
from sentiment.serving.live_training import (
    ALLOW_VARIABLE,
    DEFAULT_EPOCHS,
    DEFAULT_RATES,
    FIRST_LESSON,
    FIRST_LESSON_SENTENCES,
    MAX_EXAMPLES,
    PRESETS,
    TrainingFinished,
    TrainingRequest,
    TrainingStarted,
    ZeroShotScored,
    available_data,
    build_recipe,
    check_plan,
    choose_sentences,
    load_sentences,
    train,
)
from sentiment.training.history import EpochReport, StepReport

BACKBONES = ("distilbert-mini", "gpt2-mini", "llama-mini")


@pytest.mark.parametrize("tuning", TUNINGS)
@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_bundled_network_can_be_tuned_in_every_way(backbone: str, tuning: Any) -> None:
    plan = TrainingRequest(backbone=backbone, tuning=tuning, epochs=DEFAULT_EPOCHS[tuning])
    check_plan(plan, LineUp().models())
    count = count_for(build_recipe(plan, BUNDLED / backbone))
    if tuning == "full":
        assert count.trainable == count.total
    else:
        assert 0 < count.trainable < count.total


def test_a_name_that_is_taken_is_numbered() -> None:
    folder = BUNDLED / "gpt2-mini"
    plan = TrainingRequest(backbone="gpt2-mini")
    name = build_recipe(plan, folder).name
    assert build_recipe(plan, folder, {name}).name == f"{name}-2"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"backbone": "../../etc"}, "Unknown backbone '../../etc'. Choose from: llama-mini, "),
        ({"backbone": "tfidf-sst2"}, "Unknown backbone"),
        (
            {"backbone": "smollm2-135m"},
            "smollm2-135m has 135 M parameters; its training could take longer than the 30 minutes",
        ),
        ({"tuning": "magic"}, "Unknown tuning 'magic'"),
        ({"data": "imdb"}, "Unknown data 'imdb'. Choose from: first-lesson."),
        ({"data": "sst2"}, "Unknown data 'sst2'"),  # not available here
        ({"examples": 100_000}, "examples must be 20 to 1500, not '100000'"),
        ({"epochs": 1000}, "epochs must be 1 to 10"),
        ({"learning_rate": float("nan")}, "learning_rate must be 1e-05 to 0.003, not 'nan'"),
        ({"learning_rate": 10.0}, "learning_rate must be"),
    ],
)
def test_what_the_page_does_not_offer_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said.replace(".", r"\.")):
        check_plan(replace(TrainingRequest(), **change), LineUp().models())


def test_sst2_is_offered_where_it_is_at_hand(sst2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert available_data() == ["first-lesson"]
    monkeypatch.setenv("SENTIMENT_DATA", str(sst2))
    assert available_data() == ["first-lesson", "sst2"]


def test_on_a_public_space_its_owner_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "owner/space")
    with pytest.raises(InputError, match=r"off on this Space\..*SENTIMENT_ALLOW_TRAINING=1"):
        check_plan(TrainingRequest(), LineUp().models())
    monkeypatch.setenv(ALLOW_VARIABLE, "1")
    check_plan(TrainingRequest(), LineUp().models())


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_allowed_and_uses_all_texts_of_first_lesson(preset: str) -> None:
    plan = PRESETS[preset]
    check_plan(plan, LineUp().models())
    assert (plan.tuning, plan.data) == (preset, FIRST_LESSON)
    assert plan.examples == MAX_EXAMPLES[plan.data] == len(load_examples(FIRST_LESSON, "train"))


def test_the_sentences_are_test_texts_of_both_labels(sst2: Path) -> None:
    written = load_examples(FIRST_LESSON, "test")
    assert [own.text for own in load_sentences(FIRST_LESSON)] == list(FIRST_LESSON_SENTENCES)
    assert all(text in written.texts for text in FIRST_LESSON_SENTENCES)
    others = load_examples("sst2", "validation", directory=sst2)
    for examples in (written, others):
        assert {int(examples.labels[i]) for i in choose_sentences(examples)} == {0, 1}


def test_an_architecture_without_known_layers_for_lora_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "xlnet"}')
    with pytest.raises(CheckpointError, match=r"get LoRA matrices.*train_model\.py --lora-targets"):
        build_recipe(TrainingRequest(backbone="other"), tmp_path)


def test_a_training_reports_itself_and_can_be_asked_afterwards(tmp_path: Path) -> None:
    plan = TrainingRequest(backbone="gpt2-mini", tuning="head", examples=40, epochs=2)
    plan = replace(plan, learning_rate=DEFAULT_RATES["head"])
    recipe = build_recipe(plan, BUNDLED / "gpt2-mini")
    work = ChildProcess(train, recipe, tmp_path, timeout=1200)
    begun, before, *reports = list(work.reports(lambda: False))
    count = count_for(recipe)
    sentences = load_sentences(FIRST_LESSON)
    assert begun == TrainingStarted(
        count.backbone, count.total, count.trainable, 40, 400, 400, sentences
    )
    assert isinstance(before, ZeroShotScored)
    assert [r.step for r in reports if isinstance(r, StepReport)] == [1, 2, 3, 4, 5, 6]
    assert [r.epoch for r in reports if isinstance(r, EpochReport)] == [1.0, 2.0]
    done: TrainingFinished = work.result
    # The sentences move from what the backbone predicts to what the checkpoint predicts.
    test = load_examples(FIRST_LESSON, "test")
    places = [test.texts.index(sentence.text) for sentence in sentences]
    last = [report for report in reports if isinstance(report, EpochReport)][-1]
    for moment, result in ((before, done.before), (last, done.after)):
        assert moment.accuracy == result.accuracy
        saved = result.frame["p_positive"].to_numpy()[places]
        assert moment.p_positive == pytest.approx(saved.tolist(), abs=1e-4)
    stored = read_json(done.folder / "metrics.json")["evaluations"][0]
    assert stored["zero-shot"]["accuracy"] == done.before.accuracy
    assert stored["fine-tuned"]["accuracy"] == done.after.accuracy
    assert (done.before.info.model, done.after.info.model) == ("gpt2-mini", recipe.name)
