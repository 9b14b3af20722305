"""Forward pass of a network with a classification head, for padded batches.

A text gets the same outputs in every batch: the attention mask, not the padding token, says where
it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.models.encoding import count_special_tokens
from sentiment.models.tuning import Network, last_state, plain_network

TokenTypes = tuple[tuple[int, ...], tuple[int, ...]]  # of the special tokens before and after


@dataclass(frozen=True)
class HeadForward:
    """The outputs of a head for a batch that is padded on the right."""

    network: nn.Module
    eos_id: int | None = None  # where the head reads the state of the last such token
    types: TokenTypes | None = None  # None: the network's default for all tokens

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Compute the outputs, (batch, tokens) and (batch, tokens) to (batch, labels)."""
        if self.eos_id is None:
            return self._forward(ids, mask)
        # These heads refuse a batch in which texts differ in their number of end tokens.
        counts = ((ids == self.eos_id) & mask.bool()).sum(dim=1)
        groups = [(counts == count).nonzero()[:, 0] for count in counts.unique()]
        parts = [self._forward(ids[rows], mask[rows]) for rows in groups]
        return torch.cat(parts)[torch.cat(groups).argsort()]

    def _forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        inputs = {"input_ids": ids, "attention_mask": mask}
        if self.types is not None:
            inputs["token_type_ids"] = _token_types(mask, self.types)
        outputs: Tensor = self.network(**inputs).logits
        return outputs


def _token_types(mask: Tensor, types: TokenTypes) -> Tensor:
    """Build the token types of a batch, (batch, tokens): 0 for the text itself."""
    before, after = types
    rows = torch.zeros_like(mask)
    rows[:, : len(before)] = mask.new_tensor(before)
    for row, length in zip(rows, mask.sum(dim=1).tolist(), strict=True):
        row[length - len(after) : length] = mask.new_tensor(after)
    return rows


def build_forward(network: Network, tokenizer: PreTrainedTokenizerBase) -> HeadForward:
    """Build the forward pass of `network`, whose head then reads the last real token of a text."""
    plain = plain_network(network)
    if _reads_last_token(plain):
        body = getattr(plain, plain.base_model_prefix)
        body.register_forward_hook(_last_token_hook, with_kwargs=True)
    is_pair = bool(getattr(plain.config, "is_encoder_decoder", False))
    return HeadForward(
        network=network,
        eos_id=plain.config.eos_token_id if is_pair else None,
        types=_find_types(tokenizer),
    )


def _reads_last_token(network: PreTrainedModel) -> bool:
    """Return whether the head reads the last token: that of a decoder, or of XLNet."""
    is_summary = hasattr(network, "sequence_summary")
    return hasattr(network, "score") or (
        is_summary and getattr(network.config, "summary_type", "") == "last"
    )


def _last_token_hook(_body: nn.Module, _args: Any, kwargs: Any, output: Any) -> Any:
    """Replace all hidden states by that of the last real token.

    transformers looks for the last token that is not the padding token, which misses the end of a
    text where the padding token is the end token as well.
    """
    states = output.last_hidden_state  # (batch, tokens, width)
    output.last_hidden_state = last_state(states, kwargs["attention_mask"])[:, None].expand_as(
        states
    )
    return output


def remove_hook(network: nn.Module) -> None:
    """Remove the hook of `build_forward` from a copy of its network, which cannot be exported."""
    for module in network.modules():
        for key, hook in list(module._forward_hooks.items()):
            if hook is _last_token_hook:
                del module._forward_hooks[key]
                module._forward_hooks_with_kwargs.pop(key, None)


def _find_types(tokenizer: PreTrainedTokenizerBase) -> TokenTypes | None:
    """Find the token types of the special tokens, None if the tokenizer gives no other than 0."""
    types = tuple(int(number) for number in tokenizer("a").get("token_type_ids", []))
    if not any(types):
        return None
    before, after = count_special_tokens(tokenizer)
    return types[:before], types[len(types) - after :]
