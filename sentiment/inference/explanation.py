"""What an explanation of an answer is: parts of a text, their scores, and a check of them.

Loads without torch, so that the page can say what an explanation costs; `attribution` computes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Literal

from sentiment.errors import InputError

if TYPE_CHECKING:  # stands beside torch
    from sentiment.models.encoding import Span

AttributionMethod = Literal["occlusion", "gradient"]
METHODS: tuple[AttributionMethod, ...] = ("occlusion", "gradient")
MAX_PARTS = 60  # of a text; where it has more words, neighbours are taken together
DELETED_SHARE = 0.2  # of the parts, in the deletion check
RANDOM_DRAWS = 20
MIN_CHECKED = (
    10  # parts; of fewer, the strongest word alone would be left out, which proves nothing
)


@dataclass(frozen=True)
class DeletionCheck:
    """What is left of the answer without some of the parts."""

    count: int  # parts taken out
    p_full: float  # probability of the label the model chose, with all of them
    p_strongest: float  # the same without those that speak most for that label
    p_random: float  # mean of the same without as many others, over `RANDOM_DRAWS` draws
    is_passed: bool  # the strongest parts took more away than every one of the draws


@dataclass(frozen=True)
class Attribution:
    """What the parts of a text contribute to one model's answer."""

    parts: tuple[str, ...]
    scores: tuple[float | None, ...]  # log-odds; above 0 they speak for positive; None: not read
    log_odds: float  # of positive, of the whole text
    method: AttributionMethod
    forward_passes: int  # texts the model has read for it
    deletion: DeletionCheck | None  # None where too few parts were read to check anything

    @property
    def total(self) -> float:
        """Sum of the scores of what was read."""
        return float(sum(score for score in self.scores if score is not None))


def split_words(text: str) -> list[Span]:
    """Split `text` into words, or runs of words if there are more than `MAX_PARTS`, as offsets."""
    words = [match.span() for match in re.finditer(r"\S+", text)]
    size = ceil(len(words) / MAX_PARTS) or 1
    runs = [words[i : i + size] for i in range(0, len(words), size)]
    return [(run[0][0], run[-1][1]) for run in runs]


def count_forward_passes(text: str, method: AttributionMethod) -> int:
    """Count the forward passes that explain a prediction of `text`, the deletion check included.

    It is an upper bound: parts that a model does not read need no pass without them.
    """
    parts = len(split_words(text))
    check = 1 + RANDOM_DRAWS if parts >= MIN_CHECKED else 0
    occluded = parts if method == "occlusion" and parts > 1 else 0
    return 1 + occluded + check


def find_method(name: str) -> AttributionMethod:
    for method in METHODS:
        if name == method:
            return method
    raise InputError(f"Unknown method {name!r}. Choose from: {', '.join(METHODS)}.")
