from __future__ import annotations

from pathlib import Path

import pytest

from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.lineup import Prediction
from sentiment.ui.render.answers import render_grid
from sentiment.ui.render.html import render_message
from sentiment.ui.text import shared as copy

ZERO = ModelInfo("net", Path("nowhere"), "zero-shot", "net", "none")
TUNED = ModelInfo("net-lora", Path("nowhere"), "fine-tuned", "net", "lora", "sst2", 1000, 10)


def _answer(model: ModelInfo, p: float, **more: object) -> Prediction:
    label = "positive" if p > 0.5 else "negative"
    facts = {"ms": 4.2, "tokens_read": 5, "tokens_total": 5, "method": Method(kind="lora"), **more}
    return Prediction(model.name, model.kind, "net", label, 1 - p, p, **facts)


def _grid(zero: float, tuned: float) -> str:
    answers = {"net": _answer(ZERO, zero), "net-lora": _answer(TUNED, tuned)}
    return render_grid([ZERO, TUNED], answers)


@pytest.mark.parametrize(
    ("zero", "tuned", "words"),
    [
        (0.2, 0.9, "changes to positive (0.20 → 0.90)"),
        (0.7, 0.9, "stays positive, more confident than before (0.70 → 0.90)"),
        (0.1, 0.4, "stays negative, less confident than before (0.90 → 0.60)"),
        (0.9, 0.92, "stays positive, about as confident as before (0.90 → 0.92)"),
    ],
)
def test_the_line_under_the_grid_says_what_training_changed(
    zero: float, tuned: float, words: str
) -> None:
    html = _grid(zero, tuned)
    assert words in html
    assert (copy.FLIPPED in html) == ("changes" in words)


def test_a_verdict_has_a_sign_and_a_word_and_both_scores() -> None:
    html = _grid(0.2, 0.9)
    assert "− negative" in html
    assert "+ positive" in html
    assert 'aria-label="negative 0.80"' in html
    assert 'aria-label="positive 0.20"' in html


@pytest.mark.parametrize(
    ("p", "shown"), [(0.998, "&gt;0.99"), (0.994, "0.99"), (0.002, "&lt;0.01"), (1.0, "1.00")]
)
def test_a_rounded_score_claims_no_certainty(p: float, shown: str) -> None:
    assert f"<b>{shown}</b>" in _grid(0.3, p)


def test_a_model_without_an_answer_is_still_reading() -> None:
    html = render_grid([ZERO, TUNED], {"net": _answer(ZERO, 0.2)})
    assert html.count(copy.WAITING) == 1


def test_a_problem_stands_where_the_answer_would_have_been() -> None:
    broken = Prediction("net-lora", "fine-tuned", "net", error="net-lora is incomplete")
    html = render_grid([ZERO, TUNED], {"net": _answer(ZERO, 0.2), "net-lora": broken})
    assert "net-lora is incomplete" in html
    assert "− negative" in html


def test_truncation_is_said() -> None:
    cut = _answer(ZERO, 0.2, tokens_read=512, tokens_total=1204)
    html = render_grid([ZERO], {"net": cut})
    assert "Only 512 of 1,204 tokens were read: the middle was truncated." in html
    assert copy.NO_FINE_TUNED in html


def test_the_exact_prompt_can_be_unfolded_and_is_text_not_markup() -> None:
    asked = _answer(ZERO, 0.2, prompt="a <b>film</b> overall, this movie is")
    html = render_grid([ZERO, TUNED], {"net": asked, "net-lora": _answer(TUNED, 0.9)})
    assert html.count("<details") == 1
    assert "<pre>a &lt;b&gt;film&lt;/b&gt; overall, this movie is</pre>" in html


def test_everything_from_outside_is_escaped() -> None:
    evil = "<img src=x onerror=alert(1)>"
    model = ModelInfo(evil, Path("nowhere"), "fine-tuned", evil, "lora")
    answer = Prediction(evil, "fine-tuned", evil, error=evil)
    html = render_grid([model], {evil: answer}) + render_message(evil)
    assert "<img" not in html
