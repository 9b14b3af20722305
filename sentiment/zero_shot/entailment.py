"""Zero-shot classification by textual entailment (Yin et al. 2019).

The text is the premise; a hypothesis says that its sentiment is negative, another that it is
positive. The logits of the two labels are the entailment logits of the two pairs, as in the
zero-shot pipeline of transformers with `multi_label=False`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.errors import CheckpointError
from sentiment.labels import POSITIVE
from sentiment.models.encoding import TextEncoder, pad
from sentiment.models.forward import HeadForward
from sentiment.zero_shot.templates import LABEL, Template


class Frame(NamedTuple):
    """What the tokenizer puts around a premise, the hypothesis included."""

    before: list[int]
    after: list[int]
    types: tuple[tuple[int, ...], tuple[int, ...]] | None  # token types, None for the default


def build_frame(tokenizer: PreTrainedTokenizerBase, hypothesis: str) -> Frame:
    """Build the frame of a premise for one hypothesis."""
    text = list(tokenizer("a", add_special_tokens=False)["input_ids"])
    pair = tokenizer("a", hypothesis)
    ids = list(pair["input_ids"])
    start = next(i for i in range(len(ids)) if ids[i : i + len(text)] == text)
    end = start + len(text)
    types = [int(number) for number in pair.get("token_type_ids", [])]
    split = (tuple(types[:start]), tuple(types[end:])) if any(types) else None
    return Frame(ids[:start], ids[end:], split)


def build_frames(tokenizer: PreTrainedTokenizerBase, template: Template) -> tuple[Frame, Frame]:
    """Build the frames of the negative and of the positive hypothesis of `template`."""
    negative, positive = (
        build_frame(tokenizer, template.premise.replace(LABEL, words.strip()))
        for words in template.label_words
    )
    return negative, positive


def build_encoder(
    tokenizer: PreTrainedTokenizerBase, frames: tuple[Frame, Frame], max_length: int
) -> TextEncoder:
    """Build the encoder of texts as premises of the positive hypothesis.

    Args:
        max_length: maximum number of tokens, with either hypothesis.

    Raises:
        CheckpointError: a hypothesis leaves no room for a text.
    """
    negative, positive = (len(frame.before) + len(frame.after) for frame in frames)
    if max(negative, positive) >= max_length:
        raise CheckpointError(
            f"The template alone fills the {max_length} tokens that the model reads."
        )
    before, after, _ = frames[POSITIVE]
    longest = max_length - max(0, negative - positive)  # the other hypothesis must fit as well
    return TextEncoder(tokenizer, longest, frame=(before, after))


@dataclass(frozen=True)
class Entailment:
    """Zero-shot scorer by the entailment logit of each label's hypothesis."""

    forward: HeadForward
    frames: tuple[Frame, Frame]  # negative, positive
    entailment: int  # index of the output
    pad_id: int

    def logits(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Compute entailment logits, (batch, tokens) and (batch, tokens) to (batch, 2).

        The token ids hold the positive hypothesis, as the encoder gives them.
        """
        before, after, _ = self.frames[POSITIVE]
        rows = [
            row[: int(length)].tolist()[len(before) : int(length) - len(after)]
            for row, length in zip(input_ids, attention_mask.sum(dim=1), strict=True)
        ]
        return torch.stack([self._score(rows, frame) for frame in self.frames], dim=1)

    def _score(self, rows: Sequence[list[int]], frame: Frame) -> Tensor:
        """Compute the entailment logit of each premise with one hypothesis, (batch,)."""
        framed = [[*frame.before, *row, *frame.after] for row in rows]
        ids, mask = pad(framed, pad_id=self.pad_id)
        device = next(self.forward.network.parameters()).device
        forward = replace(self.forward, types=frame.types)
        return forward(ids.to(device), mask.to(device))[:, self.entailment]
