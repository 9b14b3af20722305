"""Latency of a model for one text, measured on this machine and saved in the model's folder.

The texts of the challenge set are scored one at a time, in order, after a warm-up.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sentiment.data.loading import load_challenge
from sentiment.errors import CheckpointError
from sentiment.inference.scoring import score
from sentiment.models.catalogue import LATENCY_FILE
from sentiment.models.classifier import Classifier
from sentiment.runtime.files import write_atomically, write_json
from sentiment.runtime.hardware import describe_hardware
from sentiment.runtime.provenance import now, versions

WARM_UP = 10  # texts


@dataclass(frozen=True)
class Latency:
    """Milliseconds from a text to its probabilities, over n texts."""

    n: int
    median_ms: float
    p95_ms: float
    threads: int  # that torch computes with
    hardware: dict[str, Any]
    date: str
    versions: dict[str, str]


def measure_latency(classifier: Classifier) -> Latency:
    """Measure the latency of `classifier` on the texts of the challenge set."""
    texts = load_challenge()["text"].tolist()
    for text in texts[:WARM_UP]:
        score(classifier, [text])
    times = []
    for text in texts:
        started = time.perf_counter()
        score(classifier, [text])
        times.append(1000 * (time.perf_counter() - started))
    return Latency(
        n=len(times),
        median_ms=round(float(np.median(times)), 2),
        p95_ms=round(float(np.quantile(times, 0.95)), 2),
        threads=torch.get_num_threads(),
        hardware=describe_hardware(),
        date=now(),
        versions=versions(),
    )


def save_latency(latency: Latency, folder: Path) -> Path:
    """Write the measurement into the folder of its model.

    Raises:
        CheckpointError: the file cannot be written.
    """
    path = folder / LATENCY_FILE
    try:
        with write_atomically(path) as staging:
            write_json(staging, asdict(latency))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {error}") from error
    return path
