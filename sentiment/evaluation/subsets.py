"""Slices of a data set by length, gold label, negation and contrast, and search in its texts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import regex

from sentiment.errors import InputError
from sentiment.evaluation.metrics import Interval, wilson_interval
from sentiment.evaluation.results import Result
from sentiment.labels import LABELS, POSITIVE
from sentiment.probabilities import is_positive

MIN_TEXTS = 30  # in a slice; below it, the interval of the accuracy is wide
SEARCH_SECONDS = 2.0  # for all texts together: a pattern may be slow
HIT_SECONDS = 0.05  # for one text that is shown
_COSTLY = ("{", "(?")  # nested repetitions need gigabytes, recursion may not terminate
_NEGATION = regex.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|nowhere|cannot|without|hardly|barely|"
    r"scarcely)\b|n['’ ]t\b|\bn't\b",
    regex.IGNORECASE,
)
_CONTRAST = regex.compile(
    r"\b(?:but|however|although|though|despite|yet|nevertheless|nonetheless|whereas)\b",
    regex.IGNORECASE,
)


@dataclass(frozen=True)
class Slice:
    """A subset of the rows of a result."""

    name: str
    mask: np.ndarray  # (rows,) bool, over all rows of the result's frame


@dataclass(frozen=True)
class SliceScore:
    """Accuracy of a model on a slice."""

    n: int
    accuracy: float
    interval: Interval  # Wilson

    @property
    def is_small(self) -> bool:
        """Return whether the slice has fewer than `MIN_TEXTS` texts."""
        return self.n < MIN_TEXTS


def find_slices(result: Result, texts: Sequence[str] | None = None) -> list[Slice]:
    """Find the slices of the data of `result`.

    Args:
        texts: the texts in the order of the result's rows; without them, slices that depend on
            words are left out.
    """
    frame = result.frame
    lengths, gold = frame["tokens_total"].to_numpy(), frame["gold"].to_numpy()
    low, high = np.quantile(lengths, [0.25, 0.75])
    all_rows = np.ones(len(frame), dtype=bool)
    slices = [Slice("all texts", all_rows)]
    slices += [Slice(f"label {label}", gold == index) for index, label in enumerate(LABELS)]
    slices += [
        Slice(f"short: up to {low:.0f} tokens", lengths <= low),
        Slice(f"medium: {low + 1:.0f} to {high:.0f} tokens", (lengths > low) & (lengths <= high)),
        Slice(f"long: over {high:.0f} tokens", lengths > high),
        Slice("truncated: longer than the model reads", frame["tokens_read"].to_numpy() < lengths),
    ]
    if texts is not None:
        negated = _match(_NEGATION, texts)
        contrasted = _match(_CONTRAST, texts)
        slices += [
            Slice("with a negation", negated),
            Slice("without a negation", ~negated),
            Slice("with a contrast (but, though, yet …)", contrasted),
        ]
    return [subset for subset in slices if subset.mask.any()]


def score_slice(result: Result, mask: np.ndarray) -> SliceScore | None:
    """Compute the accuracy of `result` on the labelled rows of `mask`; None if there are none."""
    frame = result.frame[mask]
    frame = frame[frame["gold"] >= 0]
    if frame.empty:
        return None
    correct = int((is_positive(frame["p_positive"]) == (frame["gold"] == POSITIVE)).sum())
    return SliceScore(len(frame), correct / len(frame), wilson_interval(correct, len(frame)))


def search(texts: Sequence[str], wanted: str) -> np.ndarray:
    """Find the `texts` that contain `wanted`, or match it as /pattern/, as a mask (n,) bool.

    The search is case-insensitive.

    Raises:
        InputError: the pattern is invalid, or takes too long.
    """
    if not _is_pattern(wanted):
        lowered = wanted.casefold()
        return np.array([lowered in text.casefold() for text in texts], dtype=bool)
    if any(syntax in wanted for syntax in _COSTLY):
        raise InputError(f"Patterns with {' or '.join(_COSTLY)} are not taken. Try a simpler one.")
    try:
        pattern = regex.compile(wanted[1:-1], regex.IGNORECASE)
    except (regex.error, RecursionError, MemoryError) as error:
        raise InputError(f"{wanted} is no regular expression: {error}.") from error
    deadline = time.monotonic() + SEARCH_SECONDS
    mask = np.empty(len(texts), dtype=bool)
    try:
        for i, text in enumerate(texts):
            remaining = max(0.001, deadline - time.monotonic())
            mask[i] = bool(pattern.search(text, timeout=remaining))
    except (TimeoutError, MemoryError) as error:
        raise InputError(f"{wanted} takes too long. Try a simpler pattern.") from error
    return mask


def find_hits(text: str, wanted: str) -> tuple[tuple[int, int], ...]:
    """Find the parts of `text` that `search` finds for `wanted`: start and end, in order.

    Empty where `wanted` is no pattern, or takes too long.
    """
    if not wanted:
        return ()
    source = wanted[1:-1] if _is_pattern(wanted) else regex.escape(wanted)
    if _is_pattern(wanted) and any(sign in wanted for sign in _COSTLY):
        return ()
    try:
        pattern = regex.compile(source, regex.IGNORECASE)
        found = [hit.span() for hit in pattern.finditer(text, timeout=HIT_SECONDS)]
    except (regex.error, RecursionError, MemoryError, TimeoutError):
        return ()
    return tuple((start, end) for start, end in found if start < end)


def _is_pattern(wanted: str) -> bool:
    return len(wanted) > 2 and wanted.startswith("/") and wanted.endswith("/")


def _match(pattern: regex.Pattern[str], texts: Sequence[str]) -> np.ndarray:
    return np.array([bool(pattern.search(text)) for text in texts], dtype=bool)
