from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sentiment.evaluation.results import find_results
from sentiment.models.catalogue import list_models
from sentiment.paths import BUNDLED
from sentiment.ui.lesson.board import build_board
from sentiment.ui.lesson.chart import render_chart, render_outcome
from sentiment.ui.lesson.milestones import LessonChart, Milestone, build_chart
from sentiment.ui.lesson.slides import SLIDES
from sentiment.ui.lesson.text import NO_FIGURES, STEPS
from sentiment.ui.lesson.visit import LessonVisit, find_hidden, guess, open_step, reveal

MINI = "distilbert-mini"
HEAD, LORA, IMDB_LORA = f"{MINI}-sst2-head", f"{MINI}-sst2-lora", f"{MINI}-imdb-sst2-lora"
LARGE = "smollm2-135m"
RAW, CALIBRATED = f"{LARGE} raw", f"{LARGE} batch_mean"
# key of the row: (checkpoint, file of its predictions), read here without the code under test
FILES = {
    MINI: (HEAD, "sst2-validation.zero-shot.parquet"),
    RAW: (LARGE, "sst2-validation.parquet"),
    HEAD: (HEAD, "sst2-validation.parquet"),
    LORA: (LORA, "sst2-validation.parquet"),
    IMDB_LORA: (IMDB_LORA, "sst2-validation.parquet"),
    "tfidf-sst2": ("tfidf-sst2", "sst2-validation.parquet"),
}


@pytest.fixture(scope="module")
def chart() -> LessonChart:
    return build_chart(build_board("sst2", list_models(), find_results()[0]))


def _find(chart: LessonChart, key: str) -> Milestone:
    return next(row for row in chart.rows if row.key == key)


def _read(folder: str, file: str) -> tuple[np.ndarray, np.ndarray]:
    path: Path = BUNDLED / folder / "predictions" / file
    frame = pq.read_table(path).to_pandas()
    return frame["p_positive"].to_numpy(), frame["gold"].to_numpy()


def _all(chart: LessonChart) -> LessonVisit:
    return LessonVisit(frozenset(row.key for row in chart.rows))


@pytest.mark.parametrize("key", FILES)
def test_a_figure_of_the_chart_equals_the_saved_predictions(chart: LessonChart, key: str) -> None:
    p_positive, gold = _read(*FILES[key])
    right = int(((p_positive > 0.5) == (gold == 1)).sum())
    row = _find(chart, key)
    assert (row.right, row.n) == (right, len(gold))
    assert row.interval.low < right / len(gold) < row.interval.high
    drawn = render_chart(chart, _all(chart), 6)
    own = drawn.split(f'data-row="{key}"')[1].split("</svg>\n</div>")[0]
    assert re.findall(r'class="s-value"[^>]*>([\d.]+)<', own) == [f"{100 * right / row.n:.1f}"]


def test_the_second_step_moves_the_threshold_of_the_largest_language_model(
    chart: LessonChart,
) -> None:
    p_positive, gold = _read(*FILES[RAW])
    odds = np.log(p_positive) - np.log1p(-p_positive)
    right = int(((odds > odds.mean()) == (gold == 1)).sum())
    assert _find(chart, CALIBRATED).right == right
    assert right > _find(chart, RAW).right + 0.2 * len(gold)
    assert _find(chart, RAW).name == _find(chart, CALIBRATED).name == "SmolLM2"


def test_the_majority_class_is_known_and_the_rows_follow_the_steps(chart: LessonChart) -> None:
    _, gold = _read(*FILES[HEAD])
    assert chart.rows[0].right == max(gold.sum(), len(gold) - gold.sum())
    order = [(row.key, row.step) for row in chart.rows]
    assert order == [
        ("majority", 0),
        (MINI, 1),
        (RAW, 2),
        (CALIBRATED, 2),
        (HEAD, 3),
        (LORA, 4),
        ("tfidf-sst2", 6),
        (IMDB_LORA, 6),
    ]
    assert (chart.backbone, chart.title) == ("MiniLM", "SST-2 validation")
    guessed = {slide.step for slide in SLIDES if slide.part == "guess"}
    assert {row.step for row in chart.rows} - {0} <= guessed


