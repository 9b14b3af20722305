"""Scoring of many texts with one classifier: sorted by length, batched by tokens, cancellable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sentiment.labels import POSITIVE
from sentiment.models.classifier import Classifier, NetworkClassifier
from sentiment.models.encoding import Tokenized, token_batches
from sentiment.probabilities import is_positive
from sentiment.runtime.distributed import process_group

CHUNK = 4096  # texts tokenized at a time

Progress = Callable[[int, int], None]  # (texts done, texts in all)


@dataclass(frozen=True)
class Scores:
    """Predictions of one classifier, in the order of the texts."""

    probabilities: np.ndarray  # (n, 2) float64
    tokens_read: np.ndarray  # (n,) int64
    tokens_total: np.ndarray  # (n,) int64
    p_neutral: np.ndarray | None = None  # (n,) mass of neutral labels, None if there are none

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def p_positive(self) -> np.ndarray:
        """Return the probabilities of the positive label, (n,)."""
        return self.probabilities[:, POSITIVE]

    @property
    def predictions(self) -> np.ndarray:
        """Return the more probable label of each text, (n,) int64; a tie is negative."""
        return is_positive(self.p_positive).astype(np.int64)


def score_distributed(
    classifier: Classifier, texts: Sequence[str], *, progress: Progress | None = None
) -> Scores:
    """Score `texts`, divided among the processes of the job; every process returns all scores.

    Args:
        progress: called in every process with the number of its texts done and in all.
    """
    if process_group().world_size == 1:
        return score(classifier, texts, progress=progress)
    local = score(
        classifier, texts[process_group().rank :: process_group().world_size], progress=progress
    )
    parts = process_group().gather(local)
    arrays = {name: values for name, values in vars(local).items() if values is not None}
    joined = {
        name: np.empty((len(texts), *values.shape[1:]), dtype=values.dtype)
        for name, values in arrays.items()
    }
    for rank, part in enumerate(parts):
        for name, values in joined.items():
            values[rank :: process_group().world_size] = getattr(part, name)
    return Scores(**joined)


class CancelledError(Exception):
    """Exception for cancelled scoring."""


def score(
    classifier: Classifier,
    texts: Sequence[str],
    *,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Scores:
    """Score `texts` in batches; the scores are in the order of the texts.

    Args:
        progress: called after every batch with the number of texts done and in all.
        is_cancelled: called before every batch.

    Raises:
        CancelledError: `is_cancelled` returned True.
    """
    probabilities = np.empty((len(texts), 2))
    read = np.empty(len(texts), dtype=np.int64)
    total = np.empty(len(texts), dtype=np.int64)
    neutral = np.empty(len(texts)) if has_neutral(classifier) else None
    done = 0
    for start in range(0, len(texts), CHUNK):
        tokenized = classifier.tokenize(texts[start : start + CHUNK])
        for batch in token_batches([len(text.ids) for text in tokenized]):
            if is_cancelled():
                raise CancelledError
            chosen: list[Tokenized] = [tokenized[i] for i in batch]
            positions = start + np.array(batch)
            if neutral is not None and isinstance(classifier, NetworkClassifier):
                pair = classifier.predict_with_neutral(chosen)
                probabilities[positions], neutral[positions] = pair
            else:
                probabilities[positions] = classifier.predict(chosen)
            read[positions] = [len(text.ids) for text in chosen]
            total[positions] = [text.total for text in chosen]
            done += len(batch)
            if progress:
                progress(done, len(texts))
    return Scores(probabilities, tokens_read=read, tokens_total=total, p_neutral=neutral)


def has_neutral(classifier: Classifier) -> bool:
    """Return whether `classifier` has labels that are neither negative nor positive."""
    readout = classifier.readout if isinstance(classifier, NetworkClassifier) else None
    return readout is not None and readout.has_neutral
