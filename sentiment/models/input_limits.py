"""What a network can read: the number of tokens of a text, and the ids of its tokens."""

from __future__ import annotations

from torch import nn
from transformers import PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.errors import CheckpointError

MAX_LENGTH = 512  # tokens; longer texts are truncated even if the model has more positions
MAX_CONTEXT = 2048  # tokens of a text and its demonstrations


def find_max_length(network: PreTrainedModel, *, most: int = MAX_LENGTH) -> int:
    """Find the maximum number of tokens that `network` is given, at most `most`.

    Where position ids start behind the padding id, as in RoBERTa and its relatives, the rows up to
    it are never used. Fewer than one position in the configuration means that there is no limit.
    """
    limits = [most]
    positions = getattr(network.config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        limits.append(positions)
    for name, module in network.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            offset = 0 if module.padding_idx is None else module.padding_idx + 1
            limits.append(module.num_embeddings - offset)
    return min(limits)


def check_vocabulary(
    name: str, network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> None:
    """Check that every token of the tokenizer has an embedding.

    Raises:
        CheckpointError: there are more tokens than embeddings.
    """
    embedding = network.get_input_embeddings()
    if isinstance(embedding, nn.Embedding) and len(tokenizer) > embedding.num_embeddings:
        raise CheckpointError(
            f"The tokenizer of {name} has {len(tokenizer):,} tokens, and its embedding "
            f"{embedding.num_embeddings:,} rows: tokens were added without resizing it. Put the "
            f"tokenizer that it was trained with into its folder."
        )
