"""Render texts of a data set with the predictions of two models and search hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from sentiment.labels import LABELS
from sentiment.ui.render.markup import render_template
from sentiment.ui.text import examples as copy


@dataclass(frozen=True)
class Example:
    """Text of a data set with the predictions of two models."""

    row: int
    text: str
    gold: int  # 0 negative, 1 positive, -1 unlabelled
    p_a: float
    p_b: float
    hits: tuple[tuple[int, int], ...] = ()  # start and end of each search hit


@dataclass(frozen=True)
class _Prediction:
    """Prediction of a model for an example."""

    side: str  # model A or B
    label: str
    p_positive: float
    is_right: bool | None  # None if the text has no label


def render_examples(examples: Sequence[Example]) -> str:
    """Render the texts with both predictions and a button that opens Compare."""
    shown = [
        {
            "row": example.row,
            "text": mark_hits(example.text, example.hits),
            "label": LABELS[example.gold] if example.gold >= 0 else "",
            "predictions": [
                _predict("A", example.p_a, example),
                _predict("B", example.p_b, example),
            ],
        }
        for example in examples
    ]
    return str(render_template("examples", copy=copy, examples=shown))


def mark_hits(text: str, hits: Sequence[tuple[int, int]]) -> Markup:
    """Escape `text` and mark the hits, which must not overlap."""
    pieces, done = [], 0
    for start, end in hits:
        pieces += [escape(text[done:start]), Markup("<mark>{}</mark>").format(text[start:end])]
        done = end
    return Markup("").join([*pieces, escape(text[done:])])


def _predict(side: str, p_positive: float, example: Example) -> _Prediction:
    predicted = int(p_positive > 0.5)
    is_right = None if example.gold < 0 else predicted == example.gold
    return _Prediction(side, LABELS[predicted], p_positive, is_right)
