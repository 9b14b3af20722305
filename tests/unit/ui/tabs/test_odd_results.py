"""Saved predictions of every odd kind are shown, or named in one sentence; nothing is thrown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sentiment.evaluation.results import Result, by_name, save_result, scale_result
from sentiment.evaluation.score_table import scores_frame
from sentiment.ui.render.charts import render_costs, render_reliability, render_training
from sentiment.ui.render.matrices import render_matrices
from sentiment.ui.render.pairs import render_pair
from sentiment.ui.session.pairs import compare_pair
from sentiment.ui.session.selection import choose, find_groups
from sentiment.ui.tabs.example_views import show_examples, show_overview
from sentiment.ui.tabs.thresholds import find_axis, say_counts
from sentiment.ui.text import examples as copy
from sentiment.zero_shot.methods import method_of
from sentiment.zero_shot.templates import TEMPLATES
from tests.support.builders import tiny_backbone
from tests.support.results import made_result

ODD = {
    "one text": ([1], [0.7]),
    "one gold label": ([0, 0, 0], [0.2, 0.6, 0.7]),
    "some unlabelled": ([0, -1, 1], [0.2, 0.6, 0.7]),
    "certain": ([0, 1, 1, 0], [0.0, 1.0, 0.0, 1.0]),
    "all the same score": ([0, 1, 1, 0], [0.5, 0.5, 0.5, 0.5]),
}


@pytest.fixture
def home(trained_folder: Path) -> Path:
    return tiny_backbone(trained_folder / "tiny")


def _save(home: Path, *results: Result) -> None:
    for i, result in enumerate(results):
        save_result(result, home / "predictions" / f"{i}.parquet")


@pytest.mark.parametrize("name", ODD)
def test_an_odd_result_is_shown(home: Path, name: str) -> None:
    gold, p_positive = ODD[name]
    info = {"dataset": "odd", "fingerprint": "odd"}
    a = made_result("a", gold, p_positive, **info)
    b = made_result("b", gold, [1 - p for p in p_positive], **info)
    a.info.thresholds["of-tomorrow"] = 0.3
    _save(home, a, b)
    chosen = choose("odd-file", "a", "b")
    first, second = chosen.a, chosen.b
    assert first is not None
    assert second is not None
    pair = compare_pair(chosen.results, first, second)
    assert render_pair(pair).count('data-kind="') == 100 + 4
    render_matrices(first, second, pair)
    assert render_training({})
    sides = {"a": first, "b": second}
    can_scale = len(first.gold) > 1
    assert render_reliability(
        sides, {side: scale_result(own, {}) for side, own in sides.items()} if can_scale else {}
    )
    render_costs(scores_frame(chosen.results, []))
    assert any(mark[0] == "of-tomorrow" for mark in find_axis(first).marks)
    assert "AUROC" in say_counts(first, -0.4)
    assert "texts" in show_examples(chosen, "all", "", "")[1]
    assert show_overview(chosen)[0]


def test_a_result_without_gold_labels_is_named_and_left_out(home: Path) -> None:
    _save(home, made_result("blind", [-1, -1], [0.2, 0.9], dataset="odd"))
    groups, problems = find_groups()
    assert "odd-file" not in groups
    assert any("blind on odd file: no text has a label" in problem for problem in problems)


def test_two_templates_of_one_model_stand_side_by_side(home: Path) -> None:
    one = made_result("m", [0, 1], [0.2, 0.9], dataset="odd", method=method_of(TEMPLATES["zhao"]))
    two = made_result("m", [0, 1], [0.4, 0.3], dataset="odd", method=method_of(TEMPLATES["review"]))
    _save(home, one, two)
    assert set(by_name(find_groups()[0]["odd-file"].results)) == {"m (zhao)", "m (review)"}


def test_a_file_of_the_challenge_sets_name_is_not_taken_for_it(home: Path) -> None:
    a = made_result("a", [0, 1] * 20, [0.2, 0.9] * 20, dataset="challenge", split="file")
    _save(home, a, replace(a, info=replace(a.info, model="b")))
    chosen = choose("challenge-file", "a", "b")
    assert copy.SLICES_NOTE in show_overview(chosen)[0]
    shown = show_examples(chosen, "r-1-1", "", "")
    assert "their source is unknown" in shown[-1]
    assert shown[2] == ""  # no list of texts that cannot be read


def test_the_pair_shown_first_is_two_models() -> None:
    for slug in find_groups()[0]:
        chosen = choose(slug, None, None)
        assert chosen.a is not chosen.b, slug
