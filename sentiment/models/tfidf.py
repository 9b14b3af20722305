"""The baseline: TF-IDF over hashed unigrams and bigrams, and logistic regression.

    python -m sentiment baseline imdb

Both are scikit-learn's. The hashing trick needs no vocabulary, so that the folder holds no words of
the training texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

from sentiment.data.checks import check_for_training
from sentiment.data.examples import Examples
from sentiment.data.sources import dataset_title
from sentiment.errors import CheckpointError
from sentiment.method import Method
from sentiment.models.catalogue import BASELINE_FILE, MODEL_FILE
from sentiment.models.encoding import Tokenized
from sentiment.probabilities import sigmoid
from sentiment.runtime.files import hash_files, read_json, write_folder, write_json
from sentiment.runtime.hardware import describe_hardware
from sentiment.runtime.provenance import commit, now, versions


@dataclass(frozen=True)
class BaselineSettings:
    """Features and regularization of the baseline, by scikit-learn's names."""

    token_pattern: str = r"(?u)\b\w+\b"  # scikit-learn's default drops “a” and “I”
    max_ngram: int = 2
    n_features: int = 2**20
    C: float = 10.0  # inverse of the regularization strength
    max_iter: int = 1000


@dataclass(frozen=True)
class TfidfClassifier:
    """Classifier with TF-IDF features and logistic regression."""

    name: str
    settings: BaselineSettings
    idf: np.ndarray  # (n_features,) float16
    coefficients: np.ndarray  # (n_features,) float16
    intercept: float
    weights_hash: str
    kind: Literal["baseline"] = "baseline"
    backbone: str = "TF-IDF"
    method: Method = Method(kind="tfidf")
    revision: str = ""
    label_tokens: tuple[int, ...] = ()
    threshold: float = 0.0

    @cached_property
    def _vectorizer(self) -> HashingVectorizer:
        return _vectorizer(self.settings)

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """Hash the n-grams of each text to feature indices, repeated by their counts."""
        counts = self._vectorizer.transform(list(texts))
        rows = (np.repeat(row.indices, row.data.astype(int)).tolist() for row in counts)
        return [Tokenized(ids=ids, total=len(ids)) for ids in rows]

    def decode_prompt(self, text: str) -> str:
        """Return `text`, which has no template and is not truncated."""
        return text

    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        """Compute probabilities (n, 2) float64: negative, positive."""
        ends = np.cumsum([0, *(len(text.ids) for text in batch)])
        indices = np.concatenate([np.array(text.ids, dtype=np.int64) for text in batch])
        counts = csr_matrix(
            (np.ones(len(indices)), indices, ends), shape=(len(batch), self.settings.n_features)
        )
        counts.sum_duplicates()
        odds = _apply_idf(counts, self.idf) @ self.coefficients.astype(np.float64) + self.intercept
        positive = sigmoid(odds)
        return np.stack([1 - positive, positive], axis=1)


def _vectorizer(settings: BaselineSettings) -> HashingVectorizer:
    return HashingVectorizer(
        token_pattern=settings.token_pattern,
        ngram_range=(1, settings.max_ngram),
        n_features=settings.n_features,
        alternate_sign=False,
        norm=None,
    )


def _apply_idf(counts: csr_matrix, idf: np.ndarray) -> csr_matrix:
    transformer = TfidfTransformer(sublinear_tf=True)
    transformer.idf_ = idf.astype(np.float64)
    return transformer.transform(counts)


def fit_baseline(
    train: Examples, output: Path, *, settings: BaselineSettings | None = None
) -> TfidfClassifier:
    """Fit the baseline on `train` and write it to `output`, a folder that does not exist yet.

    Raises:
        DataError: the examples cannot be trained on.
        CheckpointError: `output` exists, or cannot be written.
    """
    check_for_training(train)
    settings = settings or BaselineSettings()
    counts = _vectorizer(settings).transform(train.texts)
    idf = TfidfTransformer(sublinear_tf=True).fit(counts).idf_.astype(np.float16)
    idf[counts.getnnz(axis=0) == 0] = 0  # unseen features get weight 0
    regression = LogisticRegression(C=settings.C, max_iter=settings.max_iter).fit(
        _apply_idf(counts, idf), train.labels
    )
    with write_folder(output) as staging:
        weights = staging / MODEL_FILE
        save_file(
            {
                "idf": idf,
                "coefficients": regression.coef_[0].astype(np.float16),
                "intercept": regression.intercept_.astype(np.float32),
            },
            weights,
        )
        weights.chmod(0o644)
        write_json(staging / BASELINE_FILE, _describe(output.name, settings, train, weights))
    return load_baseline(output)


def _describe(
    name: str, settings: BaselineSettings, train: Examples, weights: Path
) -> dict[str, Any]:
    return {
        "name": name,
        "title": "TF-IDF",
        "date": now(),
        "settings": asdict(settings),
        "data": {
            "dataset": train.dataset,
            "title": dataset_title(train.dataset),
            "split": train.split,
            "n": len(train),
            "fingerprint": train.fingerprint,
        },
        "parameters": settings.n_features + 1,
        "hardware": describe_hardware(),
        "versions": versions(),
        "commit": commit(),
        "weights_hash": hash_files([weights]),
    }


def load_baseline(folder: Path) -> TfidfClassifier:
    """Load the baseline that `fit_baseline` wrote to `folder`.

    Raises:
        CheckpointError: a file is missing or damaged.
    """
    try:
        info = read_json(folder / BASELINE_FILE)
        weights = load_file(folder / MODEL_FILE)
        settings = BaselineSettings(**info["settings"])
        shapes = {name: weights[name].shape for name in ("idf", "coefficients", "intercept")}
    except (SafetensorError, OSError, KeyError, TypeError) as error:
        raise CheckpointError(f"The baseline {folder.name} cannot be loaded: {error}") from error
    shape = (settings.n_features,)
    if shapes != {"idf": shape, "coefficients": shape, "intercept": (1,)}:
        raise CheckpointError(f"{folder.name}: the weights do not match {BASELINE_FILE}.")
    return TfidfClassifier(
        name=folder.name,
        settings=settings,
        idf=weights["idf"],
        coefficients=weights["coefficients"],
        intercept=float(weights["intercept"][0]),
        weights_hash=hash_files([folder / MODEL_FILE]),
    )
