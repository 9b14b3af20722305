"""Errors a person can act on: each says what was expected, what came, and what to do.

    SentimentError
    ├── InputError        a text, a file or an option somebody gave
    ├── DataError         a data set that cannot be used as asked
    ├── RecipeError       a recipe that does not exist or contradicts itself
    ├── TrainingError     a training run that had to stop
    ├── ChildWorkError    work in a process of its own that could not be done
    └── CheckpointError   a backbone or checkpoint that cannot be loaded or written

Entry points print the sentence and exit with 2; the app shows it where the result would have been.
"""

from __future__ import annotations


class SentimentError(Exception):
    """Base of all errors this package raises on purpose."""


class InputError(SentimentError):
    """A text, a file or an option somebody gave cannot be used."""


class DataError(SentimentError):
    """A data set is missing, or its content cannot be used as asked."""


class RecipeError(SentimentError):
    """A recipe does not exist, or its settings contradict each other."""


class TrainingError(SentimentError):
    """A training run had to stop."""


class ChildWorkError(SentimentError):
    """Work in a process of its own could not be done."""


class CheckpointError(SentimentError):
    """A backbone or checkpoint cannot be loaded or written."""
