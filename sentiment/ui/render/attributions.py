"""Attributions: the text under every model, its words tinted on one scale, and the scores."""

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

_DEEPEST = 46  # per cent of the colour under the strongest word: ink stays readable on it
_SIGNED = 12  # per cent from which on a word shows its sign


@dataclass(frozen=True)
class Word:
    """A part of the text with its score for one model."""

    text: str
    score: float | None  # log-odds towards positive; None where the model did not read it
    depth: int  # per cent of the colour
    without: float  # probability of positive that is left without the word

    @property
    def label(self) -> str:
        """Return the label that the word contributes to, empty if it was not read."""
        return "" if self.score is None else LABELS[int(self.score > 0)]

    @property
    def has_sign(self) -> bool:
        """Return whether the score is large enough to show its sign in the text."""
        return self.depth >= _SIGNED


@dataclass(frozen=True)
class Explained:
    """The words of the text for one model."""

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
    """Render the text once per model, tinted on one scale; scores and checks in a table below.

    Args:
        titles: of the models, by their names; by default those names.
    """
    found = [(e, e.attribution) for e in explanations if e.attribution]
    scores = [s for _, attribution in found for s in attribution.scores if s is not None]
    strongest = max(map(abs, scores), default=0.0) or 1.0
    explained = [
        Explained(
            explanation,
            attribution,
            (titles or {}).get(explanation.model, explanation.model),
            _words(attribution, strongest),
        )
        for explanation, attribution in found
    ]
    errors = [explanation.error for explanation in explanations if explanation.error]
    return str(render_template("attributions", copy=copy, explained=explained, errors=errors))


def _words(attribution: Attribution, strongest: float) -> tuple[Word, ...]:
    return tuple(
        Word(
            text,
            score,
            depth=0 if score is None else round(_DEEPEST * abs(score) / strongest),
            without=_probability(attribution.log_odds - (score or 0.0)),
        )
        for text, score in zip(attribution.parts, attribution.scores, strict=True)
    )


def _probability(odds: float) -> float:
    return float(sigmoid(np.array([odds]))[0])
