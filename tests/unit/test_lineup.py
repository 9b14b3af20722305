from __future__ import annotations

from pathlib import Path

import pytest

from sentiment.classifier import ClassifierLoader
from sentiment.errors import InputError
from sentiment.lineup import LineUp


@pytest.mark.parametrize("name", ["nothing", "../../etc", "owner/name", "/etc/passwd"])
def test_only_names_of_the_line_up_are_answered(name: str) -> None:
    with pytest.raises(InputError, match="No model named"):
        LineUp().choose([name])


@pytest.mark.parametrize(
    ("names", "message"),
    [("tiny", "must be a list"), ([["a"]], "must be a list"), (["a"] * 25, "the limit is 24")],
)
def test_only_a_short_list_of_names_is_taken(names: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LineUp().choose(names)


def test_no_names_mean_all_models_but_the_baselines(backbone_folder: Path) -> None:
    lineup = LineUp()
    assert lineup.choose(None) == lineup.choose([]) == lineup.shown()
    left_out = [model for model in lineup.models() if model not in lineup.shown()]
    assert {model.kind for model in left_out} == {"baseline"}
    assert [model.name for model in lineup.choose(["tiny"])] == ["tiny"]


def test_a_model_that_cannot_be_loaded_answers_with_its_problem(backbone_folder: Path) -> None:
    (backbone_folder / "model.safetensors").write_bytes(b"broken")
    lineup = LineUp()
    (model,) = lineup.choose(["tiny"])
    assert "is incomplete" in lineup.answer(model, "a film").problem


def test_a_model_that_crashes_answers_without_a_trace(
    backbone_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: ClassifierLoader, name: str) -> None:
        raise MemoryError("/secret/path")

    monkeypatch.setattr(ClassifierLoader, "load", crash)
    lineup = LineUp()
    (model,) = lineup.choose(["tiny"])
    assert lineup.answer(model, "a film").problem == "tiny failed: MemoryError."


def test_an_answer_adds_up(backbone_folder: Path) -> None:
    lineup = LineUp()
    (model,) = lineup.choose(["tiny"])
    answer = lineup.answer(model, "a great film .")
    assert answer.p_negative + answer.p_positive == pytest.approx(1)
    assert answer.label == ("positive" if answer.p_positive > 0.5 else "negative")
    assert answer.tokens_read == answer.tokens_total == 6
    assert answer.ms > 0
