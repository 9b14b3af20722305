from __future__ import annotations

import pytest

from sentiment.errors import InputError
from sentiment.evaluation.comparison import join
from sentiment.evaluation.outcomes import ALIASES, OUTCOMES, describe_outcome, select_rows
from tests.support.results import made_result

GOLD = [0, 0, 1, 1, -1]
A = made_result("A", GOLD, [0.1, 0.9, 0.9, 0.1, 0.9])
B = made_result("B", GOLD, [0.1, 0.1, 0.1, 0.2, 0.1])


def _rows(key: str) -> list[int]:
    pairs = join(A, B)
    return pairs["row"][select_rows(pairs, key)].tolist()


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        ("r-1-1", [0]),
        ("r-0-1", [1]),
        ("r-1-0", [2]),
        ("r-0-0", [3]),
        ("a-0-1", [1]),
        ("b-1-0", [2, 3]),
        ("c-0-1", [1]),
        ("c-1-0", [2]),
        ("w-a", [1, 3]),
        ("w-b", [2, 3]),
        ("all", [0, 1, 2, 3, 4]),
    ],
)
def test_a_cell_is_about_these_texts(key: str, rows: list[int]) -> None:
    assert _rows(key) == rows


def test_the_cells_of_a_matrix_hold_every_labelled_text_once() -> None:
    for matrix in "rab":  # of outcomes and of each model's predictions
        found = [row for key in OUTCOMES if key.startswith(f"{matrix}-") for row in _rows(key)]
        assert sorted(found) == [0, 1, 2, 3]


def test_every_choice_is_told_in_words() -> None:
    told = {describe_outcome(key, "A", "B") for key in OUTCOMES}
    assert len(told) == len(OUTCOMES)
    assert "actual negative texts on which A and B differ" in told
    assert "texts on which B is correct and A is wrong" in told


def test_two_cells_of_a_difference_are_about_the_same_texts() -> None:
    for key, other in ALIASES.items():
        assert _rows(key) == _rows(other)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(InputError, match="Unknown outcome 'x'"):
        select_rows(join(A, B), "x")
