from __future__ import annotations

import pytest

from sentiment.labels import parse_label, positive_index


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


@pytest.mark.parametrize(
    ("id2label", "expected"),
    [
        ({0: "NEGATIVE", 1: "POSITIVE"}, 1),
        ({0: "pos", 1: "neg"}, 0),
        ({0: "LABEL_0", 1: "LABEL_1"}, None),
        ({0: "positive", 1: "positive"}, None),
    ],
)
def test_the_positive_output_is_read_from_its_name(id2label: dict, expected: int | None) -> None:
    assert positive_index(id2label) == expected
