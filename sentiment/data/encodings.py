"""Opening of text files: decompression, encodings, and errors for bytes that cannot be decoded."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import cast

from sentiment.errors import InputError

# UTF-32 before UTF-16: its byte order mark begins with the same bytes.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GZIP, _ZIP, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
_BLOCK = 1 << 16  # bytes


@contextmanager
def open_text(
    path: Path, encoding: str | None = None, *, errors: str = "strict"
) -> Iterator[TextIOWrapper]:
    """Open a text file, decompressed if it is a gzip file.

    Args:
        encoding: by default UTF-8. A byte order mark takes precedence.

    Raises:
        InputError: there is no such file or encoding, or the file cannot be read as text.
    """
    if encoding is not None:
        _check_encoding(encoding)
    check_file(path)
    try:
        with path.open("rb") as raw:
            unpacked = _unpack(raw)
            head = _peek(unpacked, 4)
            if head == _ZIP:
                raise InputError(
                    f"{path.name}: This is not a UTF-8 CSV file but a zip archive, such as an "
                    f"Excel workbook. Save it as CSV in UTF-8."
                )
            if head == _PARQUET:
                raise InputError(
                    f"{path.name}: This is not a UTF-8 CSV file but a parquet file. Rename "
                    f"it to end in .parquet."
                )
            marked = next((name for mark, name in _BYTE_ORDER_MARKS if head.startswith(mark)), None)
            text = TextIOWrapper(
                unpacked, encoding=marked or encoding or "utf-8", errors=errors, newline=""
            )
            yield text
            text.detach()  # the file is closed here, once
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path.name} is compressed with gzip, and is damaged or cut off: {error}. Compress "
            f"the original again."
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def check_file(path: Path) -> None:
    """Check that `path` is a file that is not empty.

    Raises:
        InputError: it is not.
    """
    if not path.is_file():
        raise InputError(f"No file named {str(path)!r}.")
    if not path.stat().st_size:
        raise empty_file(path)


def empty_file(path: Path) -> InputError:
    """Build the error for a file without any content."""
    return InputError(f"{path.name}: The file is empty.")


def decompressed_size(path: Path, *, max_bytes: int) -> int:
    """Measure the decompressed size of a file in bytes; stop soon after `max_bytes`."""
    with path.open("rb") as raw:
        unpacked = _unpack(raw)
        if unpacked is raw:
            return path.stat().st_size
        size = 0
        try:
            while size <= max_bytes and (block := unpacked.read(_BLOCK)):
                size += len(block)
        except (EOFError, OSError, zlib.error):
            return size  # reading the file raises the error
        return size


def describe_decoding_error(path: Path, encoding: str | None, rows: Iterable[str]) -> InputError:
    """Build the error for a file that cannot be decoded, with the row and the byte.

    Args:
        rows: the rows, the header first, decoded with `surrogateescape`.
    """
    if encoding is not None and codecs.lookup(encoding).name != "utf-8":
        return InputError(
            f"{path.name} cannot be decoded as {encoding}. Give another --encoding, or save the "
            f"file as UTF-8."
        )
    for number, row in enumerate(rows):
        escaped = next((c for c in row if "\udc80" <= c <= "\udcff"), None)
        if escaped is None:
            continue
        byte = ord(escaped) - 0xDC00
        shown = row.encode("utf-8", "surrogateescape").decode("windows-1252", "replace")
        shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
        where = f"row {number}" if number else "the header"
        return InputError(
            f"{path.name}, {where}: the byte 0x{byte:02X} is not UTF-8. Read as Windows-1252, this "
            f"is {shown!r}. If that is right, give --encoding windows-1252, or save the file as "
            f"UTF-8."
        )
    return InputError(
        f"{path.name} cannot be decoded as UTF-8. Save it as UTF-8, or give --encoding."
    )


def _check_encoding(encoding: str) -> None:
    try:
        is_text = codecs.lookup(encoding)._is_text_encoding
    except LookupError:
        is_text = False
    if not is_text:
        raise InputError(
            f"Unknown encoding {encoding!r}. Use a name such as utf-8, utf-16, windows-1252 or "
            f"latin-1."
        )


def _unpack(raw: BufferedReader) -> BufferedReader:
    """Return a file object with the decompressed bytes of `raw`."""
    if _peek(raw, 2) != _GZIP:
        return raw
    return BufferedReader(cast(RawIOBase, gzip.GzipFile(fileobj=raw, mode="rb")))


def _peek(file: BufferedReader, count: int) -> bytes:
    return file.peek(count)[:count]
