"""Attributions of a prediction to the words of a text, and their deletion check.

This module loads without torch, so that the page can show the number of forward passes;
`attribution` computes the scores.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Literal

from sentiment.errors import InputError

if TYPE_CHECKING:  # imports torch
    from sentiment.models.encoding import Span

AttributionMethod = Literal["occlusion", "gradient"]
METHODS: tuple[AttributionMethod, ...] = ("occlusion", "gradient")
MAX_PARTS = 60  # of a text; with more words, neighbours are joined
DELETED_SHARE = 0.2  # of the parts, in the deletion check
RANDOM_DRAWS = 20
MIN_CHECKED = 10  # parts; with fewer, the check would delete a single word


@dataclass(frozen=True)
class DeletionCheck:
    """Deletion check: the probability after deleting the highest-scored or random parts."""

    count: int  # deleted parts
    p_full: float  # probability of the predicted label, without deletion
    p_strongest: float  # after deleting the parts with the highest attribution
    p_random: float  # mean after deleting as many random other parts, `RANDOM_DRAWS` times
    is_passed: bool  # the strongest parts lower it more than every random draw


@dataclass(frozen=True)
class Attribution:
    """Attribution scores of the parts of a text for one model's prediction."""

    parts: tuple[str, ...]
    scores: tuple[float | None, ...]  # log-odds, above 0 towards positive; None: truncated
    log_odds: float  # of the positive label, for the whole text
    method: AttributionMethod
    forward_passes: int  # number of texts that were scored
    deletion: DeletionCheck | None  # None if there are too few parts

    @property
    def total(self) -> float:
        """Return the sum of the scores."""
        return float(sum(score for score in self.scores if score is not None))


def split_words(text: str) -> list[Span]:
    """Split `text` into the spans of its words, or of runs of words above `MAX_PARTS`."""
    words = [match.span() for match in re.finditer(r"\S+", text)]
    size = ceil(len(words) / MAX_PARTS) or 1
    runs = [words[i : i + size] for i in range(0, len(words), size)]
    return [(run[0][0], run[-1][1]) for run in runs]


def count_forward_passes(text: str, method: AttributionMethod) -> int:
    """Count the forward passes of an attribution of `text`, including the deletion check.

    It is an upper bound: truncated parts need no forward pass.
    """
    parts = len(split_words(text))
    check = 1 + RANDOM_DRAWS if parts >= MIN_CHECKED else 0
    occluded = parts if method == "occlusion" and parts > 1 else 0
    return 1 + occluded + check


def find_method(name: str) -> AttributionMethod:
    """Find the attribution method `name`.

    Raises:
        InputError: there is no such method.
    """
    for method in METHODS:
        if name == method:
            return method
    raise InputError(f"Unknown method {name!r}. Choose from: {', '.join(METHODS)}.")
