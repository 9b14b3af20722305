from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sentiment.evaluation.comparison import compare
from sentiment.evaluation.draws import group_draws
from sentiment.evaluation.outcomes import ALIASES, OUTCOMES
from sentiment.evaluation.published import published_for
from sentiment.evaluation.results import Result, ResultInfo
from sentiment.evaluation.score_table import (
    draws_frame,
    export_scores,
    majority_row,
    scores_frame,
)
from sentiment.method import Method
from sentiment.models.catalogue import ModelInfo
from sentiment.ui.render.matrices import render_matrices
from sentiment.ui.render.tables import render_exports, render_scores
from sentiment.ui.render.theme import PALETTE

GOLD = np.array([0, 0, 0, 1, 1, 1, 1, 0])
A = np.array([0.1, 0.9, 0.9, 0.2, 0.9, 0.9, 0.9, 0.2])
B = np.array([0.1, 0.2, 0.9, 0.9, 0.9, 0.9, 0.1, 0.2])


def _result(name: str, p: np.ndarray, kind: str = "fine-tuned") -> Result:
    method = Method(kind="lora")
    info = ResultInfo(name, kind, "net", method, "h", "sst2", "validation", "f", "2026-01-01", {})
    n = len(p)
    frame = pd.DataFrame(
        {"row": range(n), "gold": GOLD, "p_positive": p, "tokens_read": 5, "tokens_total": 5}
    )
    return Result(info, frame)


def _cell(html: str, key: str) -> str:
    return html.split(f'data-show="{key}"')[1].split("</button>")[0]


def _matrices() -> str:
    a, b = _result("a", A), _result("b", B)
    return render_matrices(a, b, compare([a, b])[0])


def test_the_matrices_show_counts_and_row_shares() -> None:
    html = _matrices()
    assert "<b>2</b><small>50 %</small>" in _cell(html, "a-0-1")
    assert "<b>3</b><small>75 %</small>" in _cell(html, "b-1-1")
    assert 'class="s-bad" data-show="a-0-1"' in html
    assert 'class="s-good" data-show="a-0-0"' in html
    assert "A: a: actual negative, predicted positive: 2 (50 %). Show these texts." in html


def test_the_difference_is_signed_and_says_who_is_better() -> None:
    html = _matrices()
    assert "<b>+1</b><small>better</small>" in _cell(html, "c-0-0")
    assert "<b>−1</b><small>better</small>" in _cell(html, "c-0-1")
    assert "<b>±0</b><small>same</small>" in _cell(html, "c-1-1")


def test_the_last_matrix_counts_who_is_right() -> None:
    html = _matrices()
    counts = [
        f"<b>{count}</b>" in _cell(html, key)
        for key, count in (("r-1-1", 4), ("r-1-0", 1), ("r-0-1", 2), ("r-0-0", 1))
    ]
    assert all(counts)


def test_where_there_are_no_texts_to_open_a_cell_is_no_button() -> None:
    a, b = _result("a", A), _result("b", B)
    html = render_matrices(a, b, compare([a, b])[0], opens=False)
    assert "<button" not in html
    assert "Show these texts" not in html
    assert html.count("<div") == html.count("</div>") == 17
    assert html.count("aria-label") == 16


def test_every_cell_opens_texts() -> None:
    found = set(re.findall(r'data-show="([^"]+)"', _matrices()))
    assert found == (set(OUTCOMES) | set(ALIASES)) - {"all", "w-a", "w-b"}


def _table(frame: pd.DataFrame, **more: object) -> str:
    settings = {"majority": majority_row(_result("a", A)), "published": (), "caption": "c", **more}
    return render_scores(frame, **settings)  # type: ignore[arg-type]


def test_the_table_shows_the_metrics_and_the_floor() -> None:
    model = ModelInfo("a", Path("x"), "fine-tuned", "net", "lora", "sst2", 1234, 56, 2_000_000)
    frame = scores_frame([_result("a", A), _result("gone", B)], [model])
    html = _table(frame)
    assert '<span class="s-value">62<small>[31, 86]</small></span>' in html
    assert '<span class="s-value">1,234</span>' in html
    assert '<span class="s-value">56</span>' in html
    assert '<span class="s-value">2.0 MB</span>' in html
    assert "always positive<small>majority class</small>" in html
    assert '<span class="s-value">50.0</span>' in html
    small = scores_frame([_result("a", A)], [replace(model, size_bytes=2160, trainable=0)])
    assert '<span class="s-value">2.2 kB</span>' in _table(small)


