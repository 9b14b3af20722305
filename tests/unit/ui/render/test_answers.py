"""A prediction in a cell, as the lesson shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import Prediction
from sentiment.ui.render.answers import render_cell
from sentiment.ui.text import shared as copy

ZERO = ModelInfo("net", Path("nowhere"), "zero-shot", "net", "none")
TUNED = ModelInfo("net-lora", Path("nowhere"), "fine-tuned", "net", "lora", "sst2", 1000, 10)


def _answer(model: ModelInfo, p: float, **more: object) -> Prediction:
    label = "positive" if p > 0.5 else "negative"
    facts = {"ms": 4.2, "tokens_read": 5, "tokens_total": 5, "method": Method(kind="lora"), **more}
    return Prediction(model.name, model.kind, "net", label, 1 - p, p, **facts)


@pytest.mark.parametrize(("zero", "is_marked"), [(0.2, True), (0.7, False)])
def test_a_changed_label_is_marked(zero: float, is_marked: bool) -> None:
    html = render_cell(TUNED, _answer(TUNED, 0.9), _answer(ZERO, zero))
    assert (copy.FLIPPED in html) == is_marked
    assert "+ positive" in html
    assert 'aria-label="positive 0.90"' in html


def test_a_problem_stands_where_the_prediction_would_have_been() -> None:
    broken = Prediction("net-lora", "fine-tuned", "net", error="<b>incomplete</b>")
    assert "&lt;b&gt;incomplete" in render_cell(TUNED, broken, None)
    assert copy.WAITING in render_cell(TUNED, None, None)
