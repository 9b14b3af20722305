from __future__ import annotations

import pytest

from sentiment.labels import parse_label


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        ("1", 1),
        (1.0, 1),
        ("Positive", 1),
        (" neg ", 0),
        ("2", None),
        ("", None),
        (None, None),
        ("0.5", None),
    ],
)
def test_a_label_is_read_from_numbers_and_names(value: object, expected: int | None) -> None:
    assert parse_label(value) == expected
