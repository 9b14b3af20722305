"""Networks of full size with random weights: they cost what trained ones cost, and no less."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sentiment.paths import BUNDLED


def write_distilbert(folder: Path, *, layers: int = 6) -> Path:
    """A DistilBERT classifier of published size (66 M weights), untrained, in `folder`."""
    import torch
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertForSequenceClassification

    torch.manual_seed(0)
    config = DistilBertConfig(
        n_layers=layers,
        id2label={0: "negative", 1: "positive"},
        label2id={"negative": 0, "positive": 1},
    )
    DistilBertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(BUNDLED / "distilbert-mini").save_pretrained(folder)
    return folder


def find_floor(config: Any, lengths: Sequence[int]) -> float:
    """Seconds that the matrix products of a DistilBERT take at this machine's own rate.

    Nothing is padded, and all else (softmax, GELU, norms) is free. Multiplying (m, k) by (k, n) is
    2 m k n operations.

    Args:
        lengths: tokens of each text.
    """
    width, inner = config.dim, config.hidden_dim
    a_token = 2 * (4 * width * width + 2 * width * inner)
    a_pair = 2 * 2 * width  # of tokens: how much one heeds the other, and what it takes from it
    operations = sum(n * a_token + n * n * a_pair for n in lengths) * config.n_layers
    return operations / _measure_rate(width, inner)


def _measure_rate(width: int, inner: int, *, rows: int = 4096, times: int = 7) -> float:
    """Operations a second of the best of several products of the shape a network has."""
    import torch

    states, weights = torch.randn(rows, width), torch.randn(width, inner)
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        states @ weights
        taken.append(time.perf_counter() - started)
    return 2 * rows * width * inner / min(taken)
