from __future__ import annotations

import pytest

from sentiment.evaluation.challenge import CapabilityScore, FailureRate
from sentiment.evaluation.metrics import wilson_interval
from sentiment.evaluation.subsets import find_hits
from sentiment.ui.render.examples import Example, mark_hits, render_examples
from sentiment.ui.render.heatmap import render_heatmap, render_pairs


def _score(failures: int, n: int = 24) -> CapabilityScore:
    rate = FailureRate(n, failures, wilson_interval(failures, n))
    return CapabilityScore("negation", rate, rate, None)


def test_an_example_shows_its_label_both_predictions_and_leads_to_compare() -> None:
    html = render_examples([Example(7, "Not <b>good</b>", 0, 0.9, 0.004)])
    assert "Not &lt;b&gt;good&lt;/b&gt;" in html
    assert '<b class="s-negative">− negative</b></span>' in html
    assert 'A <b class="s-positive">+ positive</b>' in html
    assert 'B <b class="s-negative">− negative</b>' in html
    assert [html.count(shown) for shown in ("</small> 0.90 ✗", "</small> &lt;0.01 ✓")] == [1, 1]
    assert 'data-show="7"' in html


def test_a_text_without_a_label_is_neither_right_nor_wrong() -> None:
    html = render_examples([Example(7, "Fine", -1, 0.9, 0.1)])
    assert "label <b>none</b>" in html
    assert "✓" not in html
    assert "✗" not in html


@pytest.mark.parametrize(
    ("wanted", "marked"),
    [
        ("film", "A <mark>film</mark> &lt;of&gt; <mark>Film</mark>s"),
        ("/f[a-z]+/", "A <mark>film</mark> &lt;of&gt; <mark>Films</mark>"),
        ("<of>", "A film <mark>&lt;of&gt;</mark> Films"),
        ("/(/", "A film &lt;of&gt; Films"),
        ("", "A film &lt;of&gt; Films"),
        ("/x*/", "A film &lt;of&gt; Films"),
    ],
)
def test_hits_are_marked_and_escaped(wanted: str, marked: str) -> None:
    text = "A film <of> Films"
    assert mark_hits(text, find_hits(text, wanted)) == marked


def test_the_heat_map_has_a_number_in_every_cell_that_is_a_button() -> None:
    scores = {"one": [_score(6)], "two|<b>": [_score(0)]}
    html = render_heatmap(scores, {"net": ["one", "two|<b>"]}, chosen=("one", "other"))
    assert html.count("<button") == 2
    assert ">25</button>" in html
    assert ">0</button>" in html
    assert 'aria-label="one, Negation: 6 of 24 wrong. Show these texts."' in html
    assert 'data-show="two|&lt;b&gt;|Negation"' in html
    assert "<b>A</b>" in html
    assert "s-negative" not in html


def test_pairs_are_counted_for_both_models() -> None:
    html = render_pairs("one", "two", ([_score(6)], [_score(12)]))
    assert "6 of 24 failed" in html
    assert "12 of 24 failed" in html
