"""Saved predictions of every odd kind are shown, or named in one sentence; nothing is thrown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sentiment.evaluation.results import Result, by_name, save_result
from sentiment.ui.render.charts import render_reliability, render_training
from sentiment.ui.render.matrices import render_verdict
from sentiment.ui.session.selection import choose, find_groups
from sentiment.ui.tabs.examples import _show
from sentiment.ui.tabs.thresholds import find_axis, say_counts
from sentiment.ui.text import shared as copy
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
    groups, _, first, second = choose("odd file", "a", "b")
    results = groups["odd file"]
    assert first is not None
    assert second is not None
    render_verdict(results, first, second)
    render_training(first, second, {})
    render_reliability(first, second, {})
    assert any(mark[0] == "of-tomorrow" for mark in find_axis(first).marks)
    assert "AUROC" in say_counts(first, -0.4)
    assert "texts" in _show(first, second, "all", "", "")[1]


def test_a_result_without_gold_labels_is_named_and_left_out(home: Path) -> None:
    _save(home, made_result("blind", [-1, -1], [0.2, 0.9], dataset="odd"))
    groups, problems = find_groups()
    assert "odd file" not in groups
    assert any("blind on odd file: no text has a label" in problem for problem in problems)


def test_two_templates_of_one_model_stand_side_by_side(home: Path) -> None:
    one = made_result("m", [0, 1], [0.2, 0.9], dataset="odd", method=method_of(TEMPLATES["zhao"]))
    two = made_result("m", [0, 1], [0.4, 0.3], dataset="odd", method=method_of(TEMPLATES["review"]))
    _save(home, one, two)
    assert set(by_name(find_groups()[0]["odd file"])) == {"m (zhao)", "m (review)"}


def test_a_file_of_the_challenge_sets_name_is_not_taken_for_it(home: Path) -> None:
    a = made_result("a", [0, 1] * 20, [0.2, 0.9] * 20, dataset="challenge", split="file")
    _save(home, a, replace(a, info=replace(a.info, model="b")))
    _, _, first, second = choose("Challenge set file", "a", "b")
    assert first is not None
    assert second is not None
    shown = _show(first, second, "r-1-1", "", "")
    assert copy.SLICES_TITLE in shown[5]
    assert "not known where they come from" in shown[-1]


def test_the_pair_shown_first_is_two_models() -> None:
    for title in find_groups()[0]:
        _, _, first, second = choose(title, None, None)
        assert first is not second, title
