"""The axis: a dot where the probability is, words beside it, everything from outside escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import Prediction
from sentiment.ui.render.axis import BackboneTitle, render_axis
from sentiment.ui.text import compare as copy

ZERO = ModelInfo("net", Path("nowhere"), "zero-shot", "net", "none")
TUNED = ModelInfo("net-lora", Path("nowhere"), "fine-tuned", "net", "lora", "sst2", 1000, 10)
HEAD = ModelInfo("net-head", Path("nowhere"), "fine-tuned", "net", "head", "imdb", 1000, 10)
BASELINE = ModelInfo("counts", Path("nowhere"), "baseline", "TF-IDF")
TITLES = {"net": BackboneTitle("Net", "5 M")}


def _predict(model: ModelInfo, p: float, **more: object) -> Prediction:
    label = "positive" if p > 0.5 else "negative"
    facts = {"ms": 4.2, "tokens_read": 5, "tokens_total": 5, "method": Method(kind="lora"), **more}
    return Prediction(model.name, model.kind, "net", label, 1 - p, p, **facts)


def _axis(*given: tuple[ModelInfo, float], gold: int | None = None) -> str:
    predictions = {model.name: _predict(model, p) for model, p in given}
    models = [model for model, _ in given]
    return render_axis(models, predictions, titles=TITLES, medians={"net": 3.25}, gold=gold)


def _sentence(html: str) -> str:
    said = html.split('class="s-say"')[1].split(">", 1)[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", said)).strip()


def _place(html: str, model: str) -> float:
    found = re.search(rf'x="([\d.]+)%" y="\d+" overflow="visible" data-dot="{model}"', html)
    assert found is not None
    return float(found.group(1))


@pytest.mark.parametrize("p", [0.0, 0.25, 0.5, 0.9, 1.0])
def test_a_dot_stands_where_its_probability_is(p: float) -> None:
    assert _place(_axis((ZERO, p)), "net") == pytest.approx(3 + 94 * p)


def test_an_arrow_leads_from_zero_shot_to_fine_tuned_unless_they_are_too_close() -> None:
    assert _axis((ZERO, 0.2), (TUNED, 0.9)).count("s-axis-arrow") == 1
    assert _axis((ZERO, 0.5), (TUNED, 0.51)).count("s-axis-arrow") == 0
    assert _axis((ZERO, 0.2)).count("s-axis-arrow") == 0


def test_a_few_shot_answer_says_how_many_demonstrations() -> None:
    few = _predict(ZERO, 0.2, method=Method(kind="prompt", shots=4))
    few = replace(few, kind="few-shot")
    predictions = {"net": few, "net-lora": _predict(TUNED, 0.9)}
    shown = render_axis([ZERO, TUNED], predictions, titles=TITLES, medians={}, gold=1)
    assert re.search(r'data-dot="net">.*?<text [^>]*>0\.20\d* 4-shot</text>', shown, re.DOTALL)
    assert "<h2>net <small>few-shot</small></h2>" in shown
    assert "</svg>few-shot</span>" in shown
    assert "0 of 1 few-shot models are correct; 1 of 1 fine-tuned models are correct" in _sentence(
        shown
    )
    zero = _axis((ZERO, 0.2), (TUNED, 0.9))
    assert "</svg>zero-shot</span>" in zero
    assert "-shot</text>" not in zero


def test_values_of_close_dots_stand_on_both_sides() -> None:
    close, far = _axis((ZERO, 0.5), (TUNED, 0.53)), _axis((ZERO, 0.5), (TUNED, 0.9))
    assert ('<text y="25"' in close, '<text y="25"' in far) == (True, False)


def test_several_fine_tuned_models_are_named_each_on_its_own_lane() -> None:
    html = _axis((ZERO, 0.5), (TUNED, 0.9), (HEAD, 0.1))
    assert html.count('class="s-axis-verdict"') == 2
    assert "LoRA, SST-2" in html
    assert "head, IMDb" in html


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (((ZERO, 0.2), (TUNED, 0.9)), "Fine-tuning changed Net to positive."),
        (((ZERO, 0.8), (TUNED, 0.9)), "All models predict positive."),
        (((ZERO, 0.8), (TUNED, 0.9), (BASELINE, 0.1)), copy.NO_CHANGE),
        (((BASELINE, 0.1), (ZERO, 0.8)), ""),
    ],
)
def test_the_sentence_says_what_fine_tuning_changed(
    given: tuple[tuple[ModelInfo, float], ...], sentence: str
) -> None:
    assert _sentence(_axis(*given)) == sentence


def test_with_a_label_right_and_wrong_are_marked_and_counted() -> None:
    html = _axis((ZERO, 0.2), (TUNED, 0.9), (HEAD, 0.4), gold=1)
    assert html.count("✗") == 3  # the zero-shot side of both lanes, and the head
    assert html.count("✓") == 1
    assert "0 of 1 zero-shot models are correct; 1 of 2 fine-tuned models" in _sentence(html)
    assert "✗" not in _axis((ZERO, 0.2), (TUNED, 0.9))


def test_a_baseline_stands_in_a_row_of_its_own() -> None:
    html = _axis((ZERO, 0.2), (TUNED, 0.9), (BASELINE, 0.1))
    assert html.count("s-axis-row") == 2
    assert '<rect x="-8"' in html


@pytest.mark.parametrize(
    ("p", "shown"), [(0.998, "&gt;0.99"), (0.994, "0.99"), (0.002, "&lt;0.01"), (1.0, "1.00")]
)
def test_a_rounded_score_claims_no_certainty(p: float, shown: str) -> None:
    assert f">{shown}</text>" in _axis((TUNED, p))


def test_a_text_of_which_models_are_undecided_gets_a_note() -> None:
    assert copy.UNDECIDED.format(count=1, of=1) in _axis((ZERO, 0.9), (TUNED, 0.6))
    assert "undecided" not in _axis((ZERO, 0.6), (TUNED, 0.9))


def test_a_model_without_a_prediction_is_still_predicting() -> None:
    html = render_axis([ZERO, TUNED], {"net": _predict(ZERO, 0.2)}, titles=TITLES, medians={})
    assert html.count(copy.WAITING) == 1
    assert _sentence(html) == ""


def test_an_error_stands_where_the_prediction_would_have_been() -> None:
    broken = Prediction("net-lora", "fine-tuned", "net", error="net-lora is incomplete")
    predictions = {"net": _predict(ZERO, 0.2), "net-lora": broken}
    html = render_axis([ZERO, TUNED], predictions, titles=TITLES, medians={}, gold=1)
    assert "net-lora is incomplete" in html
    assert 'data-dot="net"' in html
    assert 'data-dot="net-lora"' not in html


def test_a_line_opens_to_scores_tokens_parameters_and_the_measured_time() -> None:
    cut = _predict(ZERO, 0.2, tokens_read=512, tokens_total=1204, prompt="a <b>film</b> was")
    html = render_axis(
        [ZERO, TUNED],
        {"net": cut, "net-lora": _predict(TUNED, 0.9)},
        titles=TITLES,
        medians={"net": 3.25},
    )
    assert "Only 512 of 1,204 tokens were read: the middle was truncated." in html
    assert "<pre>a &lt;b&gt;film&lt;/b&gt; was</pre>" in html
    assert "10 of 1,000 trainable" in html
    assert "3.2 ms per text" in html
    assert "4.2" not in html  # of this one prediction, which depends on what else is computed


def test_everything_from_outside_is_escaped() -> None:
    evil = "<img src=x onerror=alert(1)>"
    model = ModelInfo(evil, Path("nowhere"), "fine-tuned", evil, "lora", evil, 10, 1)
    for prediction in (
        Prediction(evil, "fine-tuned", evil, error=evil),
        _predict(model, 0.9, prompt=evil),
    ):
        html = render_axis(
            [model], {evil: prediction}, titles={evil: BackboneTitle(evil, evil)}, medians={}
        )
        assert "<img" not in html
