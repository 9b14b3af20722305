"""A backbone that answers without training: how it is asked, and how its answer becomes a score.

Causal language models are asked by prompt, masked ones by cloze. Sentence encoders answer by
similarity: a text is as positive as it is closer to the sentence that describes the positive
label than to the one that describes the negative label.
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
from sentiment.models.tuning import mean_pool
from sentiment.zero_shot.encoder import TemplateEncoder
from sentiment.zero_shot.templates import CUSTOM, DEFAULT_TEMPLATES, Template, find_template

# Sentence encoders of this kind are trained on cosines multiplied by 20 before the softmax
# (sentence-transformers' MultipleNegativesRankingLoss), so the same scale turns them back into
# probabilities. The scale moves no decision: the larger cosine wins at any scale.
COSINE_SCALE = 20.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ZeroShot:
    """One way to ask a backbone: what it reads of a text, and what it answers."""

    method: Method
    encode: Encoder
    logits: Callable[[Tensor, Tensor], Tensor]  # (ids, mask), both (batch, tokens), to (batch, 2)
    label_tokens: tuple[int, ...] = ()  # of the label words, negative and positive


def build_zero_shot(
    backbone: Backbone, *, max_length: int, pad_id: int, template: str | Template | None = None
) -> ZeroShot:
    """Build the zero-shot classifier of `backbone`.

    Args:
        max_length: tokens it reads at most, those of the template included.
        pad_id: the id that fills a batch.
        template: one, or a name in `zero_shot.templates.TEMPLATES`; by default the one its card
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
                chosen = find_template(str(chosen), kind=method)
            elif chosen.kind != method:
                raise RecipeError(f"The template {chosen.name!r} is not a {method}.")
            return _by_likelihood(backbone, chosen, max_length=max_length, pad_id=pad_id)
    raise CheckpointError(
        f"{backbone.name} cannot be asked without training: it is no language model, and its "
        f"backbone.json names no zero_shot method. Known: similarity, prompt, cloze."
    )


def method_of(template: Template) -> Method:
    """Build the method that prompts with `template`."""
    return Method(
        kind=template.kind,
        template=template.name,
        prompt=template.text,
        label_words=template.label_words,
    )


def _by_likelihood(
    backbone: Backbone, template: Template, *, max_length: int, pad_id: int
) -> ZeroShot:
    label_ids = encode_label_words(template, backbone.tokenizer)
    longest = max(map(len, label_ids))
    model = backbone.language_model
    mask_id = backbone.tokenizer.mask_token_id
    if template.kind == "prompt":
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
        method=method_of(template),
        encode=TemplateEncoder(
            tokenizer=backbone.tokenizer,
            template=template,
            max_length=max_length - (longest - 1),  # the label words are read, too
        ),
        logits=logits,
        label_tokens=tuple(map(len, label_ids)),
    )


@dataclass(frozen=True)
class Similarity:
    """Scaled cosines with the two label descriptions."""

    backbone: Backbone
    label_embeddings: Tensor  # (2, width), unit length, in label order

    def logits(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Scaled cosines, (batch, tokens) and (batch, tokens) to (batch, 2)."""
        pooled = embed(self.backbone, input_ids, attention_mask)
        return COSINE_SCALE * pooled @ self.label_embeddings.T


def embed(backbone: Backbone, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Average the last hidden states over real tokens, scaled to unit length, (batch, width)."""
    states = backbone.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    return torch.nn.functional.normalize(mean_pool(states, attention_mask), dim=-1)


@torch.no_grad()  # not inference mode: gradients are taken through the label_embeddings afterwards
def _by_similarity(backbone: Backbone, *, max_length: int) -> ZeroShot:
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
    """A causal language model: log-probabilities of each label's words after the prompt."""

    model: PreTrainedModel
    label_ids: tuple[list[int], list[int]]  # negative, positive

    def logits(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Summed log-probabilities, (batch, tokens) and (batch, tokens) to (batch, 2).

        Labels that begin with the same tokens share a forward pass; so do all labels of one token.
        """
        ids, mask = move_padding(input_ids, attention_mask, "left")
        passes: dict[tuple[int, ...], Tensor] = {}
        sums = []
        for label in self.label_ids:
            leading = tuple(label[:-1])
            if leading not in passes:
                passes[leading] = self._log_probabilities(ids, mask, leading)
            sums.append(_sum_at(passes[leading], label))
        return torch.stack(sums, dim=1)

    def _log_probabilities(self, ids: Tensor, mask: Tensor, leading: Sequence[int]) -> Tensor:
        """Compute those after the prompt and after each of `leading`, (batch, labels, words)."""
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
    mask_first: bool = False  # the template's gap stands in front of the text

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
        """Compute those of every word in each gap, (batch, gaps, words).

        The template's gap is the last one, or the first where it stands in front of the text: a
        text may hold the mask token, too.
        """
        widened, places = [], []
        for row in rows:
            last = len(row) - 1 - row[::-1].index(self.mask_id)
            place = row.index(self.mask_id) if self.mask_first else last
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
