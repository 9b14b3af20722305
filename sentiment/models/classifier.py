"""The classifier protocol, from texts to probabilities, and its implementation in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.method import Kind, Method
from sentiment.models.encoding import Encoder, Tokenized, pad
from sentiment.models.readout import Readout


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

    @property
    def revision(self) -> str:
        """Return the commit of a model from the Hub, empty for any other."""
        ...

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
    """Classifier with a PyTorch model that maps (ids, mask) to the logits of the two labels.

    Where its head has neutral labels as well, `logits` gives their mass as a third logit.
    """

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
    readout: Readout | None = None  # of the outputs of `network`, None without one
    labels: tuple[str, ...] = ()  # its own names of its outputs, empty without a head
    network: torch.nn.Module | None = None  # the fine-tuned model behind `logits`
    embedding: torch.nn.Module | None = None  # input embedding layer
    revision: str = ""  # commit of a model from the Hub

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """Encode each text as token ids, with the number before truncation."""
        return self.encode(texts)

    def decode_prompt(self, text: str) -> str:
        """Decode the token ids of `text` to the truncated prompt."""
        (tokenized,) = self.encode([text])
        return str(self.tokenizer.decode(tokenized.ids, clean_up_tokenization_spaces=False))

    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        """Compute the probabilities (n, 2) of one padded batch."""
        return self.predict_with_neutral(batch)[0]

    @torch.inference_mode()
    def predict_with_neutral(self, batch: Sequence[Tokenized]) -> tuple[np.ndarray, np.ndarray]:
        """Compute the probabilities (n, 2) of one padded batch, and the mass of neutral labels.

        The mass is (n,), NaN if the model has no such label. It is not part of the probabilities.
        """
        ids, mask = pad([text.ids for text in batch], pad_id=self.pad_id)
        logits = self.logits(ids.to(self.device), mask.to(self.device)).double()
        probabilities = logits[:, :2].softmax(dim=-1).cpu().numpy()
        if logits.shape[1] == 2:
            return probabilities, np.full(len(batch), np.nan)
        return probabilities, logits.softmax(dim=-1)[:, 2].cpu().numpy()
