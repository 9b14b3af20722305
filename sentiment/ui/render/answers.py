"""Pure: answers -> the grid of verdicts as escaped HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from sentiment.data.sources import dataset_title
from sentiment.labels import LABELS, POSITIVE
from sentiment.models.catalogue import ModelInfo, backbone_title
from sentiment.serving.answers import Prediction
from sentiment.ui.render.html import render_message, render_note
from sentiment.ui.render.methods import describe_prediction
from sentiment.ui.text import shared as copy
from sentiment.zero_shot.templates import TEMPLATES

SIGNS = {LABELS[0]: "−", LABELS[1]: "+"}


@dataclass(frozen=True)
class Example:
    """A text of a data set with the predictions of two models."""

    row: int
    text: str | None  # None where it is not available
    gold: int  # 0 negative, 1 positive, -1 unlabelled
    p_a: float
    p_b: float


def render_examples(examples: Sequence[Example]) -> str:
    """The texts with both verdicts; each can be sent to Compare."""
    return f'<div class="s-examples" role="list">{"".join(map(_example, examples))}</div>'


def _example(example: Example) -> str:
    gold = LABELS[example.gold] if example.gold >= 0 else None
    told = f"{SIGNS[gold]} {gold}" if gold else copy.UNLABELLED
    if example.text is None:
        body = f'<p class="s-none">{copy.NOT_AT_HAND.format(row=example.row)}</p>'
        button = ""
    else:
        body = f'<div class="s-text" dir="auto">{escape(example.text)}</div>'
        button = (
            f'<button type="button" class="s-try" data-show="{example.row}" '
            f'aria-label="{copy.TRY_LABEL.format(row=example.row)}">{copy.TRY_IT}</button>'
        )
    return (
        f'<article role="listitem">{body}<div class="s-said">'
        f"<span>{copy.LABEL} <b>{told}</b></span>"
        f"{_says('A', example.p_a, example.gold)}{_says('B', example.p_b, example.gold)}"
        f"<span>{copy.ROW.format(row=example.row)}</span>{button}</div></article>"
    )


def _says(side: str, p_positive: float, gold: int) -> str:
    said = int(p_positive > 0.5)
    label = LABELS[said]
    is_right = "" if gold < 0 else copy.RIGHT if said == gold else copy.WRONG
    return (
        f'<span>{side} <b class="s-{label}">{SIGNS[label]} {label}</b> '
        f"{escape(_score(max(p_positive, 1 - p_positive)))} {is_right}</span>"
    )


def render_grid(models: Sequence[ModelInfo], answers: dict[str, Prediction]) -> str:
    """A row per backbone, its zero-shot side on the left and what was trained from it on the right.

    A model without an entry in `answers` is shown as still reading.
    """
    if not models:
        return render_message(copy.NO_MODELS, is_alert=True)
    backbones = list(dict.fromkeys(model.backbone for model in models))
    rows = []
    for backbone in backbones:
        own = [model for model in models if model.backbone == backbone]
        before = [m for m in own if m.kind == "zero-shot"]
        after = [m for m in own if m.kind != "zero-shot"]
        asked = answers.get(before[0].name) if before else None
        title, size = backbone_title(own[0], models)
        rows.append(
            f'<div class="s-name"><strong>{escape(title)}</strong><span>{escape(size)}</span></div>'
            f'<div class="s-side">{_side(before, answers, None, copy.NO_ZERO_SHOT)}</div>'
            f'<div class="s-side">{_side(after, answers, asked, copy.NO_FINE_TUNED)}</div>'
        )
    return (
        '<div class="s-grid" role="group" aria-label="Predictions">'
        f'<div class="s-head"></div><div class="s-head">{copy.ZERO_SHOT}</div>'
        f'<div class="s-head">{copy.FINE_TUNED}</div>{"".join(rows)}</div>'
        f"{_summary(models, answers)}"
    )


def _side(
    models: Sequence[ModelInfo],
    answers: dict[str, Prediction],
    asked: Prediction | None,
    nothing: str,
) -> str:
    if not models:
        return f'<p class="s-none">{escape(nothing)}</p>'
    return "".join(render_cell(model, answers.get(model.name), asked) for model in models)


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


def _summary(models: Sequence[ModelInfo], answers: dict[str, Prediction]) -> str:
    """Who agrees, who changed, and by how much, in words."""
    if any(model.name not in answers for model in models):
        return '<p class="s-say" role="status">&nbsp;</p>'
    sentences = []
    for before in (m for m in models if m.kind == "zero-shot"):
        asked = answers[before.name]
        if asked.error:
            continue
        title, _ = backbone_title(before, models)
        for model in (m for m in models if m.backbone == before.backbone and m is not before):
            tuned = answers[model.name]
            if not tuned.error:
                sentences.append(_change(title, _tuning_name(model), asked, tuned))
    return f'<p class="s-say" role="status">{" ".join(sentences)}</p>'


def _tuning_name(model: ModelInfo) -> str:
    how = copy.TUNED_WITH.get(model.tuning, copy.TUNED_SOMEHOW)
    return f"{how} on {dataset_title(model.dataset)}" if model.dataset else how


def _change(title: str, tuned_with: str, asked: Prediction, tuned: Prediction) -> str:
    """One sentence: changed or stayed, with the probability of the label it ends on."""
    is_positive = tuned.label == LABELS[POSITIVE]
    start = asked.p_positive if is_positive else asked.p_negative
    end = tuned.p_positive if is_positive else tuned.p_negative
    figures = f"({escape(_score(start))}\u00a0→\u00a0{escape(_score(end))})"
    subject = f"With {escape(tuned_with)}, <strong>{escape(title)}</strong>"
    if asked.label != tuned.label:
        return f"{subject} changes to {tuned.label} {figures}."
    if abs(end - start) < 0.05:
        return f"{subject} stays {tuned.label}, about as confident as before {figures}."
    how = "more" if end > start else "less"
    return f"{subject} stays {tuned.label}, {how} confident than before {figures}."


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
