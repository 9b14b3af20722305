"""Limits on inputs, models and memory, and their checks on the server."""

from __future__ import annotations

import os

from sentiment.errors import InputError

MAX_CHARACTERS = 20_000  # of one text
MAX_ROWS = 5_000  # of a file in the app
MAX_COLUMNS = 500
MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_TEXTS = 200  # of one call of /score
MAX_SEARCH = 200  # characters of a search
MAX_BODY_BYTES = 6 * 1024 * 1024  # of one request
MAX_TEMPLATE = 500  # characters of a custom template
MAX_LABEL_WORDS = 40  # characters of its label words
MAX_SHOTS = 32  # demonstrations in a prompt
MAX_DEMONSTRATIONS = 4_000  # characters of written demonstrations
MAX_SEED = 2**31 - 1
MAX_LINK = 6_000  # characters of a link to a view; servers reject longer URLs
MAX_WAITING = 64  # requests in the queue; further ones get 503
MAX_VISITS = 500  # in memory, 0.4 MB each; the least recently active one is dropped
MAX_MODELS = 24  # in one comparison
MAX_SMALL = 50_000_000  # parameters of a model that answers in a few milliseconds
MAX_LAYERS = 1000  # of a downloaded model; also of labels, experts, groups
PARAMETERS_VARIABLE = "SENTIMENT_MAX_PARAMETERS"
RESIDENT_VARIABLE = "SENTIMENT_MAX_RESIDENT"
FREE_VARIABLE = "SENTIMENT_MIN_FREE"
DRAIN_VARIABLE = "SENTIMENT_DRAIN_SECONDS"


def max_parameters() -> int:
    """Return the maximum number of parameters of a model, and of all models in memory.

    `$SENTIMENT_MAX_PARAMETERS`, else 1.5 billion.

    Raises:
        InputError: the variable is not a number.
    """
    return _number(PARAMETERS_VARIABLE, "1.5e9")


def max_resident() -> int:
    """Return the maximum number of models in memory: `$SENTIMENT_MAX_RESIDENT`, else 16.

    Raises:
        InputError: the variable is not a number.
    """
    return max(1, _number(RESIDENT_VARIABLE, "16"))


def min_free() -> int:
    """Return the bytes of disk that downloads leave free: `$SENTIMENT_MIN_FREE`, else 10^9.

    Raises:
        InputError: the variable is not a number.
    """
    return _number(FREE_VARIABLE, "1e9")


def drain_seconds() -> int:
    """Return the seconds in which running jobs may finish after SIGTERM.

    `$SENTIMENT_DRAIN_SECONDS`, else 30, as long as Kubernetes waits before it kills.

    Raises:
        InputError: the variable is not a number.
    """
    return _number(DRAIN_VARIABLE, "30")


def _number(variable: str, default: str) -> int:
    given = os.environ.get(variable) or default
    try:
        return int(float(given))
    except (ValueError, OverflowError) as error:  # the latter for "inf"
        raise InputError(f"{variable} must be a number, not {given!r}.") from error


def check_text(text: object) -> str:
    """Return `text` without surrounding white space.

    Raises:
        InputError: it is not a string, blank, or too long.
    """
    if not isinstance(text, str):
        raise InputError(f"The text must be a string, not {type(text).__name__}.")
    cleaned = clean(text)
    if not cleaned:
        raise InputError("Type some text first.")
    if len(cleaned) > MAX_CHARACTERS:
        raise InputError(
            f"The text has {len(cleaned):,} characters; the limit is {MAX_CHARACTERS:,}."
        )
    return cleaned


def clean(text: str) -> str:
    """Remove surrounding white space and characters that tokenizers cannot read."""
    # Lone surrogates reach Python through JSON escapes and crash tokenizers.
    return text.replace("\0", "").strip().encode("utf-8", "replace").decode("utf-8")
