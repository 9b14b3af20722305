"""Miniature decoders that this project pretrains: architecture and hyperparameters.

This module loads without torch, so that `--help` is fast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from sentiment.errors import InputError

Architecture = Literal["gpt2", "llama"]

END_OF_TEXT = "<|endoftext|>"  # precedes every document of the corpus


@dataclass(frozen=True, kw_only=True)
class Miniature:
    """Architecture and pretraining hyperparameters of a small decoder."""

    name: str
    title: str
    architecture: Architecture
    intermediate_size: int  # width of the feed-forward layers
    hidden_size: int = 256
    layers: int = 4
    heads: int = 4
    vocabulary: int = 8192
    context: int = 512  # tokens of a training sequence, and maximum positions
    sequences_per_step: int = 8
    learning_rate: float = 1.5e-3
    final_learning_rate: float = 1.5e-4
    warmup_tokens: int = 400_000
    weight_decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.95)
    max_grad_norm: float = 1.0  # for gradient clipping
    seed: int = 42

    @property
    def tokens_per_step(self) -> int:
        """Return the number of tokens of one optimizer step."""
        return self.context * self.sequences_per_step


@dataclass(frozen=True)
class Budget:
    """Training budget: either a number of minutes or a number of tokens."""

    minutes: float | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.minutes, self.tokens) if value is not None]
        if len(given) != 1 or not given[0] > 0 or not math.isfinite(given[0]):
            raise InputError("Give either --minutes or --tokens, a number above 0.")

    def spent(self, *, seconds: float, tokens: int) -> float:
        """Compute the used share of the budget, 0 to 1."""
        if self.minutes is not None:
            return min(1.0, seconds / (60 * self.minutes))
        return min(1.0, tokens / (self.tokens or 1))


MINIATURES: dict[str, Miniature] = {
    miniature.name: miniature
    for miniature in (
        Miniature(name="gpt2-mini", title="GPT-2", architecture="gpt2", intermediate_size=1024),
        # Three matrices of width 688 have about as many parameters as GPT-2's two of 1,024.
        Miniature(name="llama-mini", title="Llama", architecture="llama", intermediate_size=688),
    )
}
