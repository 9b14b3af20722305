"""Token ids of a text inside a prompt template, which is never cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.errors import CheckpointError
from sentiment.models.encoding import Item, Span, Tokenized, head_tail_truncate
from sentiment.zero_shot.templates import MASK, Template


@dataclass(frozen=True)
class TemplateEncoder:
    """The text inside a template, which is never cut."""

    tokenizer: PreTrainedTokenizerBase
    template: Template
    max_length: int

    def prompt(self, text: str) -> str:
        """Fill the template with `text`."""
        return self.template.fill(text, self._mask)

    @property
    def _mask(self) -> str:
        return self.tokenizer.mask_token or MASK

    def premise(self) -> Tokenized:
        """Encode the template without a text, which PMI-DC calibrates by.

        Raises:
            CheckpointError: it is longer than the network reads.
        """
        premise = self.template.premise.replace(MASK, self._mask)
        ids = list(self.tokenizer(premise)["input_ids"])
        if len(ids) > self.max_length:
            raise self._too_long()
        return Tokenized(ids=ids, total=len(ids))

    def __call__(self, texts: Sequence[str]) -> list[Tokenized]:
        """Encode each filled template; of a text that is too long, the middle is left out.

        The whole prompt is tokenized at once, so that where text and template meet the tokens are
        those the network would see in running text. A token that holds a part of both counts as
        the template's.

        Raises:
            CheckpointError: the template alone is longer than the network reads, or the tokenizer
                cannot say where its tokens stand.
        """
        if not texts:
            return []
        if not self.tokenizer.is_fast:
            raise CheckpointError("Zero-shot by template needs a fast tokenizer (tokenizer.json).")
        encoded = self.tokenizer(
            [self.prompt(text) for text in texts], return_offsets_mapping=True, verbose=False
        )
        return [
            Tokenized(ids=self._cut(ids, self._inside(text, offsets)), total=len(ids))
            for text, ids, offsets in zip(
                texts, encoded["input_ids"], encoded["offset_mapping"], strict=True
            )
        ]

    def offsets(self, text: str) -> list[Span | None]:
        """Map each token id to its characters of `text`; None for the template's."""
        encoded = self.tokenizer(self.prompt(text), return_offsets_mapping=True, verbose=False)
        offsets = encoded["offset_mapping"]
        inside = self._inside(text, offsets)
        start = len(self.template.around(self._mask)[0])
        spans: list[Span | None] = [None] * len(offsets)
        for i in inside:
            spans[i] = (offsets[i][0] - start, offsets[i][1] - start)
        return self._cut(spans, inside)

    def _inside(self, text: str, offsets: Sequence[Span]) -> list[int]:
        """Find the tokens of the filled template that are the text's alone."""
        start = len(self.template.around(self._mask)[0])
        end = start + len(text)
        return [i for i, (a, b) in enumerate(offsets) if start <= a < b <= end]

    def _cut(self, ids: Sequence[Item], inside: Sequence[int]) -> list[Item]:
        over = len(ids) - self.max_length
        if over <= 0:
            return list(ids)
        if over >= len(inside):
            raise self._too_long()
        kept = head_tail_truncate([ids[i] for i in inside], len(inside) - over)
        return [*ids[: inside[0]], *kept, *ids[inside[-1] + 1 :]]

    def _too_long(self) -> CheckpointError:
        return CheckpointError(
            f"The template {self.template.name!r} alone fills the {self.max_length} tokens that "
            f"the model reads."
        )
