from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sentiment.errors import InputError
from sentiment.evaluation.results import find_results, measure_saved
from sentiment.inference.loader import ClassifierLoader
from sentiment.paths import BUNDLED
from sentiment.serving.lineup import LineUp


@pytest.mark.parametrize("name", ["nothing", "../../etc", "owner/name", "/etc/passwd"])
def test_only_names_of_the_line_up_are_answered(name: str) -> None:
    with pytest.raises(InputError, match="No model named"):
        LineUp().select([name])


@pytest.mark.parametrize(
    ("names", "message"),
    [("tiny", "must be a list"), ([["a"]], "must be a list"), (["a"] * 25, "the limit is 24")],
)
def test_only_a_short_list_of_names_is_taken(names: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LineUp().select(names)


def test_no_names_mean_a_pair_of_every_bundled_backbone_and_all_that_is_new(
    backbone_folder: Path, trained_folder: Path
) -> None:
    (trained_folder / "mine").mkdir(parents=True)
    shutil.copy(BUNDLED / "gpt2-mini-sst2-lora" / "run.json", trained_folder / "mine")
    lineup = LineUp()
    assert lineup.select(None) == lineup.select([]) == lineup.default_models()
    shown = lineup.default_models()
    assert {"tiny", "mine"} < {model.name for model in shown}
    bundled = [model for model in shown if model.folder.parent == BUNDLED]
    backbones = list(dict.fromkeys(model.backbone for model in bundled))
    assert len(backbones) == 4
    assert backbones[-1] == "smollm2-135m"
    tuned = {model.backbone for model in lineup.models() if model.kind == "fine-tuned"}
    for backbone in backbones:
        kinds = [model.kind for model in bundled if model.backbone == backbone]
        assert kinds == ["zero-shot", *["fine-tuned"] * (backbone in tuned)]
    sizes = [model.parameters for model in bundled if model.kind == "zero-shot"]
    assert sizes == sorted(sizes)
    left_out = [model for model in lineup.models() if model not in shown]
    assert {model.kind for model in left_out} == {"baseline", "fine-tuned"}
    assert [model.name for model in lineup.select(["tiny"])] == ["tiny"]


def test_the_pair_to_begin_with_is_the_most_accurate_small_one() -> None:
    names = [model.name for model in LineUp().default_pair()]
    assert names == ["distilbert-mini", "distilbert-mini-imdb-sst2-lora"]


def test_the_bundled_model_shown_first_is_the_best_on_sentences() -> None:
    home = ("sst2", "validation")
    results = [r for r in find_results()[0] if (r.info.dataset, r.info.split) == home]
    for model in LineUp().default_models():
        if model.kind == "fine-tuned" and model.folder.parent == BUNDLED:
            rivals = [
                r.metrics.accuracy
                for r in results
                if r.info.backbone == model.backbone and r.info.kind == "fine-tuned"
            ]
            own = next(r for r in results if r.info.model == model.name)
            assert own.metrics.accuracy == max(rivals)


def test_a_model_that_cannot_be_loaded_answers_with_its_problem(backbone_folder: Path) -> None:
    (backbone_folder / "model.safetensors").write_bytes(b"broken")
    lineup = LineUp()
    (model,) = lineup.select(["tiny"])
    assert "is incomplete" in lineup.predict(model, "a film").error


def test_a_model_that_crashes_answers_without_a_trace(
    backbone_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: ClassifierLoader, name: str, **settings: object) -> None:
        raise MemoryError("/secret/path")

    monkeypatch.setattr(ClassifierLoader, "load", crash)
    lineup = LineUp()
    (model,) = lineup.select(["tiny"])
    assert lineup.predict(model, "a film").error == "tiny failed: MemoryError."


def test_an_answer_adds_up(backbone_folder: Path) -> None:
    lineup = LineUp()
    (model,) = lineup.select(["tiny"])
    answer = lineup.predict(model, "a great film .")
    assert answer.p_negative + answer.p_positive == pytest.approx(1)
    assert answer.label == ("positive" if answer.p_positive > 0.5 else "negative")
    assert answer.tokens_read == answer.tokens_total == 6
    assert answer.ms > 0


def test_saved_predictions_are_measured_before_they_are_shown() -> None:
    measure_saved()
    assert all("metrics" in vars(result) for result in find_results()[0])
