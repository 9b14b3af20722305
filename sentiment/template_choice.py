"""Which template a backbone is asked with: the one that leans least, found without a label.

Some templates lean to one label whatever the text, because its words are the more frequent ones.
What counts is how far they lean compared with how much their answers differ from text to text: a
small lean is a large one where all answers are nearly the same.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentiment.errors import CheckpointError
from sentiment.loading import ClassifierLoader
from sentiment.scoring import score
from sentiment.templates import DEFAULT_TEMPLATES, TEMPLATES

logger = logging.getLogger(__name__)

ASKED_TEXTS = 200


@dataclass(frozen=True)
class Leaning:
    """Log-odds of positive over texts of both labels, natural logarithm."""

    mean: float
    spread: float  # standard deviation from text to text

    @property
    def lean(self) -> float:
        """The mean in units of the spread."""
        return self.mean / self.spread if self.spread else float("inf")


def ask_unlabelled(folder: Path, texts: Sequence[str]) -> dict[str, Leaning]:
    """What every prompt makes the backbone in `folder` answer to `texts`, by template.

    A template that leaves no room for a text in so small a network is left out.
    """
    loader = ClassifierLoader()
    answers = {}
    for template in TEMPLATES.values():
        if template.method == "prompt":
            classifier = loader.load_zero_shot(str(folder), template=template.name)
            try:
                p = score(classifier, texts).p_positive
            except CheckpointError as error:
                logger.warning("%s", error)
                continue
            log_odds = np.log(p) - np.log1p(-p)
            answers[template.name] = Leaning(float(log_odds.mean()), float(log_odds.std()))
    return answers


def choose_template(answers: dict[str, Leaning]) -> str:
    """The name of the template that leans least."""
    return min(
        answers, key=lambda name: abs(answers[name].lean), default=DEFAULT_TEMPLATES["prompt"]
    )
