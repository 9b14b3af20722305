from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.inference import scoring
from sentiment.inference.scoring import CancelledError, score
from sentiment.models.encoding import MAX_BATCH, MAX_PADDING, TOKEN_BUDGET, token_batches
from tests.support.builders import FakeClassifier

lengths_lists = st.lists(st.integers(0, 6000), max_size=300)


@given(lengths_lists)
def test_batches_hold_every_position_once(lengths: list[int]) -> None:
    batches = list(token_batches(lengths))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))


@given(lengths_lists)
def test_a_batch_stays_within_the_budget_unless_it_is_one_text(lengths: list[int]) -> None:
    for batch in token_batches(lengths):
        longest = max(lengths[i] for i in batch)
        assert len(batch) == 1 or len(batch) * longest <= TOKEN_BUDGET
        assert len(batch) <= MAX_BATCH
        assert len(batch) == 1 or sum(longest - lengths[i] for i in batch) <= MAX_PADDING + 1


def test_texts_of_like_length_share_a_batch() -> None:
    batches = [list(batch) for batch in token_batches([5, 2000, 5, 2000, 5])]
    assert batches == [[1, 3], [0, 2, 4]]


def test_a_short_text_is_not_filled_up_to_a_long_one() -> None:
    batches = [list(batch) for batch in token_batches([5, 40, 200, 6, 39])]
    assert batches == [[2], [1, 4, 3], [0]]


def test_answers_come_in_the_order_of_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "CHUNK", 3)
    texts = ["a b c", "great", "a", "lovely film indeed", "", "b c d e f"]
    p = score(FakeClassifier(), texts).p_positive
    assert p.tolist() == pytest.approx([0.103, 0.9, 0.101, 0.9, 0.1, 0.105])


def test_tokens_read_and_total_are_told_apart() -> None:
    scores = score(FakeClassifier(max_length=2), ["a b c d", "a"])
    assert (scores.tokens_read.tolist(), scores.tokens_total.tolist()) == ([2, 1], [4, 1])


def test_no_texts_give_no_answers() -> None:
    assert score(FakeClassifier(), []).probabilities.shape == (0, 2)


def test_progress_ends_at_the_number_of_texts() -> None:
    seen: list[tuple[int, int]] = []
    score(FakeClassifier(), ["a"] * 300, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (300, 300)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_cancelling_stops_before_the_next_batch() -> None:
    fake = FakeClassifier()
    with pytest.raises(CancelledError):
        score(fake, ["a"] * 300, is_cancelled=lambda: len(fake.batches) == 1)
    assert len(fake.batches) == 1


def test_a_tie_is_negative() -> None:
    half = scoring.Scores(np.array([[0.5, 0.5]]), np.array([1]), np.array([1]))
    assert half.predictions.tolist() == [0]
