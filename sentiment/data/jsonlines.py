"""Rows of a JSON Lines file: an object a line, with the columns as its keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sentiment.data.encodings import describe_decoding_error, empty_file, open_text
from sentiment.errors import InputError

ENDINGS = (".jsonl", ".ndjson", ".json")


class NestedList(str):
    """A list in a cell, as JSON."""


class NestedObject(str):
    """An object in a cell, as JSON."""


def stream_objects(
    path: Path, *, encoding: str | None, notes: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file; blank lines are skipped.

    Args:
        notes: takes a sentence on rows that lack a key, when the last row is read.

    Raises:
        InputError: the file is empty, or a line is not a JSON object.
    """
    number, keys = 0, dict[str, int]()
    try:
        with open_text(path, encoding) as file:
            for line in file:
                if not line.strip():
                    continue
                number += 1
                row = _parse(line, path, number)
                for key in row:
                    keys[key] = keys.get(key, 0) + 1
                yield row
    except UnicodeDecodeError as error:
        with open_text(path, errors="surrogateescape") as escaped:
            lines = (line for line in escaped if line.strip())
            raise describe_decoding_error(path, encoding, ["", *lines]) from error
    if not number:
        raise empty_file(path)
    missing = [f"{key} in {number - count:,}" for key, count in keys.items() if count < number]
    if missing:
        notes.append(
            f"{path.name}: some of the {number:,} rows lack a key, which is read as empty: "
            f"{', '.join(missing)} rows."
        )


def find_keys(path: Path, *, encoding: str | None) -> list[str]:
    """Find the keys of all objects of a JSON Lines file, in the order of their first row.

    Raises:
        InputError: as `stream_objects`.
    """
    keys: dict[str, None] = {}
    for row in stream_objects(path, encoding=encoding, notes=[]):
        keys.update(dict.fromkeys(row))
    return list(keys)


def _parse(line: str, path: Path, number: int) -> dict[str, Any]:
    where = f"{path.name}, row {number}"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        is_array = number == 1 and line.lstrip().startswith("[")
        fix = "Write one object per line instead of an array." if is_array else "Correct the line."
        raise InputError(
            f"{where}: {line.strip()[:40]!r} is not JSON ({str(error).splitlines()[0]}). Expected "
            f'an object such as {{"text": "…", "label": 1}}. {fix}'
        ) from error
    if not isinstance(row, dict):
        raise InputError(
            f"{where}: found {line.strip()[:40]!r}, expected an object such as "
            f'{{"text": "…", "label": 1}}. Write one object per line.'
        )
    return {key: _flatten(value) for key, value in row.items()}


def _flatten(value: object) -> object:
    """Keep plain values as they are; lists and objects become JSON."""
    if not isinstance(value, list | dict):
        return value
    kind = NestedList if isinstance(value, list) else NestedObject
    return kind(json.dumps(value, ensure_ascii=False))
