"""Accuracy of linear classifiers on each layer of a frozen backbone, to choose the one to read.

All layers are read in one pass. Texts to train on and texts to evaluate on are both from the
training split: sentences are held out with all their phrases.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor
from tqdm.auto import tqdm

from sentiment.data.examples import Examples
from sentiment.evaluation.layers import LAYERS_FILE, LayerAccuracy, choose_layer
from sentiment.models.backbones import Backbone, find_pad_id
from sentiment.models.encoding import TextEncoder, pad, token_batches
from sentiment.models.tuning import build_network, mean_pool, pooled_state
from sentiment.recipes import Pooling
from sentiment.runtime.files import write_json
from sentiment.runtime.logs import progress_disabled
from sentiment.runtime.provenance import commit, now, versions

_FINAL_NORMS = ("norm", "ln_f")  # names in Llama, Gemma and GPT-2; encoders have none
_C = 0.01  # inverse strength of the L2 penalty on standardized features
_MAX_ITERATIONS = 300


@torch.no_grad()
def compute_layer_features(
    backbone: Backbone, examples: Examples, *, max_length: int
) -> dict[tuple[int, Pooling], np.ndarray]:
    """Compute the features of every layer and pooling, each (n, width) float32, in one pass.

    They are those that a head with `layer` and `pooling` of a recipe reads: the normalization that
    ends the backbone follows every layer. Layer 0 is the embeddings.
    """
    network = build_network(backbone)
    texts = [text.ids for text in TextEncoder(backbone.tokenizer, max_length)(examples.texts)]
    pad_id = find_pad_id(network.config, backbone.tokenizer)
    features: dict[tuple[int, Pooling], np.ndarray] = {}
    bar = tqdm(total=len(texts), desc="layers", unit="text", disable=progress_disabled())
    for batch in token_batches([len(text) for text in texts]):
        ids, mask = pad([texts[i] for i in batch], pad_id=pad_id)
        for layer, states in enumerate(_read_layers(network, ids, mask)):
            for pooling, pooled in _pool(network, states, mask):
                stored = features.setdefault(
                    (layer, pooling), np.empty((len(texts), states.shape[-1]), dtype=np.float32)
                )
                stored[batch] = pooled.numpy()
        bar.update(len(batch))
    bar.close()
    return features


def _read_layers(network: Any, ids: Tensor, mask: Tensor) -> Iterator[Tensor]:
    """Yield the states of each layer, (batch, tokens, width), the embeddings first."""
    body = getattr(network, network.base_model_prefix)
    norm = next((getattr(body, name) for name in _FINAL_NORMS if hasattr(body, name)), None)
    *lower, last = body(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
    for states in lower:
        yield norm(states) if norm is not None else states
    yield last  # transformers has normalized it


def _pool(network: Any, states: Tensor, mask: Tensor) -> Iterator[tuple[Pooling, Tensor]]:
    """Yield each pooling of `states`, (batch, width)."""
    yield "native", pooled_state(network, SimpleNamespace(last_hidden_state=states), mask)
    yield "mean", mean_pool(states, mask)


def measure_layers(
    backbone: Backbone, train: Examples, held_out: Examples, *, max_length: int
) -> list[LayerAccuracy]:
    """Measure the accuracy of logistic regression on each layer and pooling.

    It is fitted on the standardized features of `train` and evaluated on `held_out`.
    """
    fitted, scored = (
        compute_layer_features(backbone, part, max_length=max_length) for part in (train, held_out)
    )
    found = []
    for layer, pooling in sorted(fitted):
        classifier = make_pipeline(
            StandardScaler(), LogisticRegression(C=_C, max_iter=_MAX_ITERATIONS)
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            classifier.fit(fitted[layer, pooling], train.labels)
        accuracy = float(classifier.score(scored[layer, pooling], held_out.labels))
        found.append(LayerAccuracy(layer, pooling, accuracy))
    return found


def save_layers(
    folder: Path,
    accuracies: list[LayerAccuracy],
    train: Examples,
    held_out: Examples,
    *,
    max_length: int,
) -> Path:
    """Write the accuracies to `layers.json` in the folder of the backbone; return its path."""
    path = folder / LAYERS_FILE
    data = {"dataset": train.dataset, "split": train.split}
    write_json(
        path,
        {
            "format": 1,
            "date": now(),
            "train": {**data, "n": len(train), "fingerprint": train.fingerprint},
            "held_out": {**data, "n": len(held_out), "fingerprint": held_out.fingerprint},
            "max_length": max_length,
            "classifier": f"logistic regression on standardized features, C = {_C}",
            "chosen": asdict(choose_layer(accuracies)),
            "layers": [asdict(own) for own in accuracies],
            "versions": versions(),
            "commit": commit(),
        },
    )
    return path
