"""The two labels: ids, names, descriptions and probe sentences."""

from __future__ import annotations

from collections.abc import Mapping

NEGATIVE, POSITIVE = 0, 1
LABELS = ("negative", "positive")
ID2LABEL = dict(enumerate(LABELS))
LABEL2ID = {name: number for number, name in ID2LABEL.items()}
UNLABELLED = -1

# Label descriptions for zero-shot classification by similarity.
LABEL_DESCRIPTIONS = ("It was terrible.", "It was great.")

# A clearly negative and a clearly positive sentence, to find the positive logit of a checkpoint
# whose label names are unknown.
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
    """Parse a label (`0`, `1`, `"negative"`, `"Positive"`) to its id, None if unknown."""
    text = str(value).strip().lower()
    if text in {"0", "1", "0.0", "1.0"}:
        return int(float(text))
    return _NAMES.get(text)


def positive_index(id2label: Mapping[int, str]) -> int | None:
    """Find the index of the positive label from the label names.

    Returns:
        None if the names are unknown (`LABEL_0`, `LABEL_1`) or contradictory.
    """
    by_name = {_NAMES.get(str(name).strip().lower()): index for index, name in id2label.items()}
    if set(by_name) == {NEGATIVE, POSITIVE}:
        return int(by_name[POSITIVE])
    return None
