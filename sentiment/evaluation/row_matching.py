"""Matching of the rows of two files: by ids, else by position or by their texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sentiment.data.examples import Examples
from sentiment.errors import DataError
from sentiment.formatting import count_of

_SHOWN = 40  # characters of a text in a message
_ADVICE = "Give both files the same column id, or use files with the same rows in the same order."


@dataclass(frozen=True, eq=False)  # arrays have no scalar ==
class Rows:
    """What the rows of a file or a data set are known by, and their gold labels."""

    name: str
    gold: np.ndarray  # (n,) int64
    ids: np.ndarray | None = None  # (n,), each once; None without a column of ids
    numbers: np.ndarray | None = None  # (n,) row numbers in the source, where rows were left out
    texts: tuple[str, ...] | None = None
    fingerprint: str = ""  # of the texts, where they are not there

    def __len__(self) -> int:
        return len(self.gold)

    @property
    def keys(self) -> np.ndarray:
        """Return the ids; without any, the row numbers."""
        if self.ids is not None:
            return self.ids
        return np.arange(len(self)) if self.numbers is None else self.numbers


def match_rows(own: Rows, other: Rows) -> tuple[np.ndarray, str]:
    """Find the row of `other` for each row of `own`.

    Rows are matched by ids where both have some, else by position, else by texts that occur once.
    Wherever both hold the texts, they must agree.

    Returns:
        (positions in `other`, -1 where there is none; a sentence on how, empty for ids)

    Raises:
        DataError: the texts of a row differ, or nothing tells which rows belong together.
    """
    if own.ids is not None and other.ids is not None:
        positions = find_positions(own.ids, other.ids)
        _check_texts(own, other, positions)
        return positions, ""
    ordered = _match_order(own, other)
    has_texts = own.texts is not None and other.texts is not None
    if ordered is not None and (not has_texts or _find_difference(own, other, ordered) is None):
        _check_fingerprint(own, other, ordered)
        if has_texts or (own.fingerprint and own.fingerprint == other.fingerprint):
            return ordered, ""
        return ordered, f"{_names(own, other)}: rows are matched by their position."
    by_text = _match_texts(own, other) if has_texts else None
    if by_text is not None:
        return by_text, (
            f"{_names(own, other)}: rows are matched by their texts, because not both have a "
            f"column of ids and their order differs."
        )
    raise DataError(f"{_names(own, other)}: {_describe_mismatch(own, other, ordered)}")


def _names(own: Rows, other: Rows) -> str:
    return f"{own.name} and {other.name}"


def find_positions(keys: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Find the positions of `keys` in `others`, -1 where they are not; (keys,) int64."""
    known = {key: position for position, key in enumerate(others.tolist())}
    return np.array([known.get(key, -1) for key in keys.tolist()], dtype=np.int64)


def _match_order(own: Rows, other: Rows) -> np.ndarray | None:
    """Match rows by their number; None where the files differ in length."""
    if own.numbers is not None or other.numbers is not None:
        is_same_kind = own.ids is None and other.ids is None
        if is_same_kind or set(own.keys.tolist()) == set(other.keys.tolist()):
            return find_positions(own.keys, other.keys)
    return np.arange(len(own)) if len(own) == len(other) else None


def _match_texts(own: Rows, other: Rows) -> np.ndarray | None:
    """Match rows by their texts; None where one repeats or is not in `other`."""
    mine, others = (np.array(rows.texts, dtype=object) for rows in (own, other))
    filled, others_filled = mine[mine != ""], others[others != ""]
    if len(set(filled)) < len(filled) or len(set(others_filled)) < len(others_filled):
        return None
    positions = find_positions(mine, others)
    positions[mine == ""] = -1
    return positions if (positions[mine != ""] >= 0).all() else None


def _find_difference(own: Rows, other: Rows, positions: np.ndarray) -> tuple[int, str] | None:
    """Find the first row whose text differs from that of its match, and both texts in words."""
    if own.texts is None or other.texts is None:
        return None
    for row, at in enumerate(positions.tolist()):
        if at >= 0 and own.texts[row] != other.texts[at]:
            shown = [_shorten(text) for text in (own.texts[row], other.texts[at])]
            return row, f"{shown[0]} in {own.name} and {shown[1]} in {other.name}"
    return None


def _shorten(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _check_texts(own: Rows, other: Rows, positions: np.ndarray) -> None:
    difference = _find_difference(own, other, positions)
    if difference:
        row, texts = difference
        raise DataError(
            f"{_names(own, other)} have different texts under the id {own.keys[row]}: {texts}. The "
            f"same id must mean the same text. Correct the ids, or leave the column out of both "
            f"files."
        )
    _check_fingerprint(own, other, positions)


def _check_fingerprint(own: Rows, other: Rows, positions: np.ndarray) -> None:
    """Check the texts of one side by the fingerprint of the other, where all rows match."""
    if not np.array_equal(np.sort(positions), np.arange(len(other))):
        return
    sides = ((own, other, np.argsort(positions)), (other, own, positions))
    for texts_of, marked, order in sides:
        if texts_of.texts is None or not marked.fingerprint:
            continue
        texts = tuple(texts_of.texts[i] for i in order)
        numbers = np.arange(len(texts)) if marked.numbers is None else marked.numbers
        found = Examples("", "", texts, marked.gold, numbers).fingerprint
        if "" not in texts and found != marked.fingerprint:
            raise DataError(
                f"{_names(own, other)} hold different texts, or in another order (fingerprints "
                f"differ). {_ADVICE}"
            )


def _describe_mismatch(own: Rows, other: Rows, ordered: np.ndarray | None) -> str:
    """Say why rows cannot be matched, and what to do."""
    without = " and ".join(rows.name for rows in (own, other) if rows.ids is None)
    difference = None if ordered is None else _find_difference(own, other, ordered)
    if difference:
        row, texts = difference
        why = f"the texts of row {row + 1} differ, {texts}, and their texts cannot tell either"
    else:
        why = f"they have {len(own):,} and {count_of(len(other), 'row')}"
    return (
        f"nothing says which rows belong together: there is no column of ids in {without}, and "
        f"{why}. {_ADVICE}"
    )
