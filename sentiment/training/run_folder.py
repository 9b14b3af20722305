"""Saved states of an unfinished training, written atomically and verified when loaded.

A run folder holds `plan.json`, the settings of the training, and the last saved states, each with a
manifest of its files' checksums. If a state is corrupt, the previous one is used.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.errors import CheckpointError
from sentiment.runtime.distributed import process_group
from sentiment.runtime.files import (
    PLAN_FILE,
    check_unclaimed,
    claim_plan,
    flush,
    hash_files,
    read_json,
    write_json,
)

logger = logging.getLogger(__name__)

MANIFEST_FILE = "manifest.json"
KEPT = 2  # states: the last one, and the previous one in case it is corrupt


@dataclass(frozen=True)
class RunState:
    """A verified saved state of a training."""

    folder: Path
    step: int
    seconds: float  # of training so far


class RunFolder:
    """Folder of an unfinished training, beside its future checkpoint."""

    def __init__(self, checkpoint: Path) -> None:
        self.path = checkpoint.parent / f".{checkpoint.name}.run"

    @property
    def staging(self) -> Path:
        """Return the temporary folder of the next state."""
        return self.path / ".unfinished"

    def check_unclaimed(self, *, is_resumed: bool) -> None:
        """Check that the folder holds no other unfinished training.

        Raises:
            InputError: the folder holds a training and `is_resumed` is False.
        """
        process_group().run_on_main(lambda: check_unclaimed(self.path, is_resumed=is_resumed))

    def claim(self, plan: dict[str, Any], *, is_resumed: bool) -> None:
        """Reserve the folder for the training described by `plan`, or resume that training.

        Raises:
            InputError: the folder holds a training and `is_resumed` is False, or another training.
            CheckpointError: the folder cannot be written.
        """
        process_group().run_on_main(lambda: claim_plan(self.path, plan, is_resumed=is_resumed))

    def save(self, step: int, seconds: float, write: Callable[[], Path]) -> None:
        """Save a state from the files that `write` creates.

        All processes of a job write into one folder, and the main process commits it.

        Args:
            write: writes files to a folder inside `staging`; returns that folder.

        Raises:
            CheckpointError: the state cannot be written; previous states are kept.
        """
        group = process_group()
        try:
            group.run_on_main(self._make_staging)
            written = group.run_on_all(lambda: self._write(write))
            group.run_on_main(lambda: self._commit(written, step=step, seconds=seconds))
        finally:
            if group.is_main:
                shutil.rmtree(self.staging, ignore_errors=True)

    def _make_staging(self) -> None:
        with self._report_failure():
            shutil.rmtree(self.staging, ignore_errors=True)
            self.staging.mkdir(parents=True)

    def _write(self, write: Callable[[], Path]) -> Path:
        with self._report_failure():
            return write()

    @contextmanager
    def _report_failure(self) -> Iterator[None]:
        """Raise a CheckpointError if the state cannot be written."""
        try:
            yield
        except (OSError, RuntimeError) as error:  # torch's writer raises the latter on a full disk
            raise CheckpointError(
                f"The state cannot be written to {self.path}: {error}. The one before is kept; "
                f"make room and add --resume."
            ) from error

    def _commit(self, written: Path, *, step: int, seconds: float) -> None:
        """Commit the files in `written` as a state; remove all but the last `KEPT` states."""
        with self._report_failure():
            files = sorted(path for path in written.iterdir() if path.is_file())
            manifest = {
                "step": step,
                "seconds": round(seconds, 1),
                "files": {path.name: hash_files([path]) for path in files},
            }
            write_json(written / MANIFEST_FILE, manifest)
            for path in (*files, written / MANIFEST_FILE):
                flush(path)
            target = self.path / f"state-{step}"
            shutil.rmtree(target, ignore_errors=True)
            written.rename(target)
        for old in self._states()[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def newest(self) -> RunState | None:
        """Find the last state with valid checksums; log a warning for each corrupt one."""
        for folder in self._states():
            problem = _verify(folder)
            if not problem:
                manifest = read_json(folder / MANIFEST_FILE)
                return RunState(folder, step=manifest["step"], seconds=manifest["seconds"])
            logger.warning("%s is passed over: %s", folder, problem)
        return None

    def release(self) -> None:
        """Remove the folder if no state was saved."""
        if process_group().is_main and not self._states():
            shutil.rmtree(self.staging, ignore_errors=True)
            for path in (self.path / PLAN_FILE, *self.path.glob("*.npy")):
                path.unlink(missing_ok=True)
            with suppress(OSError):
                self.path.rmdir()  # if it is empty

    def remove(self) -> None:
        """Remove the folder of a finished training."""
        if process_group().is_main:
            shutil.rmtree(self.path, ignore_errors=True)

    def _states(self) -> list[Path]:
        """List the folders of the states, the latest first."""
        by_step = {
            int(step): folder
            for folder in self.path.glob("state-*")
            if (step := folder.name.removeprefix("state-")).isdecimal()
        }
        return [by_step[step] for step in sorted(by_step, reverse=True)]


def _verify(folder: Path) -> str:
    """Verify the checksums of the state in `folder`; return the problem, empty if there is none."""
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
