"""Atomic writing of files and folders, JSON, run plans, and weight file headers."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from math import prod
from pathlib import Path
from typing import Any

import psutil

from sentiment.errors import CheckpointError, InputError

PLAN_FILE = "plan.json"
_MAX_HEADER = 100_000_000  # bytes, as safetensors itself allows
_DIGEST = re.compile(r"[0-9a-f]{16,64}")


@contextmanager
def write_folder(output: Path) -> Iterator[Path]:
    """Yield a temporary folder, renamed to `output` on success and removed on an error.

    Raises:
        CheckpointError: `output` exists, or cannot be written.
    """
    if output.exists():
        raise CheckpointError(
            f"{output} exists. Give another --output, or remove it first; nothing was written."
        )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(output)
        prefix = f".{output.name}.{os.getpid()}."
        staging = Path(tempfile.mkdtemp(prefix=prefix, dir=output.parent))
    except OSError as error:
        raise CheckpointError(f"{output.parent} cannot be written: {error}") from error
    try:
        yield staging
        staging.chmod(0o755)  # mkdtemp creates folders with mode 0700
        staging.rename(output)
    except OSError as error:
        raise CheckpointError(f"{output} could not be written: {error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Yield a temporary path, renamed to `path` on success and removed on an error.

    The content is flushed to the disk before the rename, so that `path` is never incomplete.

    Raises:
        OSError: the file cannot be written.
    """
    _remove_stale(path)
    owner = f"{os.getpid()}.{threading.get_ident()}"
    staging = path.with_name(f".{path.name}.{owner}{path.suffix}")
    try:
        yield staging
        flush(staging)
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Flush the content of the file `path` to the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _remove_stale(output: Path) -> None:
    """Remove temporary files for `output` of processes that were killed."""
    for path in output.parent.glob(f".{escape(output.name)}.*.*"):
        owner = path.name.removeprefix(f".{output.name}.").partition(".")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def claim_plan(folder: Path, plan: dict[str, Any], *, is_resumed: bool) -> None:
    """Write `plan` into `folder`, or check that the run there has the same plan.

    Args:
        plan: JSON values of all settings that must be the same when a run is resumed, by names
            for error messages.
        is_resumed: resume the run in `folder`, if there is one.

    Raises:
        InputError: `folder` holds a run and `is_resumed` is False, or a run with another plan.
        CheckpointError: the folder cannot be written.
    """
    check_unclaimed(folder, is_resumed=is_resumed)
    path, plan = folder / PLAN_FILE, json.loads(json.dumps(plan))
    if not path.is_file():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with write_atomically(path) as staging:
                write_json(staging, plan)
        except OSError as error:
            raise CheckpointError(f"{folder} cannot be written: {error}") from error
        return
    stored = read_json(path)
    for name, value in plan.items():
        if stored.get(name) != value and _DIGEST.fullmatch(str(value)):
            raise InputError(
                f"The {name} changed since the run in {folder} was begun. Give the same again, or "
                f"remove that folder to start anew."
            )
        if stored.get(name) != value:
            raise InputError(
                f"{folder} was begun with {name} {stored.get(name)!r}, not {value!r}. Give the "
                f"same again, or remove that folder to start anew."
            )


def check_unclaimed(folder: Path, *, is_resumed: bool) -> None:
    """Check that `folder` holds no unfinished run, unless it is resumed.

    Raises:
        InputError: `folder` holds a run and `is_resumed` is False.
    """
    if (folder / PLAN_FILE).is_file() and not is_resumed:
        raise InputError(
            f"{folder} holds an unfinished run. Add --resume to continue it, or remove that "
            f"folder to start anew."
        )


def read_json(path: Path) -> dict[str, Any]:
    """Read the JSON object in `path`.

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
        OSError: the file cannot be written.
    """
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def hash_files(paths: list[Path]) -> str:
    """Compute the first 16 hexadecimal digits of the sha256 of the files, in their order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]


def weight_files(folder: Path) -> list[Path]:
    """List the files with weights in `folder`: safetensors and GGUF."""
    return sorted([*folder.glob("*.safetensors"), *folder.glob("*.gguf")])


def weights_size(folder: Path) -> int:
    """Sum the sizes of the files with weights in `folder`, in bytes."""
    return sum(path.stat().st_size for path in weight_files(folder))


def count_weights(folder: Path) -> int:
    """Count the parameters in the safetensors files of `folder`, from their headers."""
    return sum(prod(own["shape"]) for header in read_headers(folder) for own in header.values())


def read_headers(folder: Path) -> list[dict[str, Any]]:
    """Read the headers of the safetensors files in `folder`: shape and type of each weight.

    A damaged file is left out; loading it raises the error.
    """
    return [header for path in folder.glob("*.safetensors") if (header := _read_header(path))]


def _read_header(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, _MAX_HEADER)))
        entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        for entry in entries.values():
            prod(entry["shape"])
        return entries
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