def test_a_view_has_per_cents_only() -> None:
    html = _table(
        scores_frame([_result("a", A)], []), published=published_for("sst2", "validation")
    )
    words = re.sub(r"<[^>]+>", " ", html)
    assert re.findall(r"\b0\.\d{3,}", words) == []
    assert words.count("95 % CI") == 1


def test_the_baseline_has_a_group_of_its_own() -> None:
    frame = scores_frame([_result("tuned", A), _result("counted", B, kind="baseline")], [])
    groups = re.findall(r'scope="rowgroup"[^>]*>([^<]+)<', _table(frame))
    assert groups == ["net", "Baseline"]
    assert "counted" in _table(frame).split(">Baseline<")[1]
    assert "tuned" not in _table(frame).split(">Baseline<")[1]


def test_the_best_and_those_level_with_it_are_marked() -> None:
    frame = scores_frame([_result("one", A), _result("two", B), _result("three", B)], [])
    html = _table(frame, leaders=("two", frozenset({"three"})))
    assert html.count("★ best") == 1
    assert "★ best" in html.split('data-model="two"')[1].split("</tr>")[0]
    assert "≈ not distinguishable" in html.split('data-model="three"')[1].split("</tr>")[0]
    assert "data-show" not in html
    html = _table(frame, selectable=True)
    assert html.count('data-show="set-a|') == html.count('data-show="set-b|') == 3


def test_names_in_the_table_are_escaped() -> None:
    evil = replace(_result("a", A).info, model='<img src="x">', backbone="<b>")
    frame = scores_frame([replace(_result("a", A), info=evil)], [])
    html = _table(frame, caption="<i>", selectable=True)
    assert "<img" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert 'src="x"' not in html


def test_published_figures_are_folded_and_say_whether_they_compare() -> None:
    html = _table(
        scores_frame([_result("a", A)], []), published=published_for("sst2", "validation")
    )
    board, _, folded = html.partition("<details")
    assert "Published results, not reproduced here" in folded
    assert "89.54</td>" in folded
    assert "not the same split, so not comparable: a random fifth of train" in folded
    assert "DistilBERT" not in board


def test_published_figures_stand_beside_the_official_split_only() -> None:
    assert published_for("sst2", "train-random-20-seed-42") == published_for("sst2", "file") == []


def test_the_exports_are_in_the_page_itself() -> None:
    frame = scores_frame([_result("a", A)], [])
    links = re.findall(r'download="([^"]+)" href="data:[^,]+,([^"]+)"', render_exports(frame, "t"))
    assert [name for name, _ in links] == ["t.csv", "t.tex", "t.md"]
    for name, content in links:
        expected = export_scores(frame, Path(name).suffix)
        assert base64.b64decode(content).decode() == expected


def test_names_in_the_matrices_are_escaped() -> None:
    evil = replace(_result("a", A).info, model="<img src=x>")
    a = replace(_result("a", A), info=evil)
    assert "<img" not in render_matrices(a, a, compare([a, a], ["A", "B"])[0])


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "soft", "accent", "negative", "positive", "alert"])
@pytest.mark.parametrize("ground", ["paper", "card"])
def test_text_has_a_contrast_of_at_least_4_5(mode: int, ink: str, ground: str) -> None:
    light, dark = sorted((_luminance(PALETTE[name][mode]) for name in (ink, ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_few_shot_row_shows_each_draw_and_cannot_be_selected() -> None:
    method = Method(kind="prompt", template="zhao", shots=4, shots_from="sst2")
    draws = [_result("net", A, "few-shot"), _result("net", B, "few-shot")]
    for seed, draw in enumerate(draws):
        draws[seed] = replace(
            draw, info=replace(draw.info, method=replace(method, shots_seed=seed))
        )
    models = [_result("net", A, "zero-shot"), _result("tuned", B)]
    frame = pd.concat([scores_frame(models, []), draws_frame(group_draws(draws), [])])
    table = _table(frame, selectable=True)
    said = "95 % CI; few-shot: mean ± standard deviation of the draws"
    assert said in table
    assert said not in _table(scores_frame(models, []))
    rows = table.split("<tr data-model=")[1:]
    assert [row.partition('"')[2].partition('"')[0] for row in rows] == [
        "net",
        "net (4-shot, 2 draws)",  # beside the zero-shot row
        "tuned",
    ]
    shown = rows[1]
    assert "accuracy of each draw: 62.5, 75.0" in shown
    assert "68.8<small>± 8.8</small>" in shown
    assert [float(left) for left in re.findall(r'<b style="left:([\d.]+)%"', shown)] == [62.5, 75.0]
    assert "data-side" in rows[0]
    assert "data-side" not in shown
