from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from sentiment.evaluation.comparison import Comparison, compare
from sentiment.ui.render.pairs import describe_pair, render_pair, round_to
from tests.support.results import made_result


def _pair(*, right: tuple[int, int, int, int], names: tuple[str, str] = ("a", "b")) -> Comparison:
    both, only_a, only_b, neither = right
    p_a = [0.9] * both + [0.9] * only_a + [0.1] * only_b + [0.1] * neither
    p_b = [0.9] * both + [0.1] * only_a + [0.9] * only_b + [0.1] * neither
    gold = [1] * len(p_a)
    return compare([made_result("a", gold, p_a), made_result("b", gold, p_b)], names)[0]


@pytest.mark.parametrize(
    "counts",
    [(1, 1, 1, 0), (1, 0, 0, 0), (333, 333, 333, 1), (0, 0, 0, 7), (594, 193, 25, 60)],
)
def test_the_dots_sum_to_100(counts: tuple[int, int, int, int]) -> None:
    scaled = round_to(100, dict(zip("abcd", counts, strict=True)))
    assert sum(scaled.values()) == 100
    for name, count in zip("abcd", counts, strict=True):
        assert abs(scaled[name] - 100 * count / sum(counts)) < 1


def test_the_largest_remainders_are_rounded_up() -> None:
    assert round_to(10, {"a": 16, "b": 15, "c": 69}) == {"a": 2, "b": 1, "c": 7}


def test_the_dots_are_told_apart_by_shape() -> None:
    html = render_pair(_pair(right=(50, 10, 30, 10)))
    dots = Counter(re.findall(r'<use href="#s-dot-(\w+)" x=', html))
    assert dots == {"both": 50, "a": 10, "b": 30, "neither": 10}
    assert "negative" not in html
    assert "positive" not in html


def test_the_difference_stands_with_its_interval_on_a_line_with_0() -> None:
    html = render_pair(_pair(right=(500, 100, 300, 100)))
    assert "<b>+20.0</b>" in html
    assert "accuracy A 60.0 % → B 80.0 %, n = 1,000" in html
    low, high = map(float, re.findall(r"difference: \+([\d.]+) to \+([\d.]+) points", html)[0])
    assert low < 20 < high
    zero = float(re.findall(r'class="s-zero" x1="([\d.]+)"', html)[0])
    start = float(re.findall(r'class="s-span" x="([\d.]+)"', html)[0])
    assert zero < start


def test_a_worse_b_has_a_minus() -> None:
    html = render_pair(_pair(right=(500, 300, 100, 100)))
    assert "<b>−20.0</b>" in html


def test_the_sentence_has_the_exact_p_value_and_the_corrected_one() -> None:
    pair = replace(_pair(right=(50, 8, 12, 30)), p_holm=1.0, pairs=36)
    said = describe_pair(pair)
    assert f"exact McNemar p = {pair.p:.2f}, p = 1.00 after Holm's correction for 36 pairs" in said
    assert "not distinguishable" in said
    assert "correct on exactly the same texts" in describe_pair(_pair(right=(50, 0, 0, 50)))


def test_names_are_escaped() -> None:
    html = render_pair(_pair(right=(5, 1, 3, 1), names=("<img src=x>", '"><script>')))
    assert "<img" not in html
    assert "<script" not in html
