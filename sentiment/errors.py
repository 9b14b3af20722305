"""Exceptions with messages for users: what happened, why, and what to do.

    SentimentError
    ├── InputError        a text, a file or an option that cannot be used
    ├── DataError         a data set that is missing or cannot be used
    ├── RecipeError       a recipe that does not exist or contradicts itself
    ├── TrainingError     a training run that failed
    ├── ChildWorkError    work in a child process that failed
    └── CheckpointError   a backbone or checkpoint that cannot be loaded or written
        └── LabelsError   a checkpoint with labels of unknown meaning

Entry points print the message and exit with 2; the app shows it in place of the result.
"""

from __future__ import annotations

from collections.abc import Sequence


class SentimentError(Exception):
    """Base class of the exceptions of this package."""


class InputError(SentimentError):
    """Error for a text, a file or an option that cannot be used."""


class DataError(SentimentError):
    """Error for a data set that is missing or cannot be used."""


class RecipeError(SentimentError):
    """Error for an unknown recipe, or contradictory settings."""


class TrainingError(SentimentError):
    """Error for a training run that failed."""


class ChildWorkError(SentimentError):
    """Error for work in a child process that failed."""


class CheckpointError(SentimentError):
    """Error for a backbone or checkpoint that cannot be loaded or written."""


class LabelsError(CheckpointError):
    """Error for a checkpoint with labels of unknown meaning, which the user can say."""

    def __init__(self, message: str, names: Sequence[str]) -> None:
        super().__init__(message)
        self.names = tuple(names)
