from __future__ import annotations

from collections import Counter

import pytest

from sentiment.training.trainer import SeededLengthSampler, micro_batch_sizes


@pytest.mark.parametrize(
    ("size", "expected"), [(64, [64, 32, 16, 8, 4, 2, 1]), (6, [6, 3, 1]), (7, [7, 1])]
)
def test_batches_are_cut_into_equal_parts(size: int, expected: list[int]) -> None:
    assert list(micro_batch_sizes(size)) == expected


@pytest.mark.parametrize("count", [1, 7, 16, 63, 64])
def test_every_example_comes_once_an_epoch(count: int) -> None:
    for lengths in (None, [i % 5 for i in range(count)]):
        order = SeededLengthSampler(count, batch_size=4, seed=1, lengths=lengths)
        first = list(order)
        assert Counter(first) == Counter(range(count))
        assert list(order) == first
        order.epoch = 1
        assert Counter(order) == Counter(range(count))
        assert count < 16 or list(order) != first


def test_texts_of_like_length_share_a_batch() -> None:
    lengths = [(37 * i) % 101 for i in range(400)]
    order = list(SeededLengthSampler(400, batch_size=8, seed=0, lengths=lengths))
    spans = [
        max(lengths[j] for j in batch) - min(lengths[j] for j in batch)
        for batch in (order[i : i + 8] for i in range(0, 400, 8))
    ]
    assert max(spans) < 20
    assert len({lengths[order[i]] for i in range(0, 400, 8)}) > 20
