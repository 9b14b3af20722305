from __future__ import annotations

from sentiment.inference.explanation import Attribution, DeletionCheck
from sentiment.serving.answers import Explanation
from sentiment.ui.render.attributions import render_words
from sentiment.ui.text import shared as copy

DELETION = DeletionCheck(count=3, p_full=0.9, p_strongest=0.4, p_random=0.8, is_passed=True)


def _explained(
    name: str, *scores: float | None, deletion: DeletionCheck | None = DELETION
) -> Explanation:
    parts = ("a", "<b>", "film")
    own = Attribution(parts, scores, 1.5, "occlusion", 4, deletion)
    return Explanation(name, "fine-tuned", "net", attribution=own)


def test_the_same_word_stands_in_one_row_under_every_model() -> None:
    html = render_words([_explained("one", 0.5, -2, 0), _explained("two", 1, 0.25, 0)], "positive")
    row = html.split('dir="auto">&lt;b&gt;</div></th>')[1].split("</tr>")[0]
    assert row == (
        '<td class="s-against" style="--depth:46%">−2.00</td>'
        '<td class="s-for" style="--depth:12%">+0.25</td>'
    )


def test_scores_are_turned_for_the_other_label() -> None:
    html = render_words([_explained("one", 0.5, -2, 0)], "negative")
    assert '<td class="s-for" style="--depth:46%">+2.00</td>' in html
    assert "<td>+1.50</td>" in html  # the sum
    assert "<td>−1.50</td>" in html  # the log-odds


def test_the_check_says_whether_the_scores_are_to_be_trusted() -> None:
    failed = DeletionCheck(count=3, p_full=0.9, p_strongest=0.5, p_random=0.8, is_passed=False)
    explained = [_explained("one", 1, 1, 1), _explained("two", 1, 1, 1, deletion=failed)]
    html = render_words([*explained, _explained("three", 1, 1, 1, deletion=None)], "positive")
    assert "Without the 3 words that contribute most to it: 0.40; without 3 others" in html
    assert html.count(copy.WHY_PASSED) == 1
    assert html.count(copy.WHY_FAILED) == 1
    assert html.count(copy.WHY_TOO_SHORT) == 1


def test_a_model_that_cannot_be_explained_stands_below_the_others() -> None:
    problem = Explanation("x", "baseline", "net", error="<i>no gradient</i>")
    html = render_words([_explained("one", 1, 1, 1), problem], "positive")
    assert "&lt;i&gt;no gradient" in html
    assert render_words([problem], "positive").count("<table") == 0
    assert render_words([], "positive") == ""


def test_what_a_model_does_not_read_is_said_to_be_unread_and_counts_for_nothing() -> None:
    explained = [_explained("one", 0.5, None, -0.25), _explained("two", None, None, None)]
    for label, total in (("positive", "+0.25"), ("negative", "−0.25")):
        html = render_words(explained, label)
        row = html.split("&lt;b&gt;")[1].split("</tr>")[0]
        assert row.count(f">{copy.WHY_UNREAD}</td>") == 2
        assert row.count(f'title="{copy.WHY_UNREAD_TITLE}"') == 2
        assert "0.00" not in row
        assert f"<td>{total}</td>" in html
