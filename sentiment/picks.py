"""Which texts to look at, by what two models say of them: the cells of four matrices."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sentiment.errors import InputError
from sentiment.labels import LABELS

_SIGNS = ("−", "+")
# Key and title of every choice. A cell is a matrix, a gold label and an answer (a-0-1: the texts
# that are negative and that A calls positive), or who is right (r-1-0: A is, B is not).
PICKS: dict[str, str] = {
    "r-1-0": "only A is right",
    "r-0-1": "only B is right",
    "r-1-1": "both are right",
    "r-0-0": "both are wrong",
    "w-a": "A is wrong",
    "w-b": "B is wrong",
    **{
        f"c-{gold}-{said}": f"gold {_SIGNS[gold]}, A and B differ"
        for gold in range(2)
        for said in range(2)
    },
    **{
        f"{side}-{gold}-{said}": f"gold {_SIGNS[gold]}, {side.upper()} says {_SIGNS[said]}"
        for side in "ab"
        for gold in range(2)
        for said in range(2)
    },
    "all": "all texts",
}
FIRST = "r-0-1"
# Where only two labels are there to be said, one of them is said where the other is not.
SAME = {"c-0-0": "c-0-1", "c-1-1": "c-1-0"}


def pick(pairs: pd.DataFrame, key: str) -> np.ndarray:
    """Which rows of `pairs` (see `sentiment.comparison.join`) the choice `key` is about, (n,).

    Raises:
        InputError: there is no such choice.
    """
    if key not in PICKS:
        raise InputError(f"Unknown choice {key!r}. Choose from: {', '.join(PICKS)}.")
    if key == "all":
        return np.ones(len(pairs), dtype=bool)
    labelled = (pairs["gold"] >= 0).to_numpy()
    if key[0] == "w":
        return ~pairs[f"{key[2]}_right"].to_numpy() & labelled
    kind, first, second = key[0], int(key[2]), int(key[4])
    if kind == "r":
        right = (pairs["a_right"] == bool(first)) & (pairs["b_right"] == bool(second))
        return right.to_numpy() & labelled
    is_gold = (pairs["gold"] == first).to_numpy()
    says = {side: ((pairs[f"p_{side}"] > 0.5) == bool(second)).to_numpy() for side in "ab"}
    if kind == "c":
        return is_gold & (says["a"] != says["b"])
    return is_gold & says[kind]


def describe_pick(key: str, a: str, b: str) -> str:
    """The choice in words, with the models' names: "texts that are negative and …"."""
    kind, first, second = key[0], key[2:3], key[4:5]
    if key == "all":
        return "texts"
    if kind == "w":
        return f"texts about which {a if first == 'a' else b} is wrong"
    if kind == "r":
        told = {
            "11": f"both {a} and {b} are right",
            "10": f"{a} is right and {b} is wrong",
            "01": f"{b} is right and {a} is wrong",
            "00": f"both {a} and {b} are wrong",
        }
        return f"texts about which {told[first + second]}"
    gold, said = LABELS[int(first)], LABELS[int(second)]
    if kind == "c":
        return f"texts that are {gold} and about which {a} and {b} differ"
    return f"texts that are {gold} and that {a if kind == 'a' else b} calls {said}"
