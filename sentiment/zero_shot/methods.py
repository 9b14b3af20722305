"""Zero-shot classification with a pretrained backbone: by prompt, cloze or similarity.

Causal language models classify by prompt or in a chat, masked language models by cloze: the score
of a label is the log-probability of its words. Sentence encoders classify by the cosine similarity
of a text to the descriptions of the two labels.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.errors import CheckpointError, RecipeError
from sentiment.labels import LABEL_DESCRIPTIONS, LABELS
from sentiment.method import Method
from sentiment.models.backbones import Backbone
from sentiment.models.encoding import Encoder, TextEncoder
from sentiment.models.forward import build_forward
from sentiment.models.input_limits import MAX_CONTEXT, find_max_length
from sentiment.models.tuning import mean_pool
from sentiment.zero_shot.chat import write_chat
from sentiment.zero_shot.demonstrations import Demonstrations
from sentiment.zero_shot.encoder import TemplateEncoder
from sentiment.zero_shot.entailment import Entailment, build_encoder, build_frames
from sentiment.zero_shot.few_shot import (
    PrefixedPrompt,
    fit_demonstrations,
    read_prefix,
    write_prefix,
)
from sentiment.zero_shot.likelihood import Cloze, Prompt
from sentiment.zero_shot.templates import CUSTOM, DEFAULT_TEMPLATES, Template, find_template

# Sentence encoders of this kind are trained on cosines multiplied by 20 before the softmax
# (sentence-transformers' MultipleNegativesRankingLoss), so the same scale gives
# probabilities here. The predicted label does not depend on the scale.
COSINE_SCALE = 20.0
_WITHOUT_SHOTS = ("similarity", "cloze", "entailment")  # methods that take no demonstrations
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ZeroShot:
    """A zero-shot method for a backbone: its encoder and its scoring function."""

    method: Method
    encode: Encoder
    logits: Callable[[Tensor, Tensor], Tensor]  # (ids, mask), both (batch, tokens), to (batch, 2)
    label_tokens: tuple[int, ...] = ()  # of the label words, negative and positive
    network: PreTrainedModel | None = None  # where it is not the backbone's model itself


def build_zero_shot(
    backbone: Backbone,
    *,
    max_length: int,
    pad_id: int,
    template: str | Template | None = None,
    demonstrations: Demonstrations | None = None,
) -> ZeroShot:
    """Build the zero-shot classifier of `backbone`, or the few-shot one.

    Args:
        max_length: maximum number of tokens, the template included.
        pad_id: the padding token id.
        template: a template, or a name in `zero_shot.templates.TEMPLATES`; by default the one in
            the backbone's card, else the default of the method.
        demonstrations: labelled texts before the text; only for prompts and chats.

    Raises:
        CheckpointError: the backbone has no zero-shot method.
        RecipeError: the template does not exist or does not fit the backbone, or it cannot be
            given demonstrations.
        InputError: the demonstrations leave no room for a text.
    """
    method = backbone.zero_shot_method
    if demonstrations and method in _WITHOUT_SHOTS:
        raise RecipeError(
            f"{backbone.name} answers by {method}, which takes no demonstrations: few-shot is for "
            f"causal language models. Leave the shots out."
        )
    match method:
        case "similarity":
            if template is not None:
                raise RecipeError(
                    f"{backbone.name} answers by similarity, without a template; leave it out."
                )
            return _build_similarity(backbone, max_length=max_length)
        case "prompt" | "cloze" | "entailment":
            chosen = template or backbone.card.get("template") or DEFAULT_TEMPLATES[method]
            if not isinstance(chosen, Template):
                chosen = find_template(str(chosen), kind=method)
            elif not chosen.serves(method):
                raise RecipeError(f"The template {chosen.name!r} is not a {method}.")
            if method == "entailment":
                return _build_entailment(backbone, chosen, pad_id=pad_id)
            return _build_likelihood(
                backbone,
                chosen,
                max_length=max_length,
                pad_id=pad_id,
                demonstrations=demonstrations,
            )
    raise CheckpointError(
        f"{backbone.name} cannot classify without training: it is no language model, and its "
        f"backbone.json names no zero_shot method. Known: similarity, prompt, cloze, entailment."
    )


def _build_entailment(backbone: Backbone, template: Template, *, pad_id: int) -> ZeroShot:
    network, tokenizer = backbone.classifier, backbone.tokenizer
    network.config.pad_token_id = pad_id
    frames = build_frames(tokenizer, template)
    scorer = Entailment(
        forward=build_forward(network, tokenizer),
        frames=frames,
        entailment=backbone.entailment_index,
        pad_id=pad_id,
    )
    return ZeroShot(
        method=method_of(template),
        encode=build_encoder(tokenizer, frames, find_max_length(network)),
        logits=scorer.logits,
        network=network,
    )


def method_of(template: Template, demonstrations: Demonstrations | None = None) -> Method:
    """Build the method that prompts with `template`, after `demonstrations`."""
    method = Method(
        kind=template.kind,
        template=template.name,
        prompt=template.text,
        label_words=template.label_words,
    )
    if not demonstrations:
        return method
    return replace(
        method,
        shots=len(demonstrations),
        shots_from=demonstrations.source,
        shots_seed=demonstrations.seed,
        shots_digest=demonstrations.digest,
    )


def _build_likelihood(
    backbone: Backbone,
    template: Template,
    *,
    max_length: int,
    pad_id: int,
    demonstrations: Demonstrations | None,
) -> ZeroShot:
    method, tokenizer, model = method_of(template), backbone.tokenizer, backbone.language_model
    if method.kind == "chat":
        _, written = write_chat(template, tokenizer, backbone.name)
    else:
        written = template
    label_ids = encode_label_words(written, tokenizer)
    following = max(map(len, label_ids)) - 1  # tokens of the label words behind the prompt
    if method.kind != "cloze":
        logits = Prompt(model=model, label_ids=label_ids).logits
    elif tokenizer.mask_token_id is None:
        raise CheckpointError(f"{backbone.name} has no mask token, so it cannot fill a cloze.")
    else:
        logits = Cloze(
            model=model,
            label_ids=label_ids,
            mask_id=tokenizer.mask_token_id,
            pad_id=pad_id,
            mask_first=written.mask_first,
        ).logits
    encode = TemplateEncoder(
        tokenizer=tokenizer,
        template=written,
        max_length=max_length - following,
        has_special_tokens=method.kind == "chat",
    )
    if demonstrations:
        method = method_of(template, demonstrations)
        encode = _add_demonstrations(backbone, template, encode, demonstrations, following)
        logits = PrefixedPrompt(
            model=model, label_ids=label_ids, prefix=read_prefix(model, encode.prefix_ids())
        ).logits
    return ZeroShot(method, encode, logits, label_tokens=tuple(map(len, label_ids)))


def _add_demonstrations(
    backbone: Backbone,
    template: Template,
    encode: TemplateEncoder,
    demonstrations: Demonstrations,
    following: int,
) -> TemplateEncoder:
    """Build the encoder with demonstrations from that without; a text has no more room than there.

    Args:
        following: number of tokens behind the prompt.
    """
    if template.is_chat:
        prefix, template = write_chat(template, backbone.tokenizer, backbone.name, demonstrations)
    else:
        prefix = write_prefix(template, demonstrations)
    context = find_max_length(backbone.model, most=MAX_CONTEXT) - following
    longer = replace(encode, template=template, prefix=prefix, max_length=context)
    return fit_demonstrations(longer, encode.count_room(), demonstrations, backbone.name)


@dataclass(frozen=True)
class Similarity:
    """Zero-shot scorer by scaled cosine similarity to the two label descriptions."""

    backbone: Backbone
    label_embeddings: Tensor  # (2, width), unit length, in label order

    def logits(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Compute scaled cosine similarities, (batch, tokens) and (batch, tokens) to (batch, 2)."""
        pooled = embed(self.backbone, input_ids, attention_mask)
        return COSINE_SCALE * pooled @ self.label_embeddings.T


