"""Few-shot prompting (Brown et al. 2020): demonstrations before the text, read once by the model.

The prompts of all texts begin with the same tokens, the prefix. Its keys and values are computed
once and shared by all texts and both label words. The predictions are those of the whole prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from inspect import signature
from typing import NamedTuple, cast

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from sentiment.errors import InputError
from sentiment.models.encoding import count_shared, pad
from sentiment.zero_shot.demonstrations import Demonstrations
from sentiment.zero_shot.encoder import TemplateEncoder
from sentiment.zero_shot.likelihood import Prompt
from sentiment.zero_shot.templates import Template

SEPARATOR = "\n\n"
MIN_ROOM = 32  # tokens that demonstrations must leave for a text, about two sentences


class Prefix(NamedTuple):
    """The tokens that all prompts begin with, and the states of a model that has read them."""

    ids: list[int]
    states: list[tuple[Tensor, Tensor]]  # keys and values of each layer, (1, heads, tokens, width)


def write_prefix(template: Template, demonstrations: Demonstrations) -> str:
    """Write demonstrations in the form of `template`, each with label words and a blank line."""
    return "".join(
        f"{template.fill(text)}{template.label_words[label]}{SEPARATOR}"
        for text, label in demonstrations.examples
    )


def fit_demonstrations(
    encoder: TemplateEncoder, room: int, demonstrations: Demonstrations, model: str
) -> TemplateEncoder:
    """Leave `room` tokens for a text, or fewer where the model's context ends before.

    Args:
        encoder: with the demonstrations; its maximum length is the model's context.
        room: the number of tokens of a text without demonstrations.
        model: its name, for messages.

    Raises:
        InputError: fewer than `MIN_ROOM` tokens would be left.
    """
    left = encoder.count_room()
    if left < min(MIN_ROOM, room):
        raise InputError(
            f"{len(demonstrations)} demonstrations and the template {encoder.template.name!r} take "
            f"{encoder.max_length - left:,} tokens. {model} reads {encoder.max_length:,}, of which "
            f"at least {min(MIN_ROOM, room)} must be left for the text. Use fewer shots or shorter "
            f"demonstrations."
        )
    return replace(encoder, max_length=encoder.max_length - max(0, left - room))


@torch.no_grad()  # not inference mode: autograd may meet the states later
def read_prefix(model: PreTrainedModel, ids: Sequence[int]) -> Prefix:
    """Compute the keys and values of the tokens `ids` in each layer of `model`.

    There are none for an architecture that keeps other states, such as recurrent ones.
    """
    layers = DynamicCache(config=model.config).layers
    if not all(type(layer) in (DynamicLayer, DynamicSlidingWindowLayer) for layer in layers):
        return Prefix([], [])
    cache = DynamicCache()  # without a configuration, no layer drops what its window leaves
    inputs = torch.tensor([list(ids)], device=model.device)
    name = _cache_name(model)
    model(input_ids=inputs, use_cache=True, logits_to_keep=1, **{name: cache})
    states = [(cast(Tensor, keys), cast(Tensor, values)) for keys, values, *_ in cache]
    return Prefix(list(ids), states)


def _cache_name(model: PreTrainedModel) -> str:
    """Return the name of the argument of `model` for cached states, which transformers changed."""
    return "cache" if "cache" in signature(model.forward).parameters else "past_key_values"


@dataclass(frozen=True)
class PrefixedPrompt(Prompt):
    """Scorer by the log-probability of each label's words, for prompts with a common prefix."""

    prefix: Prefix

    def _log_probabilities(self, ids: Tensor, mask: Tensor, leading: Sequence[int]) -> Tensor:
        """Compute the log-probabilities after the prompt and after each token of `leading`.

        Only the tokens after the prefix are read. Attributions need the gradient of all tokens, so
        that with gradients, or without states of the prefix, the whole prompt is read.

        Returns:
            (batch, 1 + leading tokens, vocabulary)
        """
        if torch.is_grad_enabled() or not self.prefix.ids:
            return super()._log_probabilities(ids, mask, leading)
        prompts = [row[keep.bool()].tolist() for row, keep in zip(ids, mask, strict=True)]
        shared = min(count_shared(self.prefix.ids, prompt[:-1]) for prompt in prompts)
        rows = [[*prompt[shared:], *leading] for prompt in prompts]
        suffix, suffix_mask = (tensor.to(ids.device) for tensor in pad(rows, pad_id=0))
        ends = torch.tensor([len(row) - len(leading) - 1 for row in rows], device=ids.device)
        places = ends[:, None] + torch.arange(len(leading) + 1, device=ids.device)
        kept = places.unique()  # sorted; padding on the right leaves positions as they are
        logits = self.model(
            input_ids=suffix,
            attention_mask=torch.cat([mask.new_ones(len(rows), shared), suffix_mask], dim=1),
            position_ids=torch.arange(shared, shared + suffix.shape[1], device=ids.device)[None],
            logits_to_keep=kept,
            use_cache=True,
            **{_cache_name(self.model): self._copy_states(len(rows), shared)},
        ).logits
        chosen = logits[torch.arange(len(rows))[:, None], torch.searchsorted(kept, places)]
        return cast(Tensor, chosen.float().log_softmax(dim=-1))

    def _copy_states(self, batch: int, length: int) -> DynamicCache:
        """Copy the states of the first `length` tokens for each text of a batch."""
        return DynamicCache(
            tuple(part[:, :, :length].expand(batch, -1, -1, -1) for part in layer)
            for layer in self.prefix.states
        )
