"""Attributions: the text under every model on one scale, signs, checks, and a table of scores."""

from __future__ import annotations

import re

from sentiment.inference.explanation import Attribution, DeletionCheck
from sentiment.serving.answers import Explanation
from sentiment.ui.render.attributions import render_attributions
from sentiment.ui.text import why as copy

DELETION = DeletionCheck(count=3, p_full=0.9, p_strongest=0.4, p_random=0.8, is_passed=True)


def _explained(
    name: str, *scores: float | None, deletion: DeletionCheck | None = DELETION
) -> Explanation:
    parts = ("a", "<b>", "film")
    own = Attribution(parts, scores, 1.5, "occlusion", 4, deletion)
    return Explanation(name, "fine-tuned", "net", attribution=own)


def _words(html: str) -> list[tuple[str, str]]:
    """Label and depth of every word of the sentences."""
    return re.findall(r'class="s-word s-(\w+)" style="--depth:(\d+)%"', html)


def test_words_are_tinted_on_one_scale_for_all_models() -> None:
    html = render_attributions([_explained("one", 0.5, -2, 0.1), _explained("two", 1, 0.5, -1)])
    assert _words(html) == [
        ("positive", "12"),
        ("negative", "46"),
        ("positive", "2"),
        ("positive", "23"),
        ("positive", "12"),
        ("negative", "23"),
    ]


def test_strong_words_carry_their_sign_and_every_word_its_number() -> None:
    html = render_attributions([_explained("one", 0.5, -2, 0.1)])
    assert html.count("<sup>−</sup>") == 1
    assert html.count("<sup>+</sup>") == 1  # the third word is too weak
    # 1.5 in all; without a word of −2 there are 3.5 log-odds left, a probability of 0.97
    assert 'title="−2.00 log-odds towards positive; without this word, P(positive) 0.97"' in html


def test_the_same_word_stands_in_one_row_of_the_table() -> None:
    html = render_attributions([_explained("one", 0.5, -2, 0), _explained("two", 1, 0.25, 0)])
    row = html.split('dir="auto">&lt;b&gt;</div></th>')[1].split("</tr>")[0]
    assert re.findall(r'class="s-(\w+)" style="--depth:(\d+)%">([^<]+)<', row) == [
        ("against", "46", "−2.00"),
        ("for", "6", "+0.25"),
    ]


def test_the_check_says_whether_the_scores_are_to_be_trusted() -> None:
    failed = DeletionCheck(count=3, p_full=0.9, p_strongest=0.5, p_random=0.8, is_passed=False)
    explained = [_explained("one", 1, 1, 1), _explained("two", 1, 1, 1, deletion=failed)]
    html = render_attributions([*explained, _explained("three", 1, 1, 1, deletion=None)])
    assert "✓ P(+) without the 3 strongest words: 0.90 → 0.40; without 3 random words: 0.80" in html
    assert "✗ P(+) without the 3 strongest words: 0.90 → 0.50" in html
    assert html.count(copy.PASSED) == html.count(copy.FAILED) == html.count(copy.TOO_SHORT) == 1


def test_a_model_that_cannot_be_explained_stands_below_the_others() -> None:
    problem = Explanation("x", "baseline", "net", error="<i>no gradient</i>")
    html = render_attributions([_explained("one", 1, 1, 1), problem])
    assert "&lt;i&gt;no gradient" in html
    assert "<table" not in render_attributions([problem])
    assert render_attributions([]).strip() == ""


def test_what_a_model_does_not_read_is_said_to_be_unread_and_counts_for_nothing() -> None:
    explained = [_explained("one", 0.5, None, -0.25), _explained("two", None, None, None)]
    html = render_attributions(explained)
    row = html.split('dir="auto">&lt;b&gt;</div></th>')[1].split("</tr>")[0]
    assert row.count(f">{copy.UNREAD}</td>") == 2
    assert row.count(f'title="{copy.UNREAD_TITLE}"') == 2
    assert "0.00" not in row
    assert "<td>+0.25</td>" in html
