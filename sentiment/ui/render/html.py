"""Render HTML shared by the tabs: messages, titles, notes, bars and scrolling tables."""

from __future__ import annotations

from html import escape

from sentiment.formatting import share_of
from sentiment.ui.text import shared
from sentiment.ui.text.train import TAB_TRAIN

NOT_KNOWN = "–"
_MIN_WIDTH = 0.6  # per cent of a bar; narrower parts are drawn at this width


def render_message(message: str, *, is_alert: bool = False) -> str:
    """Render a message in place of a result."""
    role, style = ("alert", "s-message s-alert") if is_alert else ("status", "s-message")
    return f'<p class="{style}" role="{role}">{escape(message)}</p>'


def render_title(title: str, question: str = "") -> str:
    """Render the heading of a section, with its question below."""
    return f'<h2 class="s-title">{escape(title)}</h2>{render_note(question) if question else ""}'


def render_note(note: str) -> str:
    """Render a note."""
    return f'<p class="s-note">{escape(note)}</p>'


def render_sentence(sentence: str, note: str = "") -> str:
    """Render the conclusion of a table or figure, with a note in smaller type."""
    small = f" <small>{escape(note)}</small>" if note else ""
    return f'<p class="s-say" role="status">{escape(sentence)}{small}</p>'


def scroll_table(caption: str, content: str) -> str:
    """Render a table that scrolls horizontally on narrow screens."""
    escaped = escape(caption)
    return (
        f'<div class="s-scroll" tabindex="0" role="region" aria-label="{escaped}">'
        f'<table class="s-table"><caption>{escaped}</caption>{content}</table></div>'
    )


def render_parameters(total: int, trainable: int, name: str = "") -> str:
    """Render frozen and trainable parameters as one bar with a legend.

    Args:
        name: start of the text alternative.
    """
    share = 100 * trainable / max(1, total)
    shown = share_of(trainable, total)
    description = shared.PARAMETERS_ALT.format(
        frozen=total - trainable, trainable=trainable, share=shown
    )
    is_widened = 0 < share < _MIN_WIDTH
    width = _MIN_WIDTH if is_widened else share
    label = f"{name}: {description}" if name else description
    return (
        f'<div class="s-parts" role="img" aria-label="{escape(label)}">'
        f'<i style="width:{100 - width:.2f}%"></i><u style="width:{width:.2f}%"></u></div>'
        f'<p class="s-legend"><b class="s-still">{shared.FROZEN} {total - trainable:,}</b> '
        f'<b class="s-moves">{shared.TRAINED} {trainable:,} ({shown} %)</b>'
        f"{f' {shared.NOT_TO_SCALE}' if is_widened else ''}</p>"
    )


def render_progress(done: int, total: int, message: str) -> str:
    """Render a progress bar with a message."""
    share = 100 * done / max(1, total)
    return (
        f'<div class="s-track s-progress" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="{total}" aria-valuenow="{done}" aria-label="{TAB_TRAIN}">'
        f'<i style="width:{share:.1f}%"></i></div>'
        f'<p class="s-message" role="status">{escape(message)}</p>'
    )
