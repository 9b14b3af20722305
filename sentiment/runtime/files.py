"""Folders and files: written whole or not at all, and read with a clear sentence."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import psutil

from sentiment.errors import CheckpointError

_LONGEST_HEADER = 100_000_000  # bytes, as safetensors itself allows


@contextmanager
def write_folder(output: Path) -> Iterator[Path]:
    """A temporary folder that becomes `output` when the block ends well, and vanishes otherwise.

    Raises:
        CheckpointError: `output` exists, or the disk refuses.
    """
    if output.exists():
        raise CheckpointError(
            f"{output} exists. Give another --output, or remove it first; nothing was written."
        )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        _clear_staging(output)
        prefix = f".{output.name}.{os.getpid()}."
        staging = Path(tempfile.mkdtemp(prefix=prefix, dir=output.parent))
    except OSError as error:
        raise CheckpointError(f"{output.parent} cannot be written: {error}") from error
    try:
        yield staging
        staging.chmod(0o755)  # mkdtemp makes folders nobody else can read
        staging.rename(output)
    except OSError as error:
        raise CheckpointError(f"{output} could not be written: {error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _clear_staging(output: Path) -> None:
    """Remove what processes left that were killed while they wrote `output`."""
    for path in output.parent.glob(f".{output.name}.*.*"):
        owner = path.name.removeprefix(f".{output.name}.").partition(".")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(path, ignore_errors=True)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in `path`.

    Raises:
        CheckpointError: the file is missing, unreadable or not a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path.parent.name}/{path.name} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path.parent.name}/{path.name} does not hold a JSON object.")
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write `content` as indented JSON.

    Raises:
        OSError: the disk refuses.
    """
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def hash_files(paths: list[Path]) -> str:
    """First 16 hexadecimal digits of the sha256 over the files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]


def weights_size(folder: Path) -> int:
    """Bytes of the safetensors files in `folder`."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def count_weights(folder: Path) -> int:
    """Numbers in the safetensors files of `folder`, by their headers; 0 in one that has none."""
    return sum(map(_count_in, folder.glob("*.safetensors")))


def _count_in(path: Path) -> int:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, _LONGEST_HEADER)))
        shapes = [own["shape"] for name, own in header.items() if name != "__metadata__"]
        return sum(prod(shape) for shape in shapes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return 0  # whoever loads it says what is wrong
