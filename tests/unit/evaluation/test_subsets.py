from __future__ import annotations

import numpy as np
import pytest

from sentiment.errors import InputError
from sentiment.evaluation.subsets import find_slices, score_slice, search
from tests.support.results import made_result

TEXTS = ["It is n't good", "Good, but long", "Nothing here", "Fine", "notable yeti", "Never again"]
GOLD = [0, 1, 0, 1, 1, 0]


def _masks(texts: list[str] | None) -> dict[str, list[bool]]:
    result = made_result("m", GOLD, [0.1, 0.9, 0.9, 0.9, 0.9, 0.1])
    result.frame["tokens_total"] = [3, 4, 5, 6, 700, 7]
    result.frame["tokens_read"] = [3, 4, 5, 6, 512, 7]
    return {part.name: part.mask.tolist() for part in find_slices(result, texts)}


def test_words_decide_where_texts_are_at_hand() -> None:
    masks = _masks(TEXTS)
    assert masks["with a negation"] == [True, False, True, False, False, True]
    assert masks["with a contrast (but, though, yet …)"] == [0, 1, 0, 0, 0, 0]
    assert masks["label negative"] == [True, False, True, False, False, True]
    assert masks["truncated: longer than the model reads"] == [0, 0, 0, 0, 1, 0]
    lengths = [mask for name, mask in masks.items() if name[:4] in ("shor", "medi", "long")]
    assert np.sum(lengths, axis=0).tolist() == [1] * 6


def test_without_texts_the_other_parts_remain() -> None:
    assert not any("negation" in name for name in _masks(None))
    assert "label positive" in _masks(None)


def test_a_part_is_scored_with_its_size_and_interval() -> None:
    result = made_result("m", [*GOLD, -1], [0.1, 0.9, 0.9, 0.9, 0.9, 0.1, 0.5])
    found = score_slice(result, np.ones(7, dtype=bool))
    assert found is not None
    assert (found.n, found.is_small) == (6, True)
    assert found.accuracy == pytest.approx(5 / 6)
    assert found.interval.low < 5 / 6 < found.interval.high
    assert score_slice(result, np.zeros(7, dtype=bool)) is None


def test_words_and_patterns_are_found() -> None:
    assert search(TEXTS, "GOOD").tolist() == [1, 1, 0, 0, 0, 0]
    assert search(TEXTS, "/^good|again$/").tolist() == [0, 1, 0, 0, 0, 1]
    assert search(TEXTS, "/").tolist() == [0] * 6


def test_a_pattern_that_is_none_or_never_ends_is_refused() -> None:
    with pytest.raises(InputError, match="is no regular expression"):
        search(TEXTS, "/(/")
    for bomb in ("/(?:(?:a{1000}){1000}){1000}/", "/(?R)/", "/(a{9}){9}/"):
        with pytest.raises(InputError, match="are not taken"):
            search(TEXTS, bomb)
    with pytest.raises(InputError, match="takes too long"):
        search(["a" * 40 + "!"], r"/^(a+)+$|^(a|a)*$/")
