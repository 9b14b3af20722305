"""Parts of a data set that are scored apart: lengths, gold labels, negation, contrast, a search."""

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

MIN_TEXTS = 30  # texts; an accuracy over fewer says little
SEARCH_SECONDS = 2.0  # for all texts together: a visitor's pattern may be slow
HIT_SECONDS = 0.05  # for one text that is shown
_COSTLY = ("{", "(?")  # nested repetitions are compiled into gigabytes, recursion never ends
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
    """A part of the labelled rows of a result."""

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
        """Return whether it holds too few texts for a reliable accuracy."""
        return self.n < MIN_TEXTS


def find_slices(result: Result, texts: Sequence[str] | None = None) -> list[Slice]:
    """Find the slices of the data of `result`.

    Args:
        texts: the texts in the order of the result's rows; without them the parts that depend on
            words are left out.
    """
    frame = result.frame
    total, gold = frame["tokens_total"].to_numpy(), frame["gold"].to_numpy()
    low, high = np.quantile(total, [0.25, 0.75])
    everything = np.ones(len(frame), dtype=bool)
    slices = [Slice("all texts", everything)]
    slices += [Slice(f"label {label}", gold == number) for number, label in enumerate(LABELS)]
    slices += [
        Slice(f"short: up to {low:.0f} tokens", total <= low),
        Slice(f"medium: {low + 1:.0f} to {high:.0f} tokens", (total > low) & (total <= high)),
        Slice(f"long: over {high:.0f} tokens", total > high),
        Slice("truncated: longer than the model reads", frame["tokens_read"].to_numpy() < total),
    ]
    if texts is not None:
        negated = _matches(_NEGATION, texts)
        contrasted = _matches(_CONTRAST, texts)
        slices += [
            Slice("with a negation", negated),
            Slice("without a negation", ~negated),
            Slice("with a contrast (but, though, yet …)", contrasted),
        ]
    return [part for part in slices if part.mask.any()]


def score_slice(result: Result, mask: np.ndarray) -> SliceScore | None:
    """Compute the accuracy of `result` on the labelled rows of `mask`; None if there are none."""
    frame = result.frame[mask]
    frame = frame[frame["gold"] >= 0]
    if frame.empty:
        return None
    right = int((is_positive(frame["p_positive"]) == (frame["gold"] == POSITIVE)).sum())
    return SliceScore(len(frame), right / len(frame), wilson_interval(right, len(frame)))


def search(texts: Sequence[str], wanted: str) -> np.ndarray:
    """Find the `texts` that contain `wanted`, or match it if it is a pattern in slashes, (n,) bool.

    Capital and small letters are the same.

    Raises:
        InputError: the pattern is none, or takes too long.
    """
    if not _is_pattern(wanted):
        small = wanted.casefold()
        return np.array([small in text.casefold() for text in texts], dtype=bool)
    if any(sign in wanted for sign in _COSTLY):
        raise InputError(f"Patterns with {' or '.join(_COSTLY)} are not taken. Try a simpler one.")
    try:
        pattern = regex.compile(wanted[1:-1], regex.IGNORECASE)
    except (regex.error, RecursionError, MemoryError) as error:
        raise InputError(f"{wanted} is no regular expression: {error}.") from error
    deadline = time.monotonic() + SEARCH_SECONDS
    found = np.empty(len(texts), dtype=bool)
    try:
        for i, text in enumerate(texts):
            left = max(0.001, deadline - time.monotonic())
            found[i] = bool(pattern.search(text, timeout=left))
    except (TimeoutError, MemoryError) as error:
        raise InputError(f"{wanted} takes too long. Try a simpler pattern.") from error
    return found


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


def _matches(pattern: regex.Pattern[str], texts: Sequence[str]) -> np.ndarray:
    return np.array([bool(pattern.search(text)) for text in texts], dtype=bool)
