"""Token ids of a text inside a prompt template; only the text is truncated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transformers.tokenization_utils_base import BatchEncoding, PreTrainedTokenizerBase

from sentiment.errors import CheckpointError
from sentiment.models.encoding import Item, Span, Tokenized, head_tail_truncate
from sentiment.zero_shot.templates import MASK, Template


@dataclass(frozen=True)
class TemplateEncoder:
    """Encoder of texts in a prompt template; only the text is truncated."""

    tokenizer: PreTrainedTokenizerBase
    template: Template
    max_length: int
    has_special_tokens: bool = False  # in the template, so that the tokenizer adds none
    prefix: str = ""  # demonstrations before the template

    def prompt(self, text: str) -> str:
        """Fill the template with `text`, after the demonstrations."""
        return self.prefix + self.template.fill(text, self._mask)

    def prefix_ids(self) -> list[int]:
        """Encode the demonstrations as the prompt of a short text begins.

        Raises:
            CheckpointError: the tokenizer has no offset mapping.
        """
        self._check_is_fast()
        encoded = self._tokenize(self.prompt("a"), return_offsets_mapping=True)
        ends = [end for _, end in encoded["offset_mapping"]]
        inside = next((i for i, end in enumerate(ends) if end > len(self.prefix)), len(ends))
        return list(encoded["input_ids"])[:inside]

    def count_room(self) -> int:
        """Count the tokens that are left for a text, negative if too few for the template."""
        return self.max_length - len(self._tokenize(self.prompt(""))["input_ids"])

    @property
    def _mask(self) -> str:
        return self.tokenizer.mask_token or MASK

    def premise(self) -> Tokenized:
        """Encode the template without a text, for PMI-DC calibration.

        Raises:
            CheckpointError: it is longer than `max_length`.
        """
        premise = self.prefix + self.template.premise.replace(MASK, self._mask)
        ids = list(self._tokenize(premise)["input_ids"])
        if len(ids) > self.max_length:
            raise self._too_long()
        return Tokenized(ids=ids, total=len(ids))

    def __call__(self, texts: Sequence[str]) -> list[Tokenized]:
        """Encode each filled template; of a text that is too long, the middle is truncated.

        The whole prompt is tokenized at once, so that the tokens at the borders of the text are
        those of running text. A token that spans a border belongs to the template.

        Raises:
            CheckpointError: the template alone is longer than `max_length`, or the tokenizer has no
                offset mapping.
        """
        if not texts:
            return []
        self._check_is_fast()
        encoded = self._tokenize([self.prompt(text) for text in texts], return_offsets_mapping=True)
        return [
            Tokenized(
                ids=self._truncate(ids, self._find_text_tokens(text, offsets)), total=len(ids)
            )
            for text, ids, offsets in zip(
                texts, encoded["input_ids"], encoded["offset_mapping"], strict=True
            )
        ]

    def offsets(self, text: str) -> list[Span | None]:
        """Map each token to its characters in `text`; None for tokens of the template."""
        encoded = self._tokenize(self.prompt(text), return_offsets_mapping=True)
        offsets = encoded["offset_mapping"]
        inside = self._find_text_tokens(text, offsets)
        start = self._text_start
        spans: list[Span | None] = [None] * len(offsets)
        for i in inside:
            spans[i] = (offsets[i][0] - start, offsets[i][1] - start)
        return self._truncate(spans, inside)

    @property
    def _text_start(self) -> int:
        """Return the offset of the text in the prompt."""
        return len(self.prefix) + len(self.template.around(self._mask)[0])

    def _check_is_fast(self) -> None:
        if not self.tokenizer.is_fast:
            raise CheckpointError("Zero-shot by template needs a fast tokenizer (tokenizer.json).")

    def _tokenize(self, prompts: str | list[str], **settings: bool) -> BatchEncoding:
        """Tokenize filled templates, with special tokens once."""
        adds = not self.has_special_tokens
        return self.tokenizer(prompts, add_special_tokens=adds, verbose=False, **settings)

    def _find_text_tokens(self, text: str, offsets: Sequence[Span]) -> list[int]:
        """Find the indices of the tokens that lie within the text."""
        start = self._text_start
        end = start + len(text)
        return [i for i, (a, b) in enumerate(offsets) if start <= a < b <= end]

    def _truncate(self, ids: Sequence[Item], inside: Sequence[int]) -> list[Item]:
        surplus = len(ids) - self.max_length
        if surplus <= 0:
            return list(ids)
        if surplus >= len(inside):
            raise self._too_long()
        truncated = head_tail_truncate([ids[i] for i in inside], len(inside) - surplus)
        return [*ids[: inside[0]], *truncated, *ids[inside[-1] + 1 :]]

    def _too_long(self) -> CheckpointError:
        filling = "with its demonstrations" if self.prefix else "alone"
        return CheckpointError(
            f"The template {self.template.name!r} {filling} fills the {self.max_length} tokens "
            f"that the model reads."
        )
