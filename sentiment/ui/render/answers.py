"""Pure: answers -> the grid of verdicts as escaped HTML."""

from __future__ import annotations

from html import escape

from sentiment.labels import LABELS
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import Prediction
from sentiment.ui.render.html import render_note
from sentiment.ui.render.methods import describe_prediction
from sentiment.ui.text import shared as copy
from sentiment.zero_shot.templates import TEMPLATES

SIGNS = {LABELS[0]: "−", LABELS[1]: "+"}


def render_cell(
    model: ModelInfo,
    answer: Prediction | None,
    asked: Prediction | None,
    *,
    opens_prompt: bool = False,
) -> str:
    """The prediction of one model, marked where its label is not that of `asked`."""
    name = escape(model.name)
    kind = {"zero-shot": copy.ZERO_SHOT, "baseline": copy.BASELINE}.get(model.kind, copy.FINE_TUNED)
    opening = f'<article class="s-cell" data-model="{name}" aria-label="{kind}: {name}">'
    if answer is None:
        return f'{opening}<p class="s-waiting" role="status">{copy.WAITING}</p></article>'
    if answer.error:
        return f'{opening}<p class="s-problem" role="alert">{escape(answer.error)}</p></article>'
    flipped = asked is not None and not asked.error and asked.label != answer.label
    pill = f'<span class="s-flip">{copy.FLIPPED}</span>' if flipped else ""
    return (
        f"{opening}"
        f'<p class="s-verdict s-{answer.label}"><span>{SIGNS[answer.label]} {answer.label}</span>'
        f"{pill}</p>"
        f"{_bar('negative', answer.p_negative)}{_bar('positive', answer.p_positive)}"
        f'<p class="s-meta">{_meta(model, answer)}</p>{_prompt(answer, opens_prompt)}</article>'
    )


def _bar(label: str, p: float) -> str:
    shown = escape(_score(p))
    return (
        f'<div class="s-bar s-{label}" role="img" aria-label="{label} {shown}">'
        f"<span>{SIGNS[label]} <em>{label}</em></span>"
        f'<div class="s-track"><i style="width:{100 * p:.1f}%"></i></div><b>{shown}</b></div>'
    )


def _score(p: float) -> str:
    """Two digits, but never a certainty the model does not claim."""
    return "<0.01" if 0 < p < 0.005 else ">0.99" if 0.995 <= p < 1 else f"{p:.2f}"


def _meta(model: ModelInfo, answer: Prediction) -> str:
    """How the answer came about, how much was read and how long it took, as escaped HTML."""
    how, comma, rest = describe_prediction(model, answer).partition(",")
    if answer.tokens_read < answer.tokens_total:
        read = (
            f"Only {answer.tokens_read:,} of {answer.tokens_total:,} tokens were read: the "
            f"middle was truncated."
        )
    else:
        read = f"read {answer.tokens_read:,} of {answer.tokens_total:,} tokens"
    return (
        f"<strong>{escape(how)}</strong>{escape(comma + rest)} · {read} · {answer.ms:.0f}\u00a0ms"
    )


def _prompt(answer: Prediction, is_open: bool) -> str:
    """The exact prompt of a model that uses one, folded away unless it `is_open`."""
    if not answer.prompt:
        return ""
    return (
        f'<details class="s-prompt"{" open" if is_open else ""}><summary>{copy.PROMPT}</summary>'
        f"<pre>{escape(answer.prompt)}</pre></details>"
    )


def describe_template(name: str | None) -> str:
    """The exact template called `name`, with its label words and where it comes from."""
    template = TEMPLATES.get(name or "")
    if template is None:
        return render_note(copy.OPTIONS_EACH_OWN_NOTE)
    negative, positive = (words.strip() for words in template.label_words)
    said = copy.OPTIONS_TEMPLATE_NOTE.format(
        negative=negative,
        positive=positive,
        serves=copy.OPTIONS_SERVES[template.kind],
        source=template.source,
    )
    return f'<pre class="s-template">{escape(template.text)}</pre>{render_note(said)}'
