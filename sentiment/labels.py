"""The two labels: ids, names, descriptions and probe sentences."""

from __future__ import annotations

NEGATIVE, POSITIVE = 0, 1
LABELS = ("negative", "positive")
ID2LABEL = dict(enumerate(LABELS))
UNLABELLED = -1

# Label descriptions for zero-shot classification by similarity.
LABEL_DESCRIPTIONS = ("It was terrible.", "It was great.")

# A clearly negative and a clearly positive sentence, to try a model and to find out what its labels
# mean where their names do not say it.
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
