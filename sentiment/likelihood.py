"""Zero-shot by likelihood: which label's words does a language model expect more?

A causal model goes on after a prompt; a masked model fills the gap of a cloze. The score of a
label is the sum of its words' log-probabilities; nothing is generated and nothing is trained.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.encoding import align, pad
from sentiment.errors import CheckpointError
from sentiment.labels import LABELS
from sentiment.templates import OWN, Template

logger = logging.getLogger(__name__)


def encode_label_words(
    template: Template, tokenizer: PreTrainedTokenizerBase
) -> tuple[list[int], list[int]]:
    """Token ids of the two labels' words, without special tokens.

    Warns where one label has more tokens than the other: its sum of log-probabilities is then
    lower for that reason alone. A visitor is told so beside the answer instead.

    Raises:
        CheckpointError: the tokenizer has no token for a label's words.
    """
    negative, positive = (
        list(tokenizer(words, add_special_tokens=False)["input_ids"])
        for words in template.label_words
    )
    for label, ids in zip(LABELS, (negative, positive), strict=True):
        if not ids or (tokenizer.unk_token_id is not None and tokenizer.unk_token_id in ids):
            raise CheckpointError(
                f"The tokenizer cannot write the {label} label words of the template "
                f"{template.name!r}. Choose another template."
            )
    if len(negative) != len(positive) and template.name != OWN:
        logger.warning(
            "The label words of %r have %d and %d tokens; the longer ones are at a disadvantage.",
            template.name,
            len(negative),
            len(positive),
        )
    return negative, positive


@dataclass(frozen=True)
class Prompt:
    """A causal language model: log-probabilities of each label's words after the prompt."""

    model: PreTrainedModel
    label_ids: tuple[list[int], list[int]]  # negative, positive

    def logits(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Summed log-probabilities, (batch, tokens) and (batch, tokens) to (batch, 2).

        Labels that begin with the same tokens share a forward pass; so do all labels of one token.
        """
        ids, mask = align(input_ids, attention_mask, "left")
        passes: dict[tuple[int, ...], Tensor] = {}
        sums = []
        for label in self.label_ids:
            leading = tuple(label[:-1])
            if leading not in passes:
                passes[leading] = self._log_probabilities(ids, mask, leading)
            sums.append(_sum_at(passes[leading], label))
        return torch.stack(sums, dim=1)

    def _log_probabilities(self, ids: Tensor, mask: Tensor, leading: Sequence[int]) -> Tensor:
        """Of the token after the prompt and after each of `leading`, (batch, labels, words)."""
        batch = len(ids)
        if leading:
            ids = torch.cat([ids, torch.tensor([list(leading)] * batch, device=ids.device)], dim=1)
            mask = torch.cat([mask, mask.new_ones(batch, len(leading))], dim=1)
        logits = self.model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0),  # padding stands on the left
            logits_to_keep=len(leading) + 1,
            use_cache=False,
        ).logits
        return cast(Tensor, logits.float().log_softmax(dim=-1))


@dataclass(frozen=True)
class Cloze:
    """A masked language model: log-probabilities of each label's words in the gap.

    A label of several tokens gets as many gaps, filled independently of each other.
    """

    model: PreTrainedModel
    label_ids: tuple[list[int], list[int]]  # negative, positive
    mask_id: int
    pad_id: int
    is_gap_first: bool = False  # the template's gap stands in front of the text

    def logits(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Summed log-probabilities, (batch, tokens) and (batch, tokens) to (batch, 2)."""
        rows = [
            row[own.bool()].tolist() for row, own in zip(input_ids, attention_mask, strict=True)
        ]
        passes: dict[int, Tensor] = {}
        sums = []
        for label in self.label_ids:
            if len(label) not in passes:
                passes[len(label)] = self._log_probabilities(rows, gaps=len(label))
            sums.append(_sum_at(passes[len(label)], label))
        return torch.stack(sums, dim=1)

    def _log_probabilities(self, rows: Sequence[list[int]], *, gaps: int) -> Tensor:
        """Of every word in each gap, (batch, gaps, words). The template's gap is the last one, or
        the first where it stands in front of the text: a text may hold the mask token, too."""
        widened, places = [], []
        for row in rows:
            last = len(row) - 1 - row[::-1].index(self.mask_id)
            place = row.index(self.mask_id) if self.is_gap_first else last
            widened.append([*row[:place], *[self.mask_id] * gaps, *row[place + 1 :]])
            places.append(range(place, place + gaps))
        ids, mask = (part.to(self.model.device) for part in pad(widened, pad_id=self.pad_id))
        logits = self.model(input_ids=ids, attention_mask=mask).logits
        chosen = logits[torch.arange(len(rows))[:, None], torch.tensor([list(p) for p in places])]
        return cast(Tensor, chosen.float().log_softmax(dim=-1))


def _sum_at(log_probabilities: Tensor, label: Sequence[int]) -> Tensor:
    """Sum of what the tokens of `label` get, one place each; (batch, places, words) to (batch,)."""
    places = torch.arange(len(label))
    return log_probabilities[:, places, torch.tensor(list(label))].sum(dim=1)
