"""Columns of a user's file: which one holds the texts, the labels and the ids."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment.errors import InputError

TEXT, LABEL, ID = "text", "label", "id"
# Usual names of each role; the first one that a file has is used.
_USUAL = {
    TEXT: (
        *("text", "sentence", "review", "content", "tweet", "comment", "document", "body"),
        *("message", "review_text", "reviewtext", "texts", "sentences", "reviews", "full_text"),
        "phrase",
    ),
    LABEL: (
        *("label", "labels", "sentiment", "gold", "gold_label", "target", "polarity"),
        *("stars", "rating", "star", "ratings", "overall", "class"),
    ),
    ID: ("id", "ids", "row", "idx", "index", "review_id", "tweet_id", "text_id"),
}
# A label or the end of a sentence, which no column is named.
_DATA = re.compile(r"^[+-]?\d(\.0)?$|^(positive|negative|neutral)$|\w{4}[.!?]$", re.IGNORECASE)
_MANY_WORDS = 5
_PREDICTED = re.compile(r"(?:.+ )?predicted_label(?:_\d+)?")
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
_NAMED, _MAX_NAME = 20, 80  # columns in an error message, and characters of each


@dataclass(frozen=True)
class ReadOptions:
    """Options for reading a file: its encoding and the columns that the user chose."""

    encoding: str | None = None  # by default the byte order mark's, else UTF-8
    text_column: str | None = None  # by default the first usual name
    label_column: str | None = None
    is_strict: bool = False  # neutral and unlabelled rows are refused
    has_header: bool = True  # of a CSV; without one, its columns are named 1, 2, …
    has_quotes: bool = True  # of a CSV; otherwise its quotation marks are text


DEFAULT_READING = ReadOptions()


def clean_name(name: object) -> str:
    """Remove surrounding white space and invisible characters from the name of a column."""
    text = str(name)
    while (cleaned := text.strip().strip(_INVISIBLE)) != text:
        text = cleaned
    return text


def normalize_name(name: str) -> str:
    """Normalize the name of a column: lower case, `_` for spaces and hyphens."""
    folded = unicodedata.normalize("NFKC", clean_name(name)).casefold()
    return "_".join(folded.replace("-", " ").split())


def find_column(
    columns: Sequence[str], role: str, chosen: str | None = None, *, file: str = "the file"
) -> str | None:
    """Find the column with the role `text`, `label` or `id`; None if there is none.

    Args:
        chosen: the name that the user gave; case and surrounding white space are ignored.
            An empty name chooses no column.

    Raises:
        InputError: there is no column `chosen`, or several match equally well.
    """
    if chosen == "":
        return None
    if chosen is not None:
        found = _match(columns, chosen, file)
        if found is None:
            raise InputError(
                f"No column named {chosen} in {file}. {list_columns(columns)} "
                f"{advise_header(columns) or 'Choose one of them.'}"
            )
        if role == LABEL and _PREDICTED.fullmatch(found):
            raise InputError(
                f"The column {found} of {file} holds predictions, as `score` writes them, not gold "
                f"labels. Choose another column."
            )
        return found
    matches = (_match(columns, name, file) for name in _USUAL[role])
    return next((column for column in matches if column is not None), None)


def require_column(
    columns: Sequence[str], role: str, chosen: str | None = None, *, file: str = "the file"
) -> str:
    """Find a column as `find_column` does.

    Raises:
        InputError: as `find_column`, or there is none.
    """
    found = find_column(columns, role, chosen, file=file)
    if found is None:
        raise InputError(
            f"No column named {role} in {file}. {list_columns(columns)} "
            + (
                advise_header(columns)
                or f"Choose the column of {role}s, on the command line with --{role}-column."
            )
        )
    return found


def advise_header(columns: Sequence[str]) -> str:
    """Say what to do about a first row that is data; empty if it looks like a header."""
    counted = [[str(i + first) for i in range(len(columns))] for first in (0, 1)]
    if list(columns) in counted:  # as other programs number columns, and --no-header
        return ""
    if not any(_DATA.search(name) or len(name.split()) >= _MANY_WORDS for name in columns):
        return ""
    return (
        f"The first row looks like data: the file has no header. Give --no-header on the command "
        f"line; its columns are then named 1, 2, …, as in --text-column {len(columns)}."
    )


def list_columns(columns: Sequence[str]) -> str:
    """List the columns of a file in a sentence."""
    names = ", ".join(name[:_MAX_NAME] for name in columns[:_NAMED])
    more = ", …" if len(columns) > _NAMED else ""
    return f"Columns found: {names}{more}."


def _match(columns: Sequence[str], name: str, file: str) -> str | None:
    """Find a column by its exact name, else by its normalised name."""
    if name in columns:
        return name
    alike = [column for column in columns if normalize_name(column) == normalize_name(name)]
    if len(alike) > 1:
        raise InputError(
            f"Several columns of {file} match {name!r}: {' and '.join(map(repr, alike))}. Rename "
            f"all but one."
        )
    return alike[0] if alike else None
