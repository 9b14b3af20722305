"""Zero-shot classification with a pretrained backbone: by prompt, cloze or similarity.

Causal language models classify by prompt or in a chat, masked language models by cloze: the score
of a label is the log-probability of its words. Sentence encoders classify by the cosine similarity
of a text to the descriptions of the two labels.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.errors import CheckpointError, RecipeError
from sentiment.labels import LABEL_DESCRIPTIONS, LABELS
from sentiment.method import Method
from sentiment.models.backbones import Backbone
from sentiment.models.encoding import Encoder, TextEncoder, move_padding, pad
from sentiment.models.forward import build_forward
from sentiment.models.input_limits import find_max_length
from sentiment.models.tuning import mean_pool
from sentiment.zero_shot.chat import write_chat
from sentiment.zero_shot.encoder import TemplateEncoder
from sentiment.zero_shot.entailment import Entailment, build_encoder, build_frames
from sentiment.zero_shot.templates import CUSTOM, DEFAULT_TEMPLATES, Template, find_template

# Sentence encoders of this kind are trained on cosines multiplied by 20 before the softmax
# (sentence-transformers' MultipleNegativesRankingLoss), so the same scale gives
# probabilities here. The predicted label does not depend on the scale.
COSINE_SCALE = 20.0
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
    backbone: Backbone, *, max_length: int, pad_id: int, template: str | Template | None = None
) -> ZeroShot:
    """Build the zero-shot classifier of `backbone`.

    Args:
        max_length: maximum number of tokens, the template included.
        pad_id: the padding token id.
        template: a template, or a name in `zero_shot.templates.TEMPLATES`; by default the one in
            the backbone's card, else the default of the method.

    Raises:
        CheckpointError: the backbone has no zero-shot method.
        RecipeError: the template does not exist or does not fit the backbone.
    """
    method = backbone.zero_shot_method
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
            return _build_likelihood(backbone, chosen, max_length=max_length, pad_id=pad_id)
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


def method_of(template: Template) -> Method:
    """Build the method that prompts with `template`."""
    return Method(
        kind=template.kind,
        template=template.name,
        prompt=template.text,
        label_words=template.label_words,
    )


def _build_likelihood(
    backbone: Backbone, template: Template, *, max_length: int, pad_id: int
) -> ZeroShot:
    method, is_chat = method_of(template), template.is_chat
    if is_chat:
        template = write_chat(template, backbone.tokenizer, backbone.name)
    label_ids = encode_label_words(template, backbone.tokenizer)
    longest = max(map(len, label_ids))
    model = backbone.language_model
    mask_id = backbone.tokenizer.mask_token_id
    if method.kind != "cloze":
        logits = Prompt(model=model, label_ids=label_ids).logits
    elif mask_id is None:
        raise CheckpointError(f"{backbone.name} has no mask token, so it cannot fill a cloze.")
    else:
        logits = Cloze(
            model=model,
            label_ids=label_ids,
            mask_id=mask_id,
            pad_id=pad_id,
            mask_first=template.mask_first,
        ).logits
    return ZeroShot(
        method=method,
        encode=TemplateEncoder(
            tokenizer=backbone.tokenizer,
            template=template,
            max_length=max_length - (longest - 1),  # the label words follow the prompt
            has_special_tokens=is_chat,
        ),
        logits=logits,
        label_tokens=tuple(map(len, label_ids)),
    )


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