def embed(backbone: Backbone, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Average the last hidden states over real tokens, scaled to unit length, (batch, width)."""
    states = backbone.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    return torch.nn.functional.normalize(mean_pool(states, attention_mask), dim=-1)


@torch.no_grad()  # not inference mode: autograd uses label_embeddings later
def _build_similarity(backbone: Backbone, *, max_length: int) -> ZeroShot:
    encoded = backbone.tokenizer(list(LABEL_DESCRIPTIONS), padding=True, return_tensors="pt")
    label_embeddings = embed(
        backbone,
        cast(Tensor, encoded["input_ids"]).to(backbone.device),
        cast(Tensor, encoded["attention_mask"]).to(backbone.device),
    )
    return ZeroShot(
        method=Method(kind="similarity", label_words=LABEL_DESCRIPTIONS),
        encode=TextEncoder(tokenizer=backbone.tokenizer, max_length=max_length),
        logits=Similarity(backbone=backbone, label_embeddings=label_embeddings).logits,
    )


def encode_label_words(
    template: Template, tokenizer: PreTrainedTokenizerBase
) -> tuple[list[int], list[int]]:
    """Encode the two labels' words as token ids, without special tokens.

    Warns if one label has more tokens than the other, because its sum of log-probabilities is then
    lower. For a custom template, the page shows this beside the prediction instead.

    Raises:
        CheckpointError: the tokenizer cannot encode the label words.
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
    if len(negative) != len(positive) and template.name != CUSTOM:
        logger.warning(
            "The label words of %r have %d and %d tokens; the longer ones are at a disadvantage.",
            template.name,
            len(negative),
            len(positive),
        )
    return negative, positive
