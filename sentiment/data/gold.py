"""Gold labels of a column: detect the convention of its values and convert them to 0, 1 or -1."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sentiment.data.columns import normalize_name
from sentiment.data.examples import name_rows
from sentiment.labels import NEGATIVE, POSITIVE, UNLABELLED, parse_label

_MISSING = frozenset(
    ("", "nan", "none", "null", "n/a", "na", "<na>", "unlabelled", "unlabeled", "unknown")
)
_NEUTRAL = frozenset(("neutral", "neu", "mixed", "unsure"))
_STAR_COLUMNS = frozenset(("star", "stars", "rating", "ratings", "overall"))
_STARS = {"1": NEGATIVE, "2": NEGATIVE, "3": UNLABELLED, "4": POSITIVE, "5": POSITIVE}
_NAMED = 6  # values in a message
EXPECTED = (
    "Use 0 / 1, negative / positive, -1 / 1, 1 / 2, 0 / 4 or 1 to 5 stars, neutral for neither, "
    "and leave a label empty where there is none."
)


@dataclass(frozen=True)
class GoldLabels:
    """Labels of a column as numbers, with the sentences that report how they were read."""

    values: np.ndarray | None  # (n,) int64: 0, 1 or -1; None where the labels are not understood
    sentence: str  # the convention, the class counts and the rows that are left out
    error: str  # why the labels are not understood; empty if they are
    unlabelled: str  # the rows that are left out, with their values; empty if there are none

    @property
    def counts(self) -> tuple[int, int]:
        """Count the negative and the positive rows."""
        if self.values is None:
            return 0, 0
        return int((self.values == NEGATIVE).sum()), int((self.values == POSITIVE).sum())


def read_gold_labels(values: Sequence[object], *, column: str, file: str) -> GoldLabels:
    """Read the gold labels of a column.

    The values of the whole column decide which convention it follows: names, 0 / 1, -1 / 1, 1 / 2
    (Yelp), 0 / 4 (Sentiment140) or 1 to 5 stars. Neutral and empty rows are unlabelled. If one
    value does not fit the convention, no row gets a label.

    Args:
        values: the cells, as text or numbers.
        column, file: their names, for the sentences.
    """
    found = [_normalize(value) for value in values]
    convention = _find_convention(set(found), column)
    if convention is None:
        return GoldLabels(None, "", _describe_problem(values, found, column, file), "")
    description, mapping = convention
    labels = np.array([mapping.get(value, UNLABELLED) for value in found], dtype=np.int64)
    left_out = _describe_left_out(values, labels)
    result = GoldLabels(labels, "", "", left_out)
    negative, positive = result.counts
    sentence = (
        f"Labels are read from the column {column}{description}: {positive:,} positive, "
        f"{negative:,} negative."
    )
    if left_out:
        sentence += f" {left_out}"
    return GoldLabels(labels, sentence, "", left_out)


def _normalize(value: object) -> str:
    """Write a label in one form: 1.0 as 1, "1 star" as "1 stars", names in lower case."""
    text = str(value).strip().casefold().replace("\N{MINUS SIGN}", "-")
    stars = re.fullmatch(r"(\d) ?stars?", text)
    if stars:
        return f"{stars[1]} stars"
    number = re.fullmatch(r"([+-]?\d+)(?:\.0*)?", text)
    return str(int(number[1])) if number else text


def _find_convention(found: set[str], column: str) -> tuple[str, Mapping[str, int]] | None:
    """Find the convention that all values follow: its description and the label of each value."""
    labels = found - _MISSING - _NEUTRAL
    plain = {label: known for label in labels if (known := parse_label(label)) is not None}
    outputs = {"label_0": NEGATIVE, "label_1": POSITIVE}  # as transformers names them
    if labels <= {"-1"}:  # no label at all; -1 marks unlabelled rows, as in GLUE's test splits
        return "", {}
    if any(label.endswith(" stars") for label in labels):
        stars = {f"{star} stars": label for star, label in _STARS.items()}
        return (_describe_stars(), stars) if labels <= set(stars) else None
    if normalize_name(column) in _STAR_COLUMNS and labels <= set(_STARS):
        return _describe_stars(), _STARS
    if labels <= set(plain):
        return "", plain
    if labels <= set(outputs):
        return ", with LABEL_0 as negative and LABEL_1 as positive", outputs
    if labels == {"-1", "1"}:
        return ", with -1 as negative and 1 as positive", {"-1": NEGATIVE, "1": POSITIVE}
    if labels == {"1", "2"}:
        description = ", with 1 as negative and 2 as positive (the convention of Yelp's reviews)"
        return description, {"1": NEGATIVE, "2": POSITIVE}
    if {"0", "4"} <= labels <= {"0", "2", "4"}:
        description = ", with 0 as negative and 4 as positive (the convention of Sentiment140)"
        return description, {"0": NEGATIVE, "2": UNLABELLED, "4": POSITIVE}
    is_stars = labels <= set(_STARS) and labels & {"4", "5"} and labels != {"2", "4"}
    return (_describe_stars(), _STARS) if is_stars else None


def _describe_stars() -> str:
    return ", as stars: 1 and 2 negative, 4 and 5 positive, 3 left out"


def _describe_left_out(values: Sequence[object], labels: np.ndarray) -> str:
    """Name the unlabelled rows by their values; empty if there are none."""
    rows = np.flatnonzero(labels == UNLABELLED).tolist()
    if not rows:
        return ""
    counts = Counter(_show(values[row]) for row in rows)
    shown = ", ".join(f"{value}: {count:,}" for value, count in counts.most_common(_NAMED))
    more = ", …" if len(counts) > _NAMED else ""
    return (
        f"{len(rows):,} of {len(labels):,} rows are neutral or unlabelled and left out of the "
        f"evaluation ({shown}{more}; {name_rows(rows)})."
    )


def _describe_problem(
    values: Sequence[object], found: Sequence[str], column: str, file: str
) -> str:
    """Name the values of a column that is not understood, and their rows."""
    rows: dict[str, list[int]] = {}
    for row, value in enumerate(found):
        if value not in _MISSING:
            rows.setdefault(value, []).append(row)
    unknown = [v for v in rows if parse_label(v) is None and v not in _NEUTRAL]
    order = sorted(unknown or rows)
    shown = "; ".join(
        f"{_show(values[rows[v][0]])} in {name_rows(rows[v])}"
        + (f" ({len(rows[v]):,} rows)" if len(rows[v]) > 1 else "")
        for v in order[:_NAMED]
    )
    more = f"; and {len(order) - _NAMED:,} further values" if len(order) > _NAMED else ""
    return (
        f"{file}: the labels in the column {column} are not understood: {shown}{more}. {EXPECTED}"
    )


def _show(value: object) -> str:
    """Show a cell in a message: quoted and short, "empty" without one."""
    text = str(value).strip()
    if text.casefold() in ("", "nan", "none", "<na>"):
        return "empty"
    return repr(text if len(text) <= 30 else f"{text[:30]}…")
