"""The two labels: their numbers, their names, and the words that stand for them."""

from __future__ import annotations

from collections.abc import Mapping

NEGATIVE, POSITIVE = 0, 1
LABELS = ("negative", "positive")
ID2LABEL = dict(enumerate(LABELS))
LABEL2ID = {name: number for number, name in ID2LABEL.items()}
UNLABELLED = -1

# Sentences a text is compared with when a sentence encoder answers without training.
LABEL_DESCRIPTIONS = ("It was terrible.", "It was great.")

# Two sentences nobody disagrees about: they settle which output of a checkpoint means what
# when the names of its outputs do not say.
PROBES = (
    "A dreadful, boring film; I hated every minute of it.",
    "A wonderful, moving film; I loved every minute of it.",
)

_NAMES = {
    "negative": NEGATIVE,
    "neg": NEGATIVE,
    "positive": POSITIVE,
    "pos": POSITIVE,
}


def parse_label(value: object) -> int | None:
    """Parse a label (`0`, `1`, `"negative"`, `"Positive"`) to its number, None if unknown."""
    text = str(value).strip().lower()
    if text in {"0", "1", "0.0", "1.0"}:
        return int(float(text))
    return _NAMES.get(text)


def positive_index(id2label: Mapping[int, str]) -> int | None:
    """Find which of two outputs is the positive one, from their names.

    Returns None when the names say nothing (`LABEL_0`, `LABEL_1`) or contradict each other.
    """
    by_name = {_NAMES.get(str(name).strip().lower()): number for number, name in id2label.items()}
    if set(by_name) == {NEGATIVE, POSITIVE}:
        return int(by_name[POSITIVE])
    return None
