"""What the Scores tab shows of the bundled predictions is what scikit-learn and scipy compute."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)
from statsmodels.stats.multitest import multipletests

from sentiment.evaluation.results import Result, by_name, scale_result
from sentiment.evaluation.score_table import majority_row, scores_frame
from sentiment.models.catalogue import list_models
from sentiment.probabilities import log_odds
from sentiment.serving.lineup import LineUp
from sentiment.ui.render.charts import render_reliability
from sentiment.ui.render.matrices import render_matrices
from sentiment.ui.render.pairs import render_pair
from sentiment.ui.render.tables import render_scores
from sentiment.ui.session.pairs import compare_pair
from sentiment.ui.session.selection import default_pair, find_groups
from sentiment.ui.tabs.thresholds import find_axis, say_counts

GROUPS = {slug: own.results for slug, own in find_groups()[0].items() if "random" not in slug}


def _words(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", html))


def _numbers(html: str) -> list[float]:
    return [float(found) for found in re.findall(r"\d+\.\d+", _words(html))]


def _calibration(sides: dict[str, Result]) -> str:
    models = {model.name: model for model in LineUp().models()}
    tempered = {side: scale_result(result, models) for side, result in sides.items()}
    return render_reliability(sides, tempered)


@pytest.fixture(params=GROUPS, scope="module")
def group(request: pytest.FixtureRequest) -> list[Result]:
    return list(GROUPS[request.param])


def test_the_table_shows_the_metrics_of_scikit_learn(group: list[Result]) -> None:
    frame = scores_frame(group, list_models())
    html = render_scores(frame, majority=majority_row(group[0]), published=(), caption="c")
    rows = html.split("<tr data-model=")
    for name, result in by_name(group).items():
        gold, p = result.gold, result.p_positive
        said = p > 0.5
        row = next(row for row in rows if row.startswith(f'"{name}"'))
        shown = re.findall(r"\d+(?:\.\d+)?", _words(row.partition("</th>")[2]))
        expected = [
            measure(gold, said)
            for measure in (
                accuracy_score,
                balanced_accuracy_score,
                precision_score,
                recall_score,
                f1_score,
            )
        ]
        expected.append(roc_auc_score(gold, p))
        wilson = binomtest(int((said == gold).sum()), len(gold)).proportion_ci(method="wilson")
        pairs = [*zip(shown[0:18:3], expected, strict=True)]
        for text, own in [*pairs, (shown[1], wilson.low), (shown[2], wilson.high)]:
            rounding = 0.051 if "." in text else 0.51  # a wide interval has no decimals
            assert float(text) == pytest.approx(100 * own, abs=rounding)


def test_the_verdict_and_the_matrices_are_those_of_scipy(group: list[Result]) -> None:
    named = by_name(group)
    a, b = (named[name] for name in default_pair(group))
    sentence = render_pair(compare_pair(tuple(group), a, b))
    matrices = render_matrices(a, b, compare_pair(tuple(group), a, b))
    for side, result in (("a", a), ("b", b)):
        expected = confusion_matrix(result.gold, result.p_positive > 0.5)
        for gold in range(2):
            for said in range(2):
                cell = matrices.split(f'data-show="{side}-{gold}-{said}"')[1]
                assert f"<b>{expected[gold, said]:,}</b>" in cell.partition("</button>")[0]
    right = {name: (r.p_positive > 0.5) == r.gold for name, r in named.items()}
    names, p_values = list(named), []
    pairs = [(x, y) for i, x in enumerate(names) for y in names[i + 1 :]]
    for x, y in pairs:
        only_x, only_y = int((right[x] & ~right[y]).sum()), int((right[y] & ~right[x]).sum())
        p_values.append(binomtest(only_x, only_x + only_y).pvalue if only_x + only_y else 1.0)
    corrected = multipletests(p_values, method="holm")[1]
    place = next(i for i, pair in enumerate(pairs) if set(pair) == set(default_pair(group)))
    shown = [
        "p < 0.001" if p < 1e-3 else f"p = {p:.4f}" if p < 0.1 else f"p = {p:.2f}"
        for p in (p_values[place], corrected[place])
    ]
    told = f"exact McNemar {shown[0]}, {shown[1]} after Holm's correction for {len(pairs)} pairs"
    assert told in unescape(sentence)
    points = 100 * abs(right[default_pair(group)[1]].mean() - right[default_pair(group)[0]].mean())
    assert f">+{points:.1f}</b>" in sentence


def test_calibration_is_that_of_scikit_learn(group: list[Result]) -> None:
    a, b = (by_name(group)[name] for name in default_pair(group))
    html = _calibration({"a": a, "b": b})
    for side, result in (("A", a), ("B", b)):
        gold, p = result.gold, result.p_positive
        true, said = calibration_curve(gold, p, n_bins=15, strategy="uniform")
        counts = np.bincount(np.minimum((p * 15).astype(int), 14), minlength=15)
        ece = (np.abs(true - said) * counts[counts > 0]).sum() / len(p)
        assert f"{side}, {result.info.model}: ECE {100 * ece:.1f} %" in html
        assert f"NLL {log_loss(gold, np.clip(p, 1e-12, 1 - 1e-12)):.4f}" in html
        assert f"Brier {brier_score_loss(gold, p):.4f}, ECE {100 * ece:.2f} %" in html


def test_a_temperature_comes_from_texts_the_model_was_not_trained_on() -> None:
    groups, _ = find_groups()
    official = by_name(groups["sst2"].results)
    fifth = by_name(groups["sst2-train-random-20-seed-42"].results)
    for name in ("distilbert-mini", "llama-mini-sst2-head"):
        gold, odds = fifth[name].gold, log_odds(fifth[name].p_positive)

        def loss(t: float, gold: np.ndarray = gold, odds: np.ndarray = odds) -> float:
            return float(log_loss(gold, 1 / (1 + np.exp(-odds / t))))

        expected = minimize_scalar(loss, bounds=(0.2, 5), method="bounded").x
        html = _calibration({"b": official[name]})
        assert f"temperature {expected:.2f}, fitted on SST-2 random 20 % of train" in html
    tuned = official["distilbert-mini-sst2-lora"]  # trained on all of train
    html = _calibration({"b": tuned})
    assert "each fitted on one half of the texts and applied to the other" in html


def test_the_slider_counts_as_scikit_learn_does(group: list[Result]) -> None:
    result = group[0]
    for threshold in (0.0, *(place for _, place, _ in find_axis(result).marks)):
        said = say_counts(result, threshold)
        matrix = confusion_matrix(result.gold, log_odds(result.p_positive) > threshold)
        (tn, fp), (fn, tp) = matrix
        words = _words(said)
        assert f"{tp:,} true positives, {tn:,} true negatives" in words
        assert f"{fp:,} false positives, {fn:,} false negatives" in words
        auroc = roc_auc_score(result.gold, result.p_positive)
        assert f"AUROC {100 * auroc:.1f} % as before" in words
