"""States of an unfinished training: each is written whole or not at all, and verified when read.

A run folder holds `plan.json`, what the training was begun with, and the newest states, each with
a manifest of its files' checksums. A state whose checksums do not hold is passed over for the one
before it.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.errors import CheckpointError, InputError
from sentiment.runtime.distributed import process_group
from sentiment.runtime.files import hash_files, read_json, write_json

logger = logging.getLogger(__name__)

PLAN_FILE = "plan.json"
MANIFEST_FILE = "manifest.json"
KEPT = 2  # states: the newest, and the one before in case the disk damages it
_UNFINISHED = ".unfinished"
# What was meant by plans that do not say, because they were written before it could be chosen.
_UNSAID = {"watched_examples": 2000, "processes": 1, "shards": "none"}


@dataclass(frozen=True)
class RunState:
    """A verified state of a training."""

    folder: Path
    step: int
    seconds: float  # spent on training until then


class RunFolder:
    """The run folder of one training."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def staging(self) -> Path:
        """Where the next state is written before it is whole."""
        return self.folder / _UNFINISHED

    def check_free(self, *, is_resumed: bool) -> None:
        """Refuse to begin a training where another one is unfinished.

        Raises:
            InputError: the folder holds a training and `is_resumed` is False.
        """
        if (self.folder / PLAN_FILE).is_file() and not is_resumed:
            raise InputError(
                f"{self.folder} holds an unfinished training. Add --resume to continue it, or "
                f"remove that folder to start anew."
            )

    def begin(self, plan: dict[str, Any], *, is_resumed: bool) -> None:
        """Claim the folder for the training that `plan` describes, or continue it there.

        Raises:
            InputError: the folder holds a training and `is_resumed` is False, or another training.
            CheckpointError: the folder cannot be written.
        """
        if process_group().is_main:
            self._claim(json.loads(json.dumps(plan)), is_resumed=is_resumed)
        process_group().wait()

    def _claim(self, plan: dict[str, Any], *, is_resumed: bool) -> None:
        path = self.folder / PLAN_FILE
        self.check_free(is_resumed=is_resumed)
        if path.is_file():
            _check_same(read_json(path), plan, self.folder)
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".unfinished")
            write_json(unfinished, plan)
            unfinished.replace(path)
        except OSError as error:
            raise CheckpointError(f"{self.folder} cannot be written: {error}") from error

    def save(self, step: int, seconds: float, write: Callable[[], Path]) -> None:
        """Keep what `write` leaves in the folder it returns, inside `staging`, as a state.

        All processes of a job write into one folder; the first of them makes a state of it.

        Raises:
            CheckpointError: the disk refuses; the states before are kept.
        """
        try:
            if process_group().is_main:
                shutil.rmtree(self.staging, ignore_errors=True)
                self.staging.mkdir(parents=True)
            process_group().wait()
            written = write()
            process_group().wait()
            if process_group().is_main:
                self._commit(written, step=step, seconds=seconds)
        except (OSError, RuntimeError) as error:  # torch's writer raises the latter on a full disk
            raise CheckpointError(
                f"The state cannot be written to {self.folder}: {error}. The one before is kept; "
                f"make room and add --resume."
            ) from error
        finally:
            if process_group().is_main:
                shutil.rmtree(self.staging, ignore_errors=True)
        process_group().wait()

    def _commit(self, written: Path, *, step: int, seconds: float) -> None:
        """Make a state of the files in `written`; those beyond the newest few are removed."""
        files = {str(path.relative_to(written)): hash_files([path]) for path in _files(written)}
        facts = {"step": step, "seconds": round(seconds, 1), "files": files}
        write_json(written / MANIFEST_FILE, facts)
        for path in _files(written):
            _flush(path)
        target = self.folder / f"state-{step}"
        shutil.rmtree(target, ignore_errors=True)
        written.rename(target)
        for old in self._folders()[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def newest(self) -> RunState | None:
        """The newest state that verifies; those passed over are named in a warning."""
        for folder in self._folders():
            problem = _verify(folder)
            if not problem:
                facts = read_json(folder / MANIFEST_FILE)
                return RunState(folder, step=facts["step"], seconds=facts["seconds"])
            logger.warning("%s is passed over: %s", folder, problem)
        return None

    def release(self) -> None:
        """Give the folder free where no state was saved: there is nothing to continue."""
        if process_group().is_main and not self._folders():
            shutil.rmtree(self.staging, ignore_errors=True)
            for path in (self.folder / PLAN_FILE, *self.folder.glob("*.npy")):
                path.unlink(missing_ok=True)
            with suppress(OSError):
                self.folder.rmdir()  # unless something else is kept there

    def clear(self) -> None:
        """Remove the run folder: the training is finished."""
        if process_group().is_main:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _folders(self) -> list[Path]:
        """The states, the newest first."""
        numbered = {
            int(step): folder
            for folder in self.folder.glob("state-*")
            if (step := folder.name.removeprefix("state-")).isdecimal()
        }
        return [numbered[step] for step in sorted(numbered, reverse=True)]


def _files(folder: Path) -> list[Path]:
    """All files of a state; one in shards has folders of its own."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _flush(path: Path) -> None:
    """Make sure that a file is on the disk before the state's name says so."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _verify(folder: Path) -> str:
    """What is wrong with the state in `folder`, empty where nothing is."""
    try:
        expected = read_json(folder / MANIFEST_FILE)["files"]
        for name, checksum in expected.items():
            if not (folder / name).is_file():
                return f"{name} is missing."
            if hash_files([folder / name]) != checksum:
                return f"{name} is not what was written."
    except (CheckpointError, OSError, KeyError, AttributeError) as error:
        return f"{MANIFEST_FILE} cannot be read ({error})."
    return ""


def _check_same(stored: dict[str, Any], plan: dict[str, Any], folder: Path) -> None:
    """Refuse to continue a training with other settings or data than it was begun with."""
    for part, values in plan.items():
        for name, value in values.items():
            found = stored.get(part, {}).get(name, _UNSAID.get(name))
            if found != value:
                raise InputError(
                    f"{folder} was begun with {name} {found!r}, not {value!r}. Give the same "
                    f"again, or remove that folder to start anew."
                )
