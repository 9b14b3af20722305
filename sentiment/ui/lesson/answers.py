"""Render the predictions of the models of a step for one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sentiment.models.catalogue import ModelInfo, backbone_title
from sentiment.serving.answers import Prediction
from sentiment.ui.lesson.figures import tuning_title
from sentiment.ui.render.markup import render_template
from sentiment.ui.text import shared


@dataclass(frozen=True)
class _Line:
    """Model with its prediction, once available."""

    model: ModelInfo
    title: str
    tuning: str
    answer: Prediction | None
    is_flipped: bool  # the label is not that of the zero-shot model


def render_ways(
    ways: Sequence[Sequence[ModelInfo]],
    answers: Mapping[str, Prediction],
    models: Sequence[ModelInfo],
    *,
    opens_prompts: bool = False,
) -> Markup:
    """Render the models from zero-shot to fine-tuned; those without a prediction are pending.

    Args:
        opens_prompts: whether the exact prompts are seen at once.
    """
    groups = [[_line(model, way[0], answers, models) for model in way] for way in ways]
    return render_template(
        "lesson_answers",
        groups=groups,
        opens_prompts=opens_prompts,
        waiting=shared.WAITING,
        flipped=shared.FLIPPED,
        prompt=shared.PROMPT,
    )


def _line(
    model: ModelInfo,
    first: ModelInfo,
    answers: Mapping[str, Prediction],
    models: Sequence[ModelInfo],
) -> _Line:
    answer, before = answers.get(model.name), answers.get(first.name)
    is_flipped = (
        answer is not None
        and before is not None
        and not (answer.error or before.error)
        and answer.label != before.label
    )
    title, _ = backbone_title(model, models)
    return _Line(model, title, tuning_title(model), answer, is_flipped)
