"""From texts to what a network reads: token ids, a template around them, the cut, the padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, TypeVar

import torch
from torch import Tensor
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

Span = tuple[int, int]  # characters of a text, from and up to


ENCODING = 1  # raise it whenever the same text would be read otherwise
Side = Literal["left", "right"]

TOKEN_BUDGET = 4096  # padded tokens in one batch: fills two cores without touching memory limits
MAX_PADDING = 64  # tokens: on two cores one more batch costs less than computing more of them
MAX_BATCH = 128


@dataclass(frozen=True)
class Tokenized:
    """One text as a network reads it; special tokens and the template count."""

    ids: list[int]
    total: int  # tokens the whole text has; more than len(ids) where it was cut


class Encoder(Protocol):
    """Texts to token ids, none longer than the network reads."""

    def __call__(self, texts: Sequence[str]) -> list[Tokenized]: ...

    def offsets(self, text: str) -> list[Span | None]:
        """Map each token id to its characters of `text`; None for all other ids."""
        ...


Item = TypeVar("Item")


def head_tail_truncate(ids: Sequence[Item], room: int) -> list[Item]:
    """Return `ids` if they fit into `room`, else their head and their tail.

    A quarter of the room goes to the beginning. Reviews announce their verdict there and repeat
    it at the end: of all ways to cut them, head and tail lost least in Sun et al. 2019, "How to
    Fine-Tune BERT for Text Classification?", with a quarter for the head.
    """
    if len(ids) <= room:
        return list(ids)
    head = room // 4
    return [*ids[:head], *ids[len(ids) - (room - head) :]]


@dataclass(frozen=True)
class TextEncoder:
    """The text alone, between the tokenizer's special tokens."""

    tokenizer: PreTrainedTokenizerBase
    max_length: int

    @cached_property
    def _frame(self) -> tuple[list[int], list[int]]:
        """Find the special tokens in front of a text and behind it."""
        bare = self.tokenizer("a", add_special_tokens=False)["input_ids"]
        whole = self.tokenizer("a")["input_ids"]
        starts = range(len(whole) - len(bare) + 1)
        start = next(i for i in starts if whole[i : i + len(bare)] == bare)
        return whole[:start], whole[start + len(bare) :]

    def __call__(self, texts: Sequence[str]) -> list[Tokenized]:
        """Encode each text as token ids, without its middle where it is longer than `max_length`.

        The cut is made here: a tokenizer that truncates keeps that in shared state, and several
        threads use this one.
        """
        if not texts:
            return []
        before, after = self._frame
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
        """Map each token id to its characters of `text`; None for special tokens."""
        before, after = self._frame
        encoded = self.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        offsets: list[Span | None] = [(start, end) for start, end in encoded["offset_mapping"]]
        kept = head_tail_truncate(offsets, self.max_length - len(before) - len(after))
        return [*[None] * len(before), *kept, *[None] * len(after)]


def token_batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions grouped so that texts of like length share a batch, the longest first.

    A batch holds at most `TOKEN_BUDGET` tokens with its padding, `MAX_PADDING` of padding and
    `MAX_BATCH` texts; one text may exceed the budget alone.
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


def move_padding(ids: Tensor, mask: Tensor, side: Side) -> tuple[Tensor, Tensor]:
    """Move the padding of every row to `side`; ids and mask are (batch, tokens) each."""
    is_late = mask == (1 if side == "left" else 0)
    order = torch.argsort(is_late.long(), dim=1, stable=True)  # keeps the tokens in order
    return ids.gather(1, order), mask.gather(1, order)
