"""The classifier protocol, from texts to probabilities, and its implementation in PyTorch."""

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
    """Protocol of all models: texts in, probabilities out; see `inference.scoring.score`.

    Every object with these members can be scored, compared and explained.
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def backbone(self) -> str: ...

    @property
    def method(self) -> Method:
        """Return the method by which it predicts."""
        ...

    @property
    def label_tokens(self) -> tuple[int, ...]:
        """Return the number of tokens of each label word, empty without a prompt template."""
        ...

    @property
    def threshold(self) -> float:
        """Return the log-odds that calibration subtracted."""
        ...

    @property
    def weights_hash(self) -> str: ...

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """Encode each text as token ids."""
        ...

    def decode_prompt(self, text: str) -> str:
        """Decode the token ids of `text` in its template to the truncated prompt."""
        ...

    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        """Compute probabilities (n, 2) float64: negative, positive; rows sum to 1."""
        ...


@dataclass(frozen=True)
class NetworkClassifier:
    """Classifier with a PyTorch model that maps (ids, mask) to two logits."""

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
    label_tokens: tuple[int, ...] = ()  # of the label words, empty without a template
    threshold: float = 0.0  # log-odds that calibration subtracted
    positive: int = POSITIVE  # index of the positive logit
    network: torch.nn.Module | None = None  # the fine-tuned model behind `logits`
    embedding: torch.nn.Module | None = None  # input embedding layer

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """Encode each text as token ids, with the number before truncation."""
        return self.encode(texts)

    def decode_prompt(self, text: str) -> str:
        """Decode the token ids of `text` to the truncated prompt."""
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
    """Find the index of the positive logit from the predictions for the probe sentences.

    Raises:
        CheckpointError: both sentences get the same probabilities.
    """
    scores = classifier.predict(classifier.tokenize(PROBES))
    difference = float(scores[POSITIVE, POSITIVE] - scores[NEGATIVE, POSITIVE])
    if abs(difference) < 1e-6:
        raise CheckpointError(
            f"The labels of {classifier.name} have unknown names, and it predicts the same for "
            f"both test sentences, so it is unknown which label is positive."
        )
    return POSITIVE if difference > 0 else NEGATIVE
