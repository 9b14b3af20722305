"""Record the provenance of results: versions, commit and date."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("torch", "transformers", "peft", "datasets", "tokenizers", "scikit-learn", "numpy")


def versions() -> dict[str, str]:
    """Return the versions of Python, of this project and of the main libraries."""
    from sentiment import __version__

    installed = {"python": platform.python_version(), "sentiment": __version__}
    for package in _PACKAGES:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            continue
    return installed


def commit() -> str | None:
    """Return the short id of the current commit, with `-changed` if files differ from it."""
    folder = Path(__file__).resolve().parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=-changed", "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip() or None


def now() -> str:
    """Return date and time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
