"""Frozen backbone: what its head reads is computed once and kept, so that epochs cost next to none.

When nothing in the backbone trains, the pooled state of a text is the same in every epoch. It is
kept in `.features/` beside the trained checkpoints, under a key of everything it depends on, and
can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm.auto import tqdm
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions

from sentiment.data.examples import Examples
from sentiment.errors import CheckpointError, RecipeError
from sentiment.models.backbones import Backbone, find_pad_id
from sentiment.models.encoding import ENCODING, TextEncoder, pad, token_batches
from sentiment.models.tuning import build_network, pooled_state
from sentiment.paths import trained_directory
from sentiment.recipes import Pooling
from sentiment.runtime.distributed import process_group
from sentiment.runtime.files import hash_files
from sentiment.runtime.logs import progress_disabled

_BACKBONE_FILES = ("*.safetensors", "config.json", "tokenizer*", "vocab*", "merges*", "*.model")


def feature_key(
    backbone: Backbone, examples: Examples, *, max_length: int, pooling: Pooling
) -> str:
    """Twenty hexadecimal digits that change with anything the features depend on."""
    files = sorted({path for form in _BACKBONE_FILES for path in backbone.folder.glob(form)})
    parts = (ENCODING, hash_files(files), max_length, pooling, examples.fingerprint)
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:20]


def load_features(
    backbone: Backbone,
    examples: Examples,
    *,
    max_length: int,
    pooling: Pooling,
    device: str = "cpu",
) -> Tensor:
    """What the head reads of every text, (n, width) float32: from the cache, else computed.

    Raises:
        CheckpointError: the cache cannot be written.
        RecipeError: the head reads more of the backbone than one pooled state.
    """
    key = feature_key(backbone, examples, max_length=max_length, pooling=pooling)
    if not process_group().is_main:
        process_group().wait()  # the first process computes them
    features = _load_or_compute(
        key, backbone, examples, max_length=max_length, pooling=pooling, device=device
    )
    if process_group().is_main:
        process_group().wait()
    return features


def _load_or_compute(key: str, backbone: Backbone, examples: Examples, **settings: Any) -> Tensor:
    path = trained_directory() / ".features" / f"{key}.npy"
    if path.is_file():
        try:
            return torch.from_numpy(np.load(path, allow_pickle=False))
        except (OSError, ValueError):
            path.unlink()  # cut off while it was written, or damaged since: compute it again
    features = compute_features(backbone, examples, **settings)
    _save(features, path)
    return features


@torch.no_grad()  # not inference mode: the features are trained on afterwards
def compute_features(
    backbone: Backbone,
    examples: Examples,
    *,
    max_length: int,
    pooling: Pooling,
    device: str = "cpu",
) -> Tensor:
    """What the head reads of every text, (n, width) float32, through the backbone in float32."""
    network, home = build_network(backbone, pooling=pooling), backbone.device
    body = getattr(network, network.base_model_prefix)
    pad_id = find_pad_id(network.config, backbone.tokenizer)
    encoded = TextEncoder(backbone.tokenizer, max_length)(examples.texts)
    features = torch.empty(len(examples), 0)
    nn.Module.to(network, torch.device(device))
    try:
        _check_reader(network)
        settings: dict[str, Any] = {"desc": "features", "unit": "text", "leave": False}
        with tqdm(total=len(examples), disable=progress_disabled(), **settings) as bar:
            for batch in token_batches([len(text.ids) for text in encoded]):
                ids, mask = pad([encoded[i].ids for i in batch], pad_id=pad_id)
                output = body(input_ids=ids.to(device), attention_mask=mask.to(device))
                pooled = pooled_state(network, output, mask.to(device)).float().cpu()
                if not features.shape[1]:
                    features = torch.empty(len(examples), pooled.shape[1])
                features[batch] = pooled
                bar.update(len(batch))
    finally:
        nn.Module.to(body, home)  # its weights are the backbone's, which others use there
    return features


def _check_reader(network: PreTrainedModel) -> None:
    """Make sure that features alone give the head's logits.

    Raises:
        RecipeError: the head reads something else of the backbone.
    """
    body = getattr(network, network.base_model_prefix)
    pad_id = network.config.pad_token_id
    ids = torch.tensor([[pad_id + 1, pad_id + 2, pad_id + 3]], device=body.device)
    mask = torch.ones_like(ids)
    expected = network(input_ids=ids, attention_mask=mask).logits
    features = pooled_state(network, body(input_ids=ids, attention_mask=mask), mask)
    head = HeadOnFeatures(network)
    found = head(features).logits
    head.release()
    if not torch.allclose(found, expected, atol=1e-3):
        raise RecipeError(
            f"The head of {type(network).__name__} cannot be trained on features alone; use LoRA."
        )


def _save(features: Tensor, path: Path) -> None:
    """Write beside the place, then move there: a killed process leaves no half file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".unfinished")
        with os.fdopen(handle, "wb") as file:
            np.save(file, features.numpy())
        Path(name).replace(path)
    except OSError as error:
        for left in path.parent.glob("*.unfinished"):
            left.unlink(missing_ok=True)
        raise CheckpointError(f"The features cannot be kept in {path.parent}: {error}") from error


class _Remembered(nn.Module):
    """Stands where the backbone was and answers with features computed before."""

    def __init__(self) -> None:
        super().__init__()
        self.features = torch.empty(0, 0)

    def forward(self, *_: Any, **__: Any) -> BaseModelOutputWithPoolingAndCrossAttentions:
        """The features as the states of texts of one token, (batch, 1, width)."""
        return BaseModelOutputWithPoolingAndCrossAttentions(
            last_hidden_state=self.features[:, None], pooler_output=self.features
        )


class HeadOnFeatures(nn.Module):
    """A classifier's own head, fed with features in place of texts.

    It runs the architecture's own code around the head, so that the same features give the same
    logits as the whole network. `release` puts the backbone back.
    """

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self._prefix = network.base_model_prefix
        body = getattr(network, self._prefix)
        self._body = lambda: body  # behind a function: no part of this module, nor of its copies
        self.network = network
        setattr(network, self._prefix, _Remembered())

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Any:
        """Logits (batch, 2) and, with `labels` (batch,), the loss, of features (batch, width)."""
        getattr(self.network, self._prefix).features = features
        mask = torch.ones(len(features), 1, dtype=torch.long, device=features.device)
        return self.network(input_ids=mask, attention_mask=mask, labels=labels)

    def release(self) -> PreTrainedModel:
        """The whole network again, with the head as it is now."""
        setattr(self.network, self._prefix, self._body())
        return self.network


class FeatureDataset(torch.utils.data.Dataset[dict[str, Tensor]]):
    """Features and labels, taken a batch at a time."""

    def __init__(self, features: Tensor, labels: np.ndarray) -> None:
        self.features, self.labels = features, torch.from_numpy(labels)

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, position: int) -> dict[str, Tensor]:
        return {"features": self.features[position], "labels": self.labels[position]}

    def __getitems__(self, positions: list[int]) -> dict[str, Tensor]:
        return {"features": self.features[positions], "labels": self.labels[positions]}
