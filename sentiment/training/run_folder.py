"""States of an unfinished training: each is written whole or not at all, and verified when read.

A run folder holds `plan.json`, what the training was begun with, and the newest states, each with
a manifest of its files' checksums. A state whose checksums do not hold is passed over for the one
before it.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
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
KEPT = 2  # states: the newest, and the one before in case the disk damages it


@dataclass(frozen=True)
class RunState:
    """A verified state of a training."""

    folder: Path
    step: int
    seconds: float  # spent on training until then


class RunFolder:
    """The folder beside a checkpoint that keeps its unfinished training."""

    def __init__(self, checkpoint: Path) -> None:
        self.path = checkpoint.parent / f".{checkpoint.name}.run"

    @property
    def staging(self) -> Path:
        """Return the folder that the next state is written to before it is whole."""
        return self.path / ".unfinished"

    def check_unclaimed(self, *, is_resumed: bool) -> None:
        """Refuse to begin a training where another one is unfinished.

        Raises:
            InputError: the folder holds a training and `is_resumed` is False.
        """
        process_group().run_on_main(lambda: check_unclaimed(self.path, is_resumed=is_resumed))

    def claim(self, plan: dict[str, Any], *, is_resumed: bool) -> None:
        """Claim the folder for the training that `plan` describes, or continue it there.

        Raises:
            InputError: the folder holds a training and `is_resumed` is False, or another training.
            CheckpointError: the folder cannot be written.
        """
        process_group().run_on_main(lambda: claim_plan(self.path, plan, is_resumed=is_resumed))

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
                f"The state cannot be written to {self.path}: {error}. The one before is kept; "
                f"make room and add --resume."
            ) from error
        finally:
            if process_group().is_main:
                shutil.rmtree(self.staging, ignore_errors=True)
        process_group().wait()

    def _commit(self, written: Path, *, step: int, seconds: float) -> None:
        """Make a state of the files in `written`; those beyond the newest few are removed."""
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
        """Find the newest state that verifies; name those passed over in a warning."""
        for folder in self._states():
            problem = _verify(folder)
            if not problem:
                manifest = read_json(folder / MANIFEST_FILE)
                return RunState(folder, step=manifest["step"], seconds=manifest["seconds"])
            logger.warning("%s is passed over: %s", folder, problem)
        return None

    def release(self) -> None:
        """Free the folder where no state was saved: there is nothing to continue."""
        if process_group().is_main and not self._states():
            shutil.rmtree(self.staging, ignore_errors=True)
            for path in (self.path / PLAN_FILE, *self.path.glob("*.npy")):
                path.unlink(missing_ok=True)
            with suppress(OSError):
                self.path.rmdir()  # unless something else is kept there

    def remove(self) -> None:
        """Remove the folder of a finished training."""
        if process_group().is_main:
            shutil.rmtree(self.path, ignore_errors=True)

    def _states(self) -> list[Path]:
        """List the folders of the states, the newest first."""
        numbered = {
            int(step): folder
            for folder in self.path.glob("state-*")
            if (step := folder.name.removeprefix("state-")).isdecimal()
        }
        return [numbered[step] for step in sorted(numbered, reverse=True)]


def _verify(folder: Path) -> str:
    """Describe what is wrong with the state in `folder`, empty where nothing is."""
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
