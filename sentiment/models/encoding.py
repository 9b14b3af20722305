"""Tokenization of texts: token ids, truncation, batching and padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import Literal, Protocol, TypeVar

import torch
from torch import Tensor
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

Span = tuple[int, int]  # start and end offsets in a text


ENCODING = 1  # version of the encoding; increase it with every change of token ids
Side = Literal["left", "right"]

TOKEN_BUDGET = 4096  # padded tokens of a batch, tuned for two cores
MAX_PADDING = 64  # padding tokens of a batch; on two cores, another batch is faster than more
MAX_BATCH = 128


@dataclass(frozen=True)
class Tokenized:
    """Token ids of one text, with special tokens and template."""

    ids: list[int]
    total: int  # tokens before truncation


class Encoder(Protocol):
    """Protocol of encoders: texts to token ids, truncated to the maximum length."""

    def __call__(self, texts: Sequence[str]) -> list[Tokenized]: ...

    def offsets(self, text: str) -> list[Span | None]:
        """Map each token to its characters in `text`; None for all other tokens."""
        ...


Item = TypeVar("Item")


def head_tail_truncate(ids: Sequence[Item], room: int) -> list[Item]:
    """Truncate `ids` to `room` tokens by dropping the middle.

    A quarter of the room is for the head, the rest for the tail. Head and tail was the best
    truncation in Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?", with a quarter
    for the head.
    """
    if len(ids) <= room:
        return list(ids)
    head = room // 4
    return [*ids[:head], *ids[len(ids) - (room - head) :]]


def count_special_tokens(tokenizer: PreTrainedTokenizerBase) -> tuple[int, int]:
    """Count the special tokens that the tokenizer puts before and after a text."""
    text_ids = tokenizer("a", add_special_tokens=False)["input_ids"]
    all_ids = tokenizer("a")["input_ids"]
    starts = range(len(all_ids) - len(text_ids) + 1)
    start = next(i for i in starts if all_ids[i : i + len(text_ids)] == text_ids)
    return start, len(all_ids) - start - len(text_ids)


@dataclass(frozen=True)
class TextEncoder:
    """Encoder of texts without a template, between the tokenizer's special tokens."""

    tokenizer: PreTrainedTokenizerBase
    max_length: int
    frame: tuple[list[int], list[int]] | None = None  # other tokens before and after a text

    @cached_property
    def _special_tokens(self) -> tuple[list[int], list[int]]:
        """Find the special tokens before and after a text."""
        if self.frame is not None:
            return self.frame
        before, after = count_special_tokens(self.tokenizer)
        ids = list(self.tokenizer("a")["input_ids"])
        return ids[:before], ids[len(ids) - after :]

    def __call__(self, texts: Sequence[str]) -> list[Tokenized]:
        """Encode each text as token ids, truncated in the middle to `max_length`.

        The tokenizer does not truncate, because it keeps that setting in state that threads share.
        """
        if not texts:
            return []
        before, after = self._special_tokens
        room = self.max_length - len(before) - len(after)
        encoded = self.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        return [
            Tokenized(
                ids=[*before, *head_tail_truncate(ids, room), *after],
                total=len(before) + len(ids) + len(after),
            )
            for ids in encoded
        ]

    def offsets(self, text: str) -> list[Span | None]:
        """Map each token to its characters in `text`; None for special tokens."""
        before, after = self._special_tokens
        encoded = self.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        offsets: list[Span | None] = [(start, end) for start, end in encoded["offset_mapping"]]
        truncated = head_tail_truncate(offsets, self.max_length - len(before) - len(after))
        return [*[None] * len(before), *truncated, *[None] * len(after)]


def token_batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group the indices of texts into batches of similar length, the longest first.

    A batch holds at most `TOKEN_BUDGET` tokens with padding, `MAX_PADDING` padding tokens and
    `MAX_BATCH` texts; a single text may exceed the budget.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    start = 0
    while start < len(order):
        longest = max(1, lengths[order[start]])
        most = start + max(1, min(MAX_BATCH, TOKEN_BUDGET // longest))
        end, padding = start, 0
        while end < min(most, len(order)):
            padding += longest - lengths[order[end]]
            if end > start and padding > MAX_PADDING:
                break
            end += 1
        yield order[start:end]
        start = end


def pad(rows: Sequence[Sequence[int]], *, pad_id: int) -> tuple[Tensor, Tensor]:
    """Pad a batch with `pad_id` on the right; return ids and mask, each (batch, tokens)."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad_id)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row, dtype=torch.long)
        mask[i, : len(row)] = 1
    return ids, mask


def count_shared(first: Sequence[object], second: Sequence[object]) -> int:
    """Count the items that two sequences begin with alike."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def move_padding(ids: Tensor, mask: Tensor, side: Side) -> tuple[Tensor, Tensor]:
    """Move the padding of every row to `side`; ids and mask are (batch, tokens) each."""
    is_late = mask == (1 if side == "left" else 0)
    order = torch.argsort(is_late.long(), dim=1, stable=True)  # keeps the tokens in order
    return ids.gather(1, order), mask.gather(1, order)
