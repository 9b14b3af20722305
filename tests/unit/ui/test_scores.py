from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sentiment.catalogue import CheckpointInfo
from sentiment.metrics import compute_metrics
from sentiment.results import Result, ResultInfo
from sentiment.ui.figures import confusion_figure, difference_figure
from sentiment.ui.scores import pair_sentence
from sentiment.ui.tables import majority_row, render_scores, scores_frame
from sentiment.ui.theme import PALETTE

GOLD = np.array([0, 0, 0, 1, 1, 1, 1, 0])
A = np.array([0.1, 0.9, 0.9, 0.2, 0.9, 0.9, 0.9, 0.2])
B = np.array([0.1, 0.2, 0.9, 0.9, 0.9, 0.9, 0.1, 0.2])


def _result(name: str, p: np.ndarray, kind: str = "fine-tuned") -> Result:
    info = ResultInfo(name, kind, "net", "m", "h", "sst2", "validation", "f", "2026-01-01", {})
    n = len(p)
    frame = pd.DataFrame(
        {"row": range(n), "gold": GOLD, "p_positive": p, "tokens_read": 5, "tokens_total": 5}
    )
    return Result(info, frame)


def test_the_matrix_shows_counts_and_row_shares() -> None:
    heatmap = confusion_figure(compute_metrics(GOLD, A)).data[0]
    assert heatmap.text[0][1] == "<b>2</b><br>50 %"
    assert heatmap.z.tolist() == [[0.5, 0.5], [0.25, 0.75]]
    assert list(heatmap.x) == ["said −", "said +"]
    assert list(heatmap.y) == ["is −", "is +"]


def test_the_difference_is_signed_and_coloured_by_who_is_better() -> None:
    heatmap = difference_figure(compute_metrics(GOLD, A), compute_metrics(GOLD, B)).data[0]
    assert [list(row) for row in heatmap.text] == [["<b>+1</b>", "<b>−1</b>"], ["<b>±0</b>"] * 2]
    assert heatmap.z.tolist() == [[1, 1], [0, 0]]


def test_a_matrix_of_one_gold_label_has_no_division_by_nothing() -> None:
    heatmap = confusion_figure(compute_metrics(np.ones(3, int), np.full(3, 0.9))).data[0]
    assert np.isfinite(heatmap.z).all()


def test_the_pair_sentence_counts_what_each_gets_right_alone() -> None:
    assert pair_sentence(_result("a", A), _result("b", B)) == (
        "a is right about 5 of 8 texts, b about 6: 2 that A got wrong, B gets right; "
        "1 that A got right, B gets wrong."
    )


def test_the_table_shows_the_metrics_and_the_floor() -> None:
    model = CheckpointInfo("a", Path("x"), "fine-tuned", "net", "lora", "sst2", 1234, 56, 2_000_000)
    frame = scores_frame([_result("a", A), _result("gone", B)], [model])
    html = render_scores(frame, floor=majority_row(_result("a", A)), caption="c")
    assert "0.6250<small>[" in html
    assert '<td title="1,234">0.0 M<small>56 trained</small></td><td>2.0 MB</td>' in html
    assert "always positive<small>baseline</small></th><td>0.5000</td>" in html
    small = scores_frame([_result("a", A)], [replace(model, size_bytes=2160, trainable=0)])
    html = render_scores(small, floor=majority_row(_result("a", A)), caption="c")
    assert "<small>none trained</small></td><td>2.2 kB</td>" in html


def test_names_in_the_table_are_escaped() -> None:
    evil = replace(_result("a", A).info, model="<img src=x>", backbone="<b>")
    frame = scores_frame([replace(_result("a", A), info=evil)], [])
    html = render_scores(frame, floor=majority_row(_result("a", A)), caption="<i>")
    assert "<img" not in html
    assert "<b>" not in html
    assert "<i>" not in html


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
