"""Pure: explanations -> a table as escaped HTML, a row per word, a column per model."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sentiment.inference.explanation import Attribution
from sentiment.labels import LABELS, POSITIVE
from sentiment.serving.answers import Explanation
from sentiment.ui.render.html import scroll_table
from sentiment.ui.text import shared as copy

_DEEPEST = 46  # per cent of the colour under the strongest word: ink stays readable on it


def render_words(explanations: Sequence[Explanation], label: str) -> str:
    """The same words under every model, tinted and signed; sums and deletion checks below.

    Args:
        label: the class the scores speak for; they are turned where it is the negative one.
    """
    found = [explanation for explanation in explanations if explanation.attribution]
    problems = "".join(
        f'<p class="s-message s-alert" role="alert">{escape(e.error)}</p>'
        for e in explanations
        if e.error
    )
    if not found:
        return problems
    turn = 1 if label == LABELS[POSITIVE] else -1
    columns = [explanation.attribution for explanation in found if explanation.attribution]
    head = "".join(
        f'<th scope="col">{escape(e.model)}<small>{escape(e.kind)}</small></th>' for e in found
    )
    rows = [
        f'<tr><th scope="row"><div dir="auto">{escape(part)}</div></th>'
        + "".join(_cell(own.scores[i], turn, own) for own in columns)
        + "</tr>"
        for i, part in enumerate(columns[0].parts)
    ]
    sums = "".join(f"<td>{_signed(turn * own.total)}</td>" for own in columns)
    odds = "".join(f"<td>{_signed(turn * own.log_odds)}</td>" for own in columns)
    checks = "".join(f'<td class="s-why">{_check(own)}</td>' for own in columns)
    foot = (
        f'<tr class="s-sum"><th scope="row">{copy.WHY_SUM}</th>{sums}</tr>'
        f'<tr><th scope="row">{copy.WHY_ODDS}</th>{odds}</tr>'
        f'<tr><th scope="row">{copy.WHY_CHECK}</th>{checks}</tr>'
    )
    body = (
        f'<thead><tr><th scope="col">{copy.WHY_WORD}</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}{foot}</tbody>"
    )
    table = scroll_table(copy.WHY_CAPTION.format(label=label), body)
    return f'<div class="s-words">{table}</div>{problems}'


def _cell(score: float | None, turn: int, own: Attribution) -> str:
    if score is None:
        said = f'title="{copy.WHY_UNREAD_TITLE}" aria-label="{copy.WHY_UNREAD_TITLE}"'
        return f'<td class="s-unread" {said}>{copy.WHY_UNREAD}</td>'
    strongest = max(abs(other) for other in own.scores if other is not None) or 1.0
    depth = round(_DEEPEST * abs(score) / strongest)
    kind = "s-for" if turn * score > 0 else "s-against"
    return f'<td class="{kind}" style="--depth:{depth}%">{_signed(turn * score)}</td>'


def _signed(value: float) -> str:
    shown = f"{abs(value):.2f}"
    return shown if float(shown) == 0 else f"{'+' if value > 0 else '−'}{shown}"


def _check(own: Attribution) -> str:
    deletion = own.deletion
    if deletion is None:
        return copy.WHY_TOO_SHORT
    said = copy.WHY_DELETION.format(
        count=deletion.count,
        full=deletion.p_full,
        strongest=deletion.p_strongest,
        random=deletion.p_random,
    )
    verdict = copy.WHY_PASSED if deletion.is_passed else copy.WHY_FAILED
    return f"{escape(said)} <b>{escape(verdict)}</b>"
