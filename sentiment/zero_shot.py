"""A backbone that answers without training: how it is asked, and how its answer becomes a score.

Causal language models are asked by prompt, masked ones by cloze. Sentence encoders answer by
similarity: a text is as positive as it is closer to the sentence that describes the positive
label than to the one that describes the negative label.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from sentiment.backbones import Backbone
from sentiment.encoding import Encoder, TemplateEncoder, TextEncoder
from sentiment.errors import CheckpointError, RecipeError
from sentiment.labels import LABEL_DESCRIPTIONS
from sentiment.likelihood import Cloze, Prompt, encode_label_words
from sentiment.templates import DEFAULT_TEMPLATES, OWN, Method, Template, find_template
from sentiment.tuning import mean_state

# Sentence encoders of this kind are trained on cosines multiplied by 20 before the softmax
# (sentence-transformers' MultipleNegativesRankingLoss), so the same scale turns them back into
# probabilities. The scale moves no decision: the larger cosine wins at any scale.
COSINE_SCALE = 20.0


@dataclass(frozen=True)
class ZeroShot:
    """One way to ask a backbone: what it reads of a text, and what it answers."""

    method: str  # in a few words, such as “prompt, “… It was” great / terrible”
    encode: Encoder
    logits: Callable[[Tensor, Tensor], Tensor]  # (ids, mask), both (batch, tokens), to (batch, 2)
    template: Template | None = None


def build_zero_shot(
    backbone: Backbone, *, max_length: int, pad_id: int, template: str | Template | None = None
) -> ZeroShot:
    """The zero-shot side of `backbone`.

    Args:
        max_length: tokens it reads at most, those of the template included.
        pad_id: the id that fills a batch.
        template: one, or a name in `sentiment.templates.TEMPLATES`; by default the one its card
            names, else the default one of the method.

    Raises:
        CheckpointError: nothing says how this backbone can be asked without training.
        RecipeError: the template does not exist or does not fit the backbone.
    """
    method = backbone.zero_shot_method
    match method:
        case "similarity":
            if template is not None:
                raise RecipeError(
                    f"{backbone.name} answers by similarity, without a template; leave it out."
                )
            return _by_similarity(backbone, max_length=max_length)
        case "prompt" | "cloze":
            chosen = template or backbone.card.get("template") or DEFAULT_TEMPLATES[method]
            if not isinstance(chosen, Template):
                chosen = find_template(str(chosen), method=method)
            elif chosen.method != method:
                raise RecipeError(f"The template {chosen.name!r} is not a {method}.")
            return _by_likelihood(
                backbone, chosen, method=method, max_length=max_length, pad_id=pad_id
            )
    raise CheckpointError(
        f"{backbone.name} cannot be asked without training: it is no language model, and its "
        f"backbone.json names no zero_shot method. Known: similarity, prompt, cloze."
    )


def _by_likelihood(
    backbone: Backbone, template: Template, *, method: Method, max_length: int, pad_id: int
) -> ZeroShot:
    label_ids = encode_label_words(template, backbone.tokenizer)
    longest = max(map(len, label_ids))
    model = backbone.language_model
    mask_id = backbone.tokenizer.mask_token_id
    if method == "prompt":
        logits = Prompt(model=model, label_ids=label_ids).logits
    elif mask_id is None:
        raise CheckpointError(f"{backbone.name} has no mask token, so it cannot fill a cloze.")
    else:
        logits = Cloze(
            model=model,
            label_ids=label_ids,
            mask_id=mask_id,
            pad_id=pad_id,
            is_gap_first=template.is_gap_first,
        ).logits
    negative, positive = (words.strip() for words in template.label_words)
    shown = template.fill("…", "___").replace("\n", " ")
    said = f"{method}, “{shown}” {positive} / {negative}"
    counts = [len(ids) for ids in reversed(label_ids)]
    if template.name == OWN and counts[0] != counts[1]:
        said += f" ({counts[0]} and {counts[1]} tokens: the longer is at a disadvantage)"
    return ZeroShot(
        method=said,
        encode=TemplateEncoder(
            tokenizer=backbone.tokenizer,
            template=template,
            max_length=max_length - (longest - 1),  # the label words are read, too
        ),
        logits=logits,
        template=template,
    )


@dataclass(frozen=True)
class Similarity:
    """Scaled cosines with the two label descriptions."""

    backbone: Backbone
    anchors: Tensor  # (2, width), unit length, in label order

    def logits(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Scaled cosines, (batch, tokens) and (batch, tokens) to (batch, 2)."""
        pooled = mean_pool(self.backbone, input_ids, attention_mask)
        return COSINE_SCALE * pooled @ self.anchors.T


def mean_pool(backbone: Backbone, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Mean of the last hidden states over real tokens, scaled to unit length, (batch, width)."""
    states = backbone.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    return torch.nn.functional.normalize(mean_state(states, attention_mask), dim=-1)


@torch.no_grad()  # not inference mode: gradients are taken through the anchors afterwards
def _by_similarity(backbone: Backbone, *, max_length: int) -> ZeroShot:
    encoded = backbone.tokenizer(list(LABEL_DESCRIPTIONS), padding=True, return_tensors="pt")
    anchors = mean_pool(
        backbone,
        cast(Tensor, encoded["input_ids"]).to(backbone.device),
        cast(Tensor, encoded["attention_mask"]).to(backbone.device),
    )
    return ZeroShot(
        method="similarity, to “{}” and “{}”".format(*LABEL_DESCRIPTIONS),
        encode=TextEncoder(tokenizer=backbone.tokenizer, max_length=max_length),
        logits=Similarity(backbone=backbone, anchors=anchors).logits,
    )
