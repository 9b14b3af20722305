"""Small pieces of markup that every tab uses: messages, titles, notes, bars, tables that scroll."""

from __future__ import annotations

from html import escape

from sentiment.formatting import share_of
from sentiment.ui.text import shared
from sentiment.ui.text.train import TAB_TRAIN

NOT_KNOWN = "–"
_THINNEST = 0.6  # per cent of a bar that can still be seen


def render_message(message: str, *, is_alert: bool = False) -> str:
    """One sentence in the place where the result would have been."""
    role, style = ("alert", "s-message s-alert") if is_alert else ("status", "s-message")
    return f'<p class="{style}" role="{role}">{escape(message)}</p>'


def render_title(title: str, question: str = "") -> str:
    """The heading of a part of a tab, with the plain question that the part answers below it."""
    return f'<h2 class="s-title">{escape(title)}</h2>{render_note(question) if question else ""}'


def render_note(note: str) -> str:
    """A remark under a table."""
    return f'<p class="s-note">{escape(note)}</p>'


def render_sentence(sentence: str, note: str = "") -> str:
    """What a table or a figure comes to, in words, with a quieter remark after it."""
    quiet = f" <small>{escape(note)}</small>" if note else ""
    return f'<p class="s-say" role="status">{escape(sentence)}{quiet}</p>'


def scroll_table(caption: str, content: str) -> str:
    """A table that scrolls sideways by itself where the page is narrow."""
    said = escape(caption)
    return (
        f'<div class="s-scroll" tabindex="0" role="region" aria-label="{said}">'
        f'<table class="s-table"><caption>{said}</caption>{content}</table></div>'
    )


def render_weights(total: int, trainable: int, name: str = "") -> str:
    """Frozen and trainable parameters as one bar with a legend.

    Args:
        name: what is said before the numbers to who cannot see the bar.
    """
    share = 100 * trainable / max(1, total)
    shown = share_of(trainable, total)
    said = shared.WEIGHTS_SAID.format(frozen=total - trainable, trainable=trainable, share=shown)
    is_thin = 0 < share < _THINNEST
    drawn = _THINNEST if is_thin else share
    label = f"{name}: {said}" if name else said
    return (
        f'<div class="s-parts" role="img" aria-label="{escape(label)}">'
        f'<i style="width:{100 - drawn:.2f}%"></i><u style="width:{drawn:.2f}%"></u></div>'
        f'<p class="s-legend"><b class="s-still">{shared.FROZEN} {total - trainable:,}</b> '
        f'<b class="s-moves">{shared.TRAINED} {trainable:,} ({shown} %)</b>'
        f"{f' {shared.TOO_THIN}' if is_thin else ''}</p>"
    )


def render_progress(done: int, total: int, said: str) -> str:
    """How far it has come, as a bar and in words."""
    share = 100 * done / max(1, total)
    return (
        f'<div class="s-track s-progress" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="{total}" aria-valuenow="{done}" aria-label="{TAB_TRAIN}">'
        f'<i style="width:{share:.1f}%"></i></div>'
        f'<p class="s-message" role="status">{escape(said)}</p>'
    )
