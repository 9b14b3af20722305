"""Render attributions: the words of the text tinted by score, per model, and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sentiment.inference.explanation import Attribution
from sentiment.labels import LABELS, POSITIVE
from sentiment.probabilities import sigmoid
from sentiment.serving.answers import Explanation
from sentiment.ui.render.markup import render_template
from sentiment.ui.text import why as copy

_MAX_TINT = 46  # per cent, of the word with the highest score; keeps the text readable
_MIN_SIGNED_TINT = 12  # per cent; words with a weaker tint show no sign


@dataclass(frozen=True)
class Word:
    """Word of the text with its attribution score for one model."""

    text: str
    score: float | None  # log-odds towards positive; None where the model did not read it
    depth: int  # strength of the tint, per cent
    without: float  # probability of positive without the word

    @property
    def label(self) -> str:
        """Return the label that the word contributes to, empty if it was not read."""
        return "" if self.score is None else LABELS[int(self.score > 0)]

    @property
    def has_sign(self) -> bool:
        """Return whether the score is large enough to show its sign in the text."""
        return self.depth >= _MIN_SIGNED_TINT


@dataclass(frozen=True)
class Explained:
    """Attribution of one model, ready to render."""

    explanation: Explanation
    attribution: Attribution
    title: str
    words: tuple[Word, ...]

    @property
    def label(self) -> str:
        """Return the label that the model predicts."""
        return LABELS[POSITIVE] if self.attribution.log_odds > 0 else LABELS[1 - POSITIVE]


def render_attributions(
    explanations: Sequence[Explanation], titles: Mapping[str, str] | None = None
) -> str:
    """Render the attributions of all models on one scale, with their checks and a table.

    Args:
        titles: display name by model name; by default the model name.
    """
    attributed = [(e, e.attribution) for e in explanations if e.attribution]
    scores = [s for _, attribution in attributed for s in attribution.scores if s is not None]
    strongest = max(map(abs, scores), default=0.0) or 1.0
    explained = [
        Explained(
            explanation,
            attribution,
            (titles or {}).get(explanation.model, explanation.model),
            _words(attribution, strongest),
        )
        for explanation, attribution in attributed
    ]
    errors = [explanation.error for explanation in explanations if explanation.error]
    return str(render_template("attributions", copy=copy, explained=explained, errors=errors))


def _words(attribution: Attribution, strongest: float) -> tuple[Word, ...]:
    return tuple(
        Word(
            text,
            score,
            depth=0 if score is None else round(_MAX_TINT * abs(score) / strongest),
            without=_probability(attribution.log_odds - (score or 0.0)),
        )
        for text, score in zip(attribution.parts, attribution.scores, strict=True)
    )


def _probability(odds: float) -> float:
    return float(sigmoid(np.array([odds]))[0])
