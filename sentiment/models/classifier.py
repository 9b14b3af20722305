"""The contract every model fulfils, texts in and probabilities out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.errors import CheckpointError
from sentiment.labels import NEGATIVE, POSITIVE, PROBES
from sentiment.method import Method
from sentiment.models.encoding import Encoder, Tokenized, pad

Kind = Literal["zero-shot", "fine-tuned", "baseline"]


class Classifier(Protocol):
    """Texts in, probabilities out. `inference.scoring.score` drives it over any number of texts.

    Anything with these members can be scored, compared and explained; tests use a ready fake.
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def backbone(self) -> str: ...

    @property
    def method(self) -> Method:
        """Return how it turns texts into probabilities."""
        ...

    @property
    def label_tokens(self) -> tuple[int, ...]:
        """Return the number of tokens of each label word, empty without a prompt template."""
        ...

    @property
    def threshold(self) -> float:
        """Return the log-odds that calibration took off those of positive."""
        ...

    @property
    def weights_hash(self) -> str: ...

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """Encode each text as the network reads it."""
        ...

    def decode_prompt(self, text: str) -> str:
        """Decode the tokens of `text` with the template around it into the prompt that is read."""
        ...

    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        """Compute probabilities (n, 2) float64: negative, positive; each row adds up to 1."""
        ...


@dataclass(frozen=True)
class NetworkClassifier:
    """The contract over a torch network that maps (ids, mask) to two logits."""

    name: str
    kind: Kind
    backbone: str
    method: Method
    weights_hash: str
    tokenizer: PreTrainedTokenizerBase
    encode: Encoder
    logits: Callable[[Tensor, Tensor], Tensor]
    pad_id: int
    device: torch.device
    label_tokens: tuple[int, ...] = ()  # of the label words, where a template names some
    threshold: float = 0.0  # log-odds that calibration took off those of positive
    positive: int = POSITIVE  # which output is the positive one
    network: torch.nn.Module | None = None  # of a trained one, whose `logits` it gives
    embedding: torch.nn.Module | None = None  # from token ids to the vectors the network reads

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """Encode each text as token ids, with the number there was to read."""
        return self.encode(texts)

    def decode_prompt(self, text: str) -> str:
        """Decode the tokens of `text` into the exact prompt, truncated as it is read."""
        (tokenized,) = self.encode([text])
        return str(self.tokenizer.decode(tokenized.ids, clean_up_tokenization_spaces=False))

    @torch.inference_mode()
    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        """Compute the probabilities (n, 2) of one padded batch."""
        ids, mask = pad([text.ids for text in batch], pad_id=self.pad_id)
        logits = self.logits(ids.to(self.device), mask.to(self.device))
        probabilities = logits.double().softmax(dim=-1).cpu().numpy()
        return probabilities if self.positive == POSITIVE else probabilities[:, ::-1]


def probe_positive(classifier: NetworkClassifier) -> int:
    """Find the output that rises from the negative to the positive probe sentence.

    Raises:
        CheckpointError: it gives both sentences the same scores.
    """
    scores = classifier.predict(classifier.tokenize(PROBES))
    rise = float(scores[POSITIVE, POSITIVE] - scores[NEGATIVE, POSITIVE])
    if abs(rise) < 1e-6:
        raise CheckpointError(
            f"The labels of {classifier.name} have no telling names, and it predicts the same for "
            f"both test sentences, so it is unknown which label is positive."
        )
    return POSITIVE if rise > 0 else NEGATIVE
