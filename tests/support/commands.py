"""Run commands of the command line in this process."""

from __future__ import annotations

from collections.abc import Sequence

from sentiment.cli.main import main


def train(arguments: Sequence[str]) -> int:
    """Run `sentiment train` with `arguments`; return its exit status."""
    return main(["train", *arguments])
