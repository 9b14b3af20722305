"""Log-probabilities of the label words: after a prompt, or at the mask of a cloze."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from transformers import PreTrainedModel

from sentiment.models.encoding import move_padding, pad


@dataclass(frozen=True)
class Prompt:
    """Zero-shot scorer by the log-probability of each label's words after the prompt."""

    model: PreTrainedModel
    label_ids: tuple[list[int], list[int]]  # negative, positive

    def logits(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Compute label log-probabilities, (batch, tokens) and (batch, tokens) to (batch, 2).

        Labels with the same tokens before the last share a forward pass.
        """
        ids, mask = move_padding(input_ids, attention_mask, "left")
        passes: dict[tuple[int, ...], Tensor] = {}
        sums = []
        for label in self.label_ids:
            leading = tuple(label[:-1])
            if leading not in passes:
                passes[leading] = self._log_probabilities(ids, mask, leading)
            sums.append(_sum_log_probabilities(passes[leading], label))
        return torch.stack(sums, dim=1)

    def _log_probabilities(self, ids: Tensor, mask: Tensor, leading: Sequence[int]) -> Tensor:
        """Compute the log-probabilities after the prompt and after each token of `leading`.

        Returns:
            (batch, 1 + leading tokens, vocabulary)
        """
        batch = len(ids)
        if leading:
            ids = torch.cat([ids, torch.tensor([list(leading)] * batch, device=ids.device)], dim=1)
            mask = torch.cat([mask, mask.new_ones(batch, len(leading))], dim=1)
        logits = self.model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0),  # padding is on the left
            logits_to_keep=len(leading) + 1,
            use_cache=False,
        ).logits
        return cast(Tensor, logits.float().log_softmax(dim=-1))


@dataclass(frozen=True)
class Cloze:
    """Zero-shot scorer by the log-probability of each label's words at the mask.

    A label of several tokens gets as many masks, predicted independently of each other.
    """

    model: PreTrainedModel
    label_ids: tuple[list[int], list[int]]  # negative, positive
    mask_id: int
    pad_id: int
    mask_first: bool = False  # the template's mask precedes the text

    def logits(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Compute label log-probabilities, (batch, tokens) and (batch, tokens) to (batch, 2)."""
        rows = [
            row[row_mask.bool()].tolist()
            for row, row_mask in zip(input_ids, attention_mask, strict=True)
        ]
        passes: dict[int, Tensor] = {}
        sums = []
        for label in self.label_ids:
            if len(label) not in passes:
                passes[len(label)] = self._log_probabilities(rows, masks=len(label))
            sums.append(_sum_log_probabilities(passes[len(label)], label))
        return torch.stack(sums, dim=1)

    def _log_probabilities(self, rows: Sequence[list[int]], *, masks: int) -> Tensor:
        """Compute the log-probabilities at each mask, (batch, masks, vocabulary).

        The template's mask is the last one in a row, or the first where it precedes the text: the
        text may contain mask tokens as well.
        """
        expanded, positions = [], []
        for row in rows:
            last = len(row) - 1 - row[::-1].index(self.mask_id)
            position = row.index(self.mask_id) if self.mask_first else last
            expanded.append([*row[:position], *[self.mask_id] * masks, *row[position + 1 :]])
            positions.append(range(position, position + masks))
        ids, mask = (tensor.to(self.model.device) for tensor in pad(expanded, pad_id=self.pad_id))
        logits = self.model(input_ids=ids, attention_mask=mask).logits
        chosen = logits[
            torch.arange(len(rows))[:, None], torch.tensor([list(p) for p in positions])
        ]
        return cast(Tensor, chosen.float().log_softmax(dim=-1))


def _sum_log_probabilities(log_probabilities: Tensor, label: Sequence[int]) -> Tensor:
    """Sum the log-probabilities of the label tokens, (batch, tokens, vocabulary) to (batch,)."""
    positions = torch.arange(len(label))
    return log_probabilities[:, positions, torch.tensor(list(label))].sum(dim=1)
