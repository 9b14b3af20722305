"""Where a large model takes long, the page says so or does not offer it."""

from __future__ import annotations

from sentiment.models.catalogue import expected_ms
from sentiment.serving.lineup import LineUp
from sentiment.serving.live_training import list_trainable
from sentiment.ui.tabs.batch import describe_slow

LARGE = "smollm2-135m"


def test_a_file_for_a_large_model_is_said_to_be_slow() -> None:
    models = LineUp().models()
    assert describe_slow(models, [model.name for model in models if not model.is_large]) == ""
    said = describe_slow(models, ["gpt2-mini", LARGE])
    assert f"Slow: {LARGE}; 1,000 short texts take about" in said


def test_a_large_model_that_was_not_measured_counts_by_its_size() -> None:
    by_name = {model.name: model for model in LineUp().models()}
    assert expected_ms(by_name[LARGE]) > 5 * expected_ms(by_name["gpt2-mini"])


def test_only_small_backbones_are_offered_for_training() -> None:
    assert list_trainable(LineUp().models()) == ["llama-mini", "gpt2-mini", "distilbert-mini"]
