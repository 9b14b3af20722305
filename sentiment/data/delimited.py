"""Streaming of CSV rows: detect the separator, and name the row of an error."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from sentiment.data.columns import LABEL, TEXT, ReadOptions, advise_header, clean_name, find_column
from sentiment.data.encodings import describe_decoding_error, empty_file, open_text
from sentiment.data.formulas import remove_guard
from sentiment.errors import InputError
from sentiment.formatting import count_of
from sentiment.limits import MAX_CHARACTERS

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_NO_SEPARATOR = "\x1f"  # which no text holds
_MAX_CELL = 100 * MAX_CHARACTERS
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_ADVICE = (
    "Remove the quotation mark, or, if all quotation marks of the file are text, give --no-quotes "
    "on the command line."
)
_SHOWN = 40  # characters of a cell in a message
_LISTED = 5  # rows in a message


def stream_rows(path: Path, *, reading: ReadOptions, notes: list[str]) -> Iterator[list[str]]:
    """Yield the header of a CSV and then its rows, each as long as the header.

    An empty line is an empty row. A column without a name is dropped if it is empty.

    Args:
        notes: sentences on the file are appended, such as its separator; complete after the last
            row.

    Raises:
        InputError: the file is empty or not a CSV, or a row has more cells than the header.
    """
    try:
        with open_text(path, reading.encoding) as file:
            yield from _read(file, path, reading, notes)
    except UnicodeDecodeError as error:
        raise describe_decoding_error(path, reading.encoding, _read_escaped(path)) from error


def _read(
    file: Iterable[str], path: Path, reading: ReadOptions, notes: list[str]
) -> Iterator[list[str]]:
    lines, separator = _find_separator(iter(file), path, reading)
    if separator not in (",", _NO_SEPARATOR):
        notes.append(f"{path.name}: columns are separated by {_describe_separator(separator)}.")
    rows = _parse(lines, separator, path.name, reading)
    first = next(rows)
    header = [clean_name(remove_guard(cell)) for cell in first]
    if not reading.has_header:
        header = [str(i) for i in range(1, len(first) + 1)]
        rows = chain([[cell.removeprefix("\ufeff") for cell in first]], rows)
    # The first column may be nameless: the index that other programs write.
    nameless = [i for i, name in enumerate(header) if i and not name]
    kept = [i for i in range(len(header)) if i not in nameless]
    yield [header[i] for i in kept]
    short: list[tuple[int, str]] = []
    for number, row in enumerate(rows, start=1):
        if row and len(row) < len(header):
            missing = [name for name in header[len(row) :] if name]
            if missing:
                short.append((number, " and ".join(missing)))
        _check_cells(row, header, nameless, separator, f"{path.name}, row {number}")
        row.extend([""] * (len(header) - len(row)))
        yield (
            [remove_guard(row[i]) for i in kept]
            if nameless
            else [*map(remove_guard, row)][: len(header)]
        )
    if short:
        shown = ", ".join(f"row {number}: {missing}" for number, missing in short[:_LISTED])
        more = ", …" if len(short) > _LISTED else ""
        have = "has" if len(short) == 1 else "have"
        notes.append(
            f"{path.name}: {count_of(len(short), 'row')} {have} fewer cells than the header. "
            f"Missing, and read as empty: {shown}{more}."
        )


def _check_cells(
    row: list[str], header: list[str], nameless: list[int], separator: str, where: str
) -> None:
    """Check that a row has no cell outside the columns that have a name."""
    advice = f"Put quotes around a text that contains {separator!r}."
    if any(cell.strip() for cell in row[len(header) :]):
        raise InputError(
            f"{where}: {len(row)} cells, the header has {len(header)}. {advice} "
            f"{advise_header(header)}".rstrip()
        )
    for i in nameless:
        if i < len(row) and row[i].strip():
            raise InputError(
                f"{where}: {_shorten(row[i])} is in a column without a name. Name the column. "
                f"{advice}"
            )


def _find_separator(
    lines: Iterator[str], path: Path, reading: ReadOptions
) -> tuple[Iterator[str], str]:
    """Find the separator from a line `sep=;` or from the header; skip blank lines before it.

    A `.txt` without a header and without tabs has a text on each line.
    """
    first = next((line for line in lines if line.strip('\ufeff \t\r\n,;"')), None)
    if first is None:
        raise empty_file(path)
    declared = first.strip("\ufeff\r\n")
    if declared.lower().startswith("sep=") and len(declared) == 5:
        header = next((line for line in lines if line.strip()), None)
        if header is None:
            raise empty_file(path)
        return chain([header], lines), declared[-1]
    is_text = path.name.lower().removesuffix(".gz").endswith(".txt")
    if is_text and not reading.has_header and "\t" not in first:
        return chain([first], lines), _NO_SEPARATOR
    return chain([first], lines), max(SEPARATORS, key=lambda own: _rate_separator(first, own))


def _rate_separator(header: str, separator: str) -> tuple[int, int]:
    """Rate a separator by the number of usual names, then of columns, that it gives."""
    try:
        cells = [clean_name(cell) for cell in next(csv.reader([header], delimiter=separator), [])]
        known = sum(find_column(cells, role) is not None for role in (TEXT, LABEL))
    except (InputError, csv.Error):  # two columns of a role, or a cell that is too long
        known = 1
        cells = []
    return known, len(cells)


def _describe_separator(separator: str) -> str:
    return SEPARATORS.get(separator, repr(separator))


class _Lines:
    """Iterator over the lines of a CSV; it keeps what errors say of the current row."""

    def __init__(self, lines: Iterator[str], name: str) -> None:
        self._lines, self._name = lines, name
        self.begin(0)

    def begin(self, number: int) -> None:
        """Begin another row; 0 is the header."""
        self.where = f"{self._name}, row {number}" if number else f"{self._name}, header"
        self.lines: list[str] = []
        self.has_backslash = False

    @property
    def first(self) -> str:
        """Return the first line of the row."""
        return self.lines[0] if self.lines else ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if "\0" in line:
            raise InputError(
                f"{self.where}: This is not a UTF-8 CSV file: it holds a NUL byte. Save it as CSV "
                f"in UTF-8, or give --encoding."
            )
        self.lines.append(line)
        self.has_backslash = self.has_backslash or '\\"' in line
        return line


def _parse(
    lines: Iterator[str], separator: str, name: str, reading: ReadOptions
) -> Iterator[list[str]]:
    """Yield all rows of a CSV, the header first."""
    csv.field_size_limit(_MAX_CELL)
    tracked = _Lines(lines, name)
    rows = csv.reader(
        tracked,
        strict=True,
        delimiter=separator,
        quoting=csv.QUOTE_MINIMAL if reading.has_quotes else csv.QUOTE_NONE,
    )
    number, columns = (0 if reading.has_header else 1), 0
    while True:
        tracked.begin(number)
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"{tracked.where}: {_explain(tracked, error)}") from error
        columns = columns or len(row)
        _check_swallowed(tracked, separator, columns)
        yield row
        number += 1


def _check_swallowed(lines: _Lines, separator: str, columns: int) -> None:
    """Check that a quoted text does not hold whole rows, from one quotation mark to another.

    Lines are rows if each has as many separators as the header, numbers in the same columns, and
    no cell that begins with a space, as a text goes on after a comma.
    """
    if len(lines.lines) < 2 or columns < 2:
        return
    rows = [line.rstrip("\r\n").split(separator) for line in lines.lines]
    shapes = {tuple(bool(_NUMBER.fullmatch(cell.strip(' "'))) for cell in row) for row in rows}
    is_text = any(cell.startswith(" ") for row in rows for cell in row[1:])
    if len(shapes) > 1 or len(rows[0]) != columns or is_text:
        return
    raise InputError(
        f"{lines.where}: a quotation mark opens a text that ends {len(rows) - 1} lines further on, "
        f"and each of these lines looks like a row; the row begins with {_shorten(lines.first)}. "
        f"{_ADVICE}"
    )


def _explain(lines: _Lines, error: csv.Error) -> str:
    """Explain why a row cannot be read, and what to do."""
    begins = f"the row begins with {_shorten(lines.first)}"
    if lines.has_backslash:
        return (
            f'a quotation mark follows a backslash, which ends the quoted text; {begins}. Write "" '
            f'instead of \\".'
        )
    if "unexpected end" in str(error) or ("limit" in str(error) and '"' in lines.first):
        return f"a quotation mark opens a text and none closes it; {begins}. Close it. {_ADVICE}"
    if "limit" in str(error):
        return f"a cell has over {_MAX_CELL:,} characters. Shorten it."
    return (
        f'a quotation mark inside a quoted text ends it; {begins}. Write "" for a quotation mark '
        f"inside a text. {_ADVICE}"
    )


def _shorten(text: str) -> str:
    cell = text.strip()
    return repr(cell if len(cell) <= _SHOWN else f"{cell[:_SHOWN]}…")


def _read_escaped(path: Path) -> Iterator[str]:
    """Yield the rows of a file with the bytes that are not UTF-8 escaped, the header first."""
    with open_text(path, errors="surrogateescape") as file:
        yield from (" ".join(row) for row in csv.reader(_skip_blank(file)))


def _skip_blank(lines: Iterable[str]) -> Iterator[str]:
    rest = iter(lines)
    yield from islice((line for line in rest if line.strip()), 1)
    yield from rest
