from __future__ import annotations

import pytest

from sentiment import limits
from sentiment.errors import InputError
from sentiment.limits import MAX_CHARACTERS, check_text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Type some text first."),
        (" \n\t", "Type some text first."),
        ("\0 \0", "Type some text first."),
        ("x" * 48_210, "The text has 48,210 characters; the limit is 20,000."),
        (7, "The text must be a string, not int."),
        (None, "The text must be a string, not NoneType."),
    ],
)
def test_a_text_is_refused_in_these_words(text: object, message: str) -> None:
    with pytest.raises(InputError) as raised:
        check_text(text)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" a film ", "a film"),
        ("x" * MAX_CHARACTERS, "x" * MAX_CHARACTERS),
        ("שלום 🎬", "שלום 🎬"),
        ("a\ud800b", "a?b"),
        ("a\0b", "ab"),
    ],
)
def test_a_text_within_the_limits_is_kept(text: str, expected: str) -> None:
    assert check_text(text) == expected


@pytest.mark.parametrize("name", ["max_parameters", "max_resident", "min_free", "drain_seconds"])
@pytest.mark.parametrize("given", ["many", "inf", "nan", "1e9 bytes"])
def test_a_variable_that_is_no_number_is_refused(
    name: str, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in vars(limits):
        if variable.endswith("_VARIABLE"):
            monkeypatch.setenv(getattr(limits, variable), given)
    with pytest.raises(InputError, match=f"must be a number, not {given!r}"):
        getattr(limits, name)()
