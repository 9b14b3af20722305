"""Render the description of a prompt template."""

from __future__ import annotations

from html import escape

from sentiment.ui.render.html import render_note
from sentiment.ui.text import shared as copy
from sentiment.zero_shot.templates import TEMPLATES


def describe_template(name: str | None) -> str:
    """Render the template `name` with its label words and its source."""
    template = TEMPLATES.get(name or "")
    if template is None:
        return render_note(copy.OPTIONS_DEFAULT_NOTE)
    negative, positive = (words.strip() for words in template.label_words)
    note = copy.OPTIONS_TEMPLATE_NOTE.format(
        negative=negative,
        positive=positive,
        serves=copy.OPTIONS_SERVES[template.kind],
        source=template.source,
    )
    return f'<pre class="s-template">{escape(template.text)}</pre>{render_note(note)}'