def test_what_is_not_revealed_is_not_in_the_page(chart: LessonChart) -> None:
    drawn = render_chart(chart, LessonVisit(), 1)
    assert drawn.count(">?</text>") == len(chart.rows) - 1
    assert drawn.count('class="s-value"') == 1
    for row in chart.rows[1:]:
        assert f"{100 * row.accuracy:.1f}" not in re.sub(r'[xy][12]?="[^"]*"', "", drawn)
    assert re.findall(r's-next" data-row="([^"]+)"', drawn) == [MINI]


def test_a_step_reveals_its_rows_one_after_the_other(chart: LessonChart) -> None:
    visit = open_step(LessonVisit(), chart.rows, 6)
    assert {row.key for row in chart.rows if not visit.is_known(row)} == {"tfidf-sst2", IMDB_LORA}
    visit = reveal(visit, chart.rows, 6)
    assert find_hidden(visit, chart.rows, 6) == _find(chart, IMDB_LORA)
    visit = reveal(reveal(visit, chart.rows, 6), chart.rows, 6)
    assert find_hidden(visit, chart.rows, 6) is None
    assert find_hidden(visit, chart.rows, 5) is None


def test_a_guess_is_drawn_in_the_row_to_be_revealed_and_stays(chart: LessonChart) -> None:
    visit = guess(LessonVisit(), chart.rows, 1, 62)
    before = render_chart(chart, visit, 1)
    own = before.split(f'data-row="{MINI}"')[1].split('data-row="')[0]
    assert 'class="s-guess"' in own
    assert "your guess 62" in own
    assert before.count('class="s-guess"') == 1
    visit = reveal(visit, chart.rows, 1)
    assert render_chart(chart, visit, 1).count('class="s-guess"') == 1
    assert guess(visit, chart.rows, 1, 90) == visit


@pytest.mark.parametrize(("value", "kept"), [(0, 50), (50, 50), (83.4, 83), (100, 100), (1e9, 100)])
def test_a_guess_stays_on_the_scale(chart: LessonChart, value: float, kept: int) -> None:
    assert guess(LessonVisit(), chart.rows, 1, value).guesses == {MINI: kept}


@pytest.mark.parametrize(
    ("value", "said"),
    [(62, "9.1 points too low"), (80, "8.9 points too high"), (70, "lies within the interval")],
)
def test_the_outcome_compares_the_guess_with_the_result(
    chart: LessonChart, value: int, said: str
) -> None:
    visit = guess(LessonVisit(), chart.rows, 1, value)
    assert render_outcome(chart.rows, visit, 1) == ""
    outcome = render_outcome(chart.rows, reveal(visit, chart.rows, 1), 1)
    assert "71.1 %, 95 % CI [68.0, 74.0], 620 of 872 correct." in outcome
    assert said in outcome
    silent = render_outcome(chart.rows, reveal(LessonVisit(), chart.rows, 1), 1)
    assert "guess" not in silent


def test_a_chart_without_results_says_so_and_names_are_escaped(chart: LessonChart) -> None:
    assert build_chart(None) == LessonChart()
    assert NO_FIGURES in render_chart(LessonChart(), LessonVisit(), 1)
    nasty = replace(chart, rows=(replace(chart.rows[0], name="<b>", key='"x'),))
    drawn = render_chart(nasty, LessonVisit(), 1)
    assert "<b><b>" not in drawn
    assert "&lt;b&gt;" in drawn
    assert 'data-row=""x' not in drawn


def test_every_step_has_a_slide_and_steps_come_in_order() -> None:
    steps = [slide.step for slide in SLIDES]
    assert steps == sorted(steps)
    assert set(steps) == set(range(1, len(STEPS) + 1))
    assert len(set(SLIDES)) == len(SLIDES)
    for step, own in enumerate(STEPS, 1):
        assert bool(own.guess) == any(s.step == step and s.part == "guess" for s in SLIDES)
