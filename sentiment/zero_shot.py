"""A backbone that answers without training: how it is asked, and how its answer becomes a score.

Sentence encoders answer by similarity: a text is as positive as it is closer to the sentence that
describes the positive label than to the one that describes the negative label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from sentiment.backbones import Backbone
from sentiment.errors import CheckpointError
from sentiment.labels import LABEL_DESCRIPTIONS

# Sentence encoders of this kind are trained on cosines multiplied by 20 before the softmax
# (sentence-transformers' MultipleNegativesRankingLoss), so the same scale turns them back into
# probabilities. The scale moves no decision: the larger cosine wins at any scale.
COSINE_SCALE = 20.0


@dataclass(frozen=True)
class Similarity:
    """Zero-shot by similarity: softmax over scaled cosines with the two label descriptions."""

    backbone: Backbone
    anchors: Tensor  # (2, width), unit length, in label order
    descriptions: tuple[str, str] = LABEL_DESCRIPTIONS

    def logits(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Scaled cosines, (batch, tokens) and (batch, tokens) to (batch, 2)."""
        pooled = mean_pool(self.backbone, input_ids, attention_mask)
        return COSINE_SCALE * pooled @ self.anchors.T


def mean_pool(backbone: Backbone, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Mean of the last hidden states over real tokens, scaled to unit length, (batch, width)."""
    states = backbone.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    mask = attention_mask[..., None].to(states.dtype)  # (batch, tokens, 1)
    mean = (states * mask).sum(dim=1) / mask.sum(dim=1)
    return torch.nn.functional.normalize(mean, dim=-1)


@torch.inference_mode()
def build_zero_shot(
    backbone: Backbone, descriptions: tuple[str, str] = LABEL_DESCRIPTIONS
) -> Similarity:
    """The zero-shot side of `backbone`.

    Raises:
        CheckpointError: nothing says how this backbone can be asked without training.
    """
    method = backbone.card.get("zero_shot")
    if method != "similarity":
        raise CheckpointError(
            f"{backbone.name} cannot be asked without training: its backbone.json names no "
            f"zero_shot method. Known: similarity."
        )
    encoded = backbone.tokenizer(list(descriptions), padding=True, return_tensors="pt")
    anchors = mean_pool(
        backbone, cast(Tensor, encoded["input_ids"]), cast(Tensor, encoded["attention_mask"])
    )
    return Similarity(backbone=backbone, anchors=anchors, descriptions=descriptions)
