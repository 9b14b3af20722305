"""Small models answer first; a large one joins when it has answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sentiment.method import CALIBRATIONS
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import Prediction
from sentiment.serving.lineup import LineUp
from sentiment.serving.predictor import LocalPredictor
from sentiment.ui.tabs.compare import compare
from sentiment.ui.text import compare as copy

NAMES = ["gpt2-mini", "smollm2-135m"]
DEFAULTS = (None, CALIBRATIONS[0])


def _lineup(monkeypatch: pytest.MonkeyPatch, loaded: list[str]) -> LineUp:
    """A line-up whose models all predict positive."""

    def predict(self: LocalPredictor, model: ModelInfo, text: str, options: object) -> Prediction:
        return Prediction(model.name, model.kind, model.backbone, "positive", 0.25, 0.75)

    monkeypatch.setattr(LocalPredictor, "predict", predict)
    monkeypatch.setattr(LocalPredictor, "loaded_models", lambda self: loaded)
    return LineUp()


def _frames(lineup: LineUp) -> Iterator[str]:
    return compare(lineup, "A warm film.", "positive", NAMES, (), DEFAULTS)


def test_the_answers_of_small_models_are_summed_up_before_a_large_one_joins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nothing, small, everything = _frames(_lineup(monkeypatch, []))
    assert "s-view" not in nothing
    assert nothing.count(copy.WAITING) == 1
    assert nothing.count(copy.LOADING) == 1
    for frame, right in ((small, 1), (everything, 2)):
        assert "s-view" in frame
        assert f"{right} of {right} zero-shot models are correct" in frame
    assert copy.LOADING in small
    assert copy.NOT_COUNTED.format(names="smollm2-135m") in small
    assert copy.LOADING not in everything
    assert "Not counted" not in everything


def test_a_large_model_in_memory_is_not_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing, *_ = _frames(_lineup(monkeypatch, ["smollm2-135m"]))
    assert nothing.count(copy.WAITING) == 2
    assert copy.LOADING not in nothing


def test_rows_stand_in_the_order_of_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    lineup = _lineup(monkeypatch, [])
    *_, last = compare(lineup, "A warm film.", "", None, (), DEFAULTS)
    places = [last.index(f"<strong>{title}") for title in ("GPT-2", "MiniLM", "SmolLM2")]
    assert places == sorted(places)
