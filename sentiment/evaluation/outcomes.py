"""Texts of a comparison by outcome: correct and wrong predictions, and differences of A and B."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sentiment.errors import InputError
from sentiment.labels import LABELS
from sentiment.probabilities import is_positive

_SIGNS = ("−", "+")


@dataclass(frozen=True)
class Outcome:
    """A subset of the texts of a comparison of A and B."""

    key: str  # in links and the cells of confusion matrices, as `_define_outcomes` explains
    title: str
    description: str  # with the placeholders {a} and {b} for the models' names
    select: Callable[[pd.DataFrame], np.ndarray]  # rows of `comparison.join` to (n,) bool


def _correct(first: bool, second: bool) -> Callable[[pd.DataFrame], np.ndarray]:
    def select(pairs: pd.DataFrame) -> np.ndarray:
        is_selected = (pairs["a_right"] == first) & (pairs["b_right"] == second)
        return (is_selected & (pairs["gold"] >= 0)).to_numpy()

    return select


def _wrong(side: str) -> Callable[[pd.DataFrame], np.ndarray]:
    return lambda pairs: (~pairs[f"{side}_right"] & (pairs["gold"] >= 0)).to_numpy()


def _predicted(side: str, gold: int, label: int) -> Callable[[pd.DataFrame], np.ndarray]:
    def select(pairs: pd.DataFrame) -> np.ndarray:
        predicted = is_positive(pairs[f"p_{side}"].to_numpy()) == bool(label)
        return (pairs["gold"] == gold).to_numpy() & predicted

    return select


def _differ(gold: int) -> Callable[[pd.DataFrame], np.ndarray]:
    def select(pairs: pd.DataFrame) -> np.ndarray:
        a, b = (is_positive(pairs[f"p_{side}"].to_numpy()) for side in "ab")
        return (pairs["gold"] == gold).to_numpy() & (a != b)

    return select


def _define_outcomes() -> Iterator[Outcome]:
    """Yield all outcomes.

    Their keys are `r-<A is correct>-<B is correct>`, `w-<wrong side>`, `c-<actual>-<other label>`
    and `<side>-<actual>-<predicted>`.
    """
    for first, second, title, description in (
        (1, 0, "only A is correct", "{a} is correct and {b} is wrong"),
        (0, 1, "only B is correct", "{b} is correct and {a} is wrong"),
        (1, 1, "both are correct", "both {a} and {b} are correct"),
        (0, 0, "both are wrong", "both {a} and {b} are wrong"),
    ):
        select = _correct(bool(first), bool(second))
        yield Outcome(f"r-{first}-{second}", title, f"texts on which {description}", select)
    for side in "ab":
        description = f"texts on which {{{side}}} is wrong"
        yield Outcome(f"w-{side}", f"{side.upper()} is wrong", description, _wrong(side))
    for gold, label in ((0, 1), (1, 0)):
        title = f"actual {_SIGNS[gold]}, A and B differ"
        description = f"actual {LABELS[gold]} texts on which {{a}} and {{b}} differ"
        yield Outcome(f"c-{gold}-{label}", title, description, _differ(gold))
    for side in "ab":
        for gold in range(2):
            for label in range(2):
                yield Outcome(
                    f"{side}-{gold}-{label}",
                    f"actual {_SIGNS[gold]}, {side.upper()} predicts {_SIGNS[label]}",
                    f"actual {LABELS[gold]} texts that {{{side}}} predicts {LABELS[label]}",
                    _predicted(side, gold, label),
                )
    yield Outcome("all", "all texts", "texts", lambda pairs: np.ones(len(pairs), dtype=bool))


OUTCOMES: dict[str, Outcome] = {outcome.key: outcome for outcome in _define_outcomes()}
DEFAULT_OUTCOME = "r-0-1"
# With two labels, two cells of the matrix A × B are the same set of texts.
ALIASES = {"c-0-0": "c-0-1", "c-1-1": "c-1-0"}


def find_outcome(key: str) -> Outcome:
    """Find the outcome with the key `key`.

    Raises:
        InputError: there is no such outcome.
    """
    key = ALIASES.get(key, key)
    if key not in OUTCOMES:
        raise InputError(f"Unknown outcome {key!r}. Choose from: {', '.join(OUTCOMES)}.")
    return OUTCOMES[key]


def select_rows(pairs: pd.DataFrame, key: str) -> np.ndarray:
    """Select the rows of `pairs`, as `comparison.join` returns them, with an outcome, (n,) bool.

    Raises:
        InputError: there is no such outcome.
    """
    return find_outcome(key).select(pairs)


def describe_outcome(key: str, a: str, b: str) -> str:
    """Describe an outcome with the models' names: "actual negative texts that …"."""
    return find_outcome(key).description.format(a=a, b=b)
