"""Cached outputs of frozen layers, which are the same in every epoch and computed once.

With a frozen backbone, the pooled hidden state of each text (its features) is cached in
`.features/` beside the trained checkpoints, by a hash of everything that it depends on; the cache
can be deleted at any time. With frozen lower layers, without dropout, their hidden states are
cached in the run folder, if they are not too large.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor, nn
from tqdm.auto import tqdm
from transformers import PreTrainedModel
from transformers.modeling_outputs import (
    BaseModelOutputWithPoolingAndCrossAttentions,
    SequenceClassifierOutput,
)

from sentiment.data.examples import Examples
from sentiment.errors import CheckpointError, RecipeError
from sentiment.models.backbones import Backbone, find_pad_id
from sentiment.models.encoding import ENCODING, TextEncoder, pad, token_batches
from sentiment.models.tuning import build_network, find_layers, find_owner, pooled_state
from sentiment.paths import trained_directory
from sentiment.recipes import Pooling
from sentiment.runtime.distributed import process_group
from sentiment.runtime.files import hash_files, write_atomically
from sentiment.runtime.hardware import move_to
from sentiment.runtime.logs import progress_disabled

MAX_BYTES = 4 * 2**30  # of the cached hidden states of a training run
_FLOAT = 4  # bytes
_BACKBONE_FILES = (
    "*.safetensors",
    "*.gguf",
    "config.json",
    "tokenizer*",
    "vocab*",
    "merges*",
    "*.model",
)


# Features: the input of the head on a frozen backbone


def feature_key(
    backbone: Backbone,
    examples: Examples,
    *,
    max_length: int,
    pooling: Pooling,
    layer: int | None = None,
) -> str:
    """Compute the cache key: 20 hexadecimal digits of a hash of all inputs of the features."""
    files = sorted({path for pattern in _BACKBONE_FILES for path in backbone.folder.glob(pattern)})
    parts = (ENCODING, hash_files(files), max_length, pooling, layer, examples.fingerprint)
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:20]


def load_features(
    backbone: Backbone,
    examples: Examples,
    *,
    max_length: int,
    pooling: Pooling,
    layer: int | None = None,
    device: str = "cpu",
) -> Tensor:
    """Load the features of all texts, (n, width) float32, from the cache or by computing them.

    Raises:
        CheckpointError: the cache cannot be written.
        RecipeError: the head needs more than the pooled hidden state.
    """
    settings: dict[str, Any] = {"max_length": max_length, "pooling": pooling, "layer": layer}
    key = feature_key(backbone, examples, **settings)

    def compute(path: Path) -> None:
        features = compute_features(backbone, examples, **settings, device=device)
        np.save(path, features.numpy())

    path = trained_directory() / ".features" / f"{key}.npy"
    return torch.from_numpy(np.array(_load_or_compute(path, len(examples), compute)))


@torch.no_grad()  # not inference mode: autograd uses the features later
def compute_features(
    backbone: Backbone,
    examples: Examples,
    *,
    max_length: int,
    pooling: Pooling,
    layer: int | None = None,
    device: str = "cpu",
) -> Tensor:
    """Compute the features of all texts, (n, width) float32, with the backbone in float32.

    Raises:
        RecipeError: the head needs more than the pooled hidden state.
    """
    network = build_network(backbone, pooling=pooling, layer=layer)
    body = getattr(network, network.base_model_prefix)
    texts = [text.ids for text in TextEncoder(backbone.tokenizer, max_length)(examples.texts)]
    _check_head(network)

    def forward(ids: Tensor, mask: Tensor) -> Tensor:
        return pooled_state(network, body(input_ids=ids, attention_mask=mask), mask)

    features = torch.empty(len(texts), 0)
    pad_id = find_pad_id(network.config, backbone.tokenizer)
    for batch, pooled in _forward_all(
        body, forward, texts, pad_id=pad_id, device=device, title="features"
    ):
        if not features.shape[1]:
            features = torch.empty(len(texts), pooled.shape[1])
        features[batch] = pooled
    return features


def _check_head(network: PreTrainedModel) -> None:
    """Check that the head gives the same logits from features as from texts.

    Raises:
        RecipeError: the logits differ.
    """
    body = getattr(network, network.base_model_prefix)
    pad_id = network.config.pad_token_id
    ids = torch.tensor([[pad_id + 1, pad_id + 2, pad_id + 3]], device=body.device)
    mask = torch.ones_like(ids)
    expected = network(input_ids=ids, attention_mask=mask).logits
    features = pooled_state(network, body(input_ids=ids, attention_mask=mask), mask)
    head = HeadOnFeatures(network)
    logits = head(features).logits
    head.release()
    if not torch.allclose(logits, expected, atol=1e-3):
        raise RecipeError(
            f"The head of {type(network).__name__} cannot be trained on features alone; use LoRA."
        )


class _CachedBody(nn.Module):
    """Replacement of the backbone that returns cached features."""

    def __init__(self) -> None:
        super().__init__()
        self.features = torch.empty(0, 0)

    def forward(self, *_: Any, **__: Any) -> BaseModelOutputWithPoolingAndCrossAttentions:
        """Return the features as hidden states of one token, (batch, 1, width)."""
        return BaseModelOutputWithPoolingAndCrossAttentions(
            last_hidden_state=self.features[:, None], pooler_output=self.features
        )


class HeadOnFeatures(nn.Module):
    """A classifier whose backbone is replaced by cached features.

    It runs the forward pass of the original class, so that the logits equal those of the whole
    model. `release` restores the backbone.
    """

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self._prefix = network.base_model_prefix
        body = getattr(network, self._prefix)
        self._body = lambda: body  # in a function, so that it is no submodule
        self.network = network
        setattr(network, self._prefix, _CachedBody())

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Any:
        """Compute logits (batch, 2) of `features` and, with `labels` (batch,), the loss."""
        getattr(self.network, self._prefix).features = features
        mask = torch.ones(len(features), 1, dtype=torch.long, device=features.device)
        return self.network(input_ids=mask, attention_mask=mask, labels=labels)

    def release(self) -> PreTrainedModel:
        """Restore the backbone; return the whole model with the trained head."""
        setattr(self.network, self._prefix, self._body())
        return self.network


class FeatureDataset(torch.utils.data.Dataset[dict[str, Tensor]]):
    """Dataset of features and labels, with batched access."""

    def __init__(self, features: Tensor, labels: np.ndarray) -> None:
        self.features, self.labels = features, torch.from_numpy(labels)

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, position: int) -> dict[str, Tensor]:
        return {"features": self.features[position], "labels": self.labels[position]}

    def __getitems__(self, positions: list[int]) -> dict[str, Tensor]:
        return {"features": self.features[positions], "labels": self.labels[positions]}


# Hidden states: the input of the layers above the frozen ones


def states_size(network: PreTrainedModel, texts: Sequence[Sequence[int]]) -> int:
    """Compute the size in bytes of the hidden states of `texts`, given as token ids."""
    return _FLOAT * int(network.config.hidden_size) * sum(map(len, texts))


def has_room(folder: Path, size: int) -> bool:
    """Return whether hidden states of `size` bytes can be cached in `folder`."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    return size <= MAX_BYTES and shutil.disk_usage(existing).free >= 2 * size


def load_states(
    network: PreTrainedModel,
    count: int,
    texts: Sequence[Sequence[int]],
    path: Path,
    *,
    pad_id: int,
    device: str = "cpu",
) -> np.ndarray:
    """Load the hidden states of all tokens after `count` layers, (tokens, width) float32.

    They are read from `path`, or computed by the main process and written there.

    Raises:
        CheckpointError: the file cannot be written.
    """
    ends = np.cumsum([len(text) for text in texts])
    shape = (int(ends[-1]), int(network.config.hidden_size))

    def compute(path: Path) -> None:
        states = open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        for batch, output in _forward_lower_layers(
            network, count, texts, pad_id=pad_id, device=device
        ):
            for row, i in zip(output.numpy(), batch, strict=True):
                length = len(texts[i])
                states[ends[i] - length : ends[i]] = row[:length]
        states.flush()

    return _load_or_compute(path, shape[0], compute)


class _StopForwardError(Exception):
    """Exception that stops a forward pass after the frozen layers."""


@torch.no_grad()
def _forward_lower_layers(
    network: PreTrainedModel,
    count: int,
    texts: Sequence[Sequence[int]],
    *,
    pad_id: int,
    device: str,
) -> Iterator[tuple[list[int], Tensor]]:
    """Yield indices of texts and hidden states (batch, tokens, width) after `count` layers."""
    body = getattr(network, network.base_model_prefix)
    captured: list[Tensor] = []

    def capture(_layer: nn.Module, _args: Any, output: Tensor) -> None:
        captured.append(output)
        raise _StopForwardError

    def forward(ids: Tensor, mask: Tensor) -> Tensor:
        with suppress(_StopForwardError):
            body(input_ids=ids, attention_mask=mask)
        return captured.pop()

    handle = find_layers(network)[count - 1].register_forward_hook(capture)
    was_training = network.training
    network.eval()
    try:
        yield from _forward_all(
            body, forward, texts, pad_id=pad_id, device=device, title="lower layers"
        )
    finally:
        handle.remove()
        network.train(was_training)


class _CachedLayers(nn.Module):
    """Replacement of the lower layers that returns their cached hidden states."""

    def __init__(self) -> None:
        super().__init__()
        self.states = torch.empty(0)

    def forward(self, *_: Any, **__: Any) -> Tensor:
        """Return the hidden states, (batch, tokens, width)."""
        return self.states


class UpperLayers(nn.Module):
    """A classifier whose lowest layers are replaced by their cached hidden states.

    It runs the forward pass of the original class. `release` restores the layers.
    """

    def __init__(self, network: PreTrainedModel, count: int) -> None:
        super().__init__()
        layers = find_layers(network)
        owner, name = find_owner(network, layers)
        self._cached = _CachedLayers()
        setattr(owner, name, nn.ModuleList([self._cached, *layers[count:]]))
        self._restore = lambda: setattr(
            owner, name, layers
        )  # in a function, so that it is no submodule
        self.network = network

    def forward(
        self,
        states: Tensor,
        input_ids: Tensor,
        attention_mask: Tensor,
        labels: Tensor | None = None,
    ) -> SequenceClassifierOutput:
        """Compute logits (batch, 2) and, with `labels` (batch,), the loss.

        Args:
            states: hidden states of the lower layers, (batch, tokens, width), padded with zeros.
            input_ids: (batch, tokens), needed by decoders to find the last token.
            attention_mask: (batch, tokens).
        """
        self._cached.states = states
        output = self.network(input_ids=input_ids, attention_mask=attention_mask, labels=labels)
        return SequenceClassifierOutput(loss=output.loss, logits=output.logits)

    def release(self) -> PreTrainedModel:
        """Restore the lower layers; return the whole model with the trained upper layers."""
        self._restore()
        return self.network


class HiddenStateDataset(torch.utils.data.Dataset[dict[str, Any]]):
    """Dataset of token ids, hidden states of the lower layers, and labels."""

    def __init__(
        self, texts: Sequence[Sequence[int]], states: np.ndarray, labels: np.ndarray
    ) -> None:
        self.texts, self.states, self.labels = texts, states, labels
        self._ends = np.cumsum([len(text) for text in texts])

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, position: int) -> dict[str, Any]:
        ids, end = self.texts[position], self._ends[position]
        states = torch.from_numpy(np.array(self.states[end - len(ids) : end]))
        return {"input_ids": ids, "states": states, "labels": int(self.labels[position])}


def collate_states(rows: list[dict[str, Any]], *, pad_id: int) -> dict[str, Tensor]:
    """Collate a batch for `UpperLayers`, padded on the right."""
    ids, mask = pad([row["input_ids"] for row in rows], pad_id=pad_id)
    states = nn.utils.rnn.pad_sequence([row["states"] for row in rows], batch_first=True)
    labels = torch.tensor([row["labels"] for row in rows])
    return {"states": states, "input_ids": ids, "attention_mask": mask, "labels": labels}


# Shared by both: a pass over all texts, and a cache file


def _forward_all(
    body: PreTrainedModel,
    forward: Callable[[Tensor, Tensor], Tensor],
    texts: Sequence[Sequence[int]],
    *,
    pad_id: int,
    device: str,
    title: str,
) -> Iterator[tuple[list[int], Tensor]]:
    """Yield indices of texts and the output of `forward` for them, float32 on the CPU.

    Afterwards `body` is moved back to its device, because its parameters are shared.
    """
    origin = body.device
    move_to(body, device)
    settings: dict[str, Any] = {"desc": title, "unit": "text", "leave": False}
    try:
        with tqdm(total=len(texts), disable=progress_disabled(), **settings) as bar:
            for batch in token_batches([len(text) for text in texts]):
                ids, mask = pad([texts[i] for i in batch], pad_id=pad_id)
                yield batch, forward(ids.to(device), mask.to(device)).float().cpu()
                bar.update(len(batch))
    finally:
        move_to(body, origin)


def _load_or_compute(path: Path, rows: int, compute: Callable[[Path], None]) -> np.ndarray:
    """Memory-map the array of `rows` rows in `path`; if it is incomplete, compute it first.

    Raises:
        CheckpointError: the file cannot be written.
    """

    def ensure() -> None:
        if not _is_complete(path, rows):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with write_atomically(path) as staging:
                    compute(staging)
            except OSError as error:
                raise CheckpointError(f"{path} cannot be written: {error}") from error

    process_group().run_on_main(ensure)
    array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def _is_complete(path: Path, rows: int) -> bool:
    try:
        return path.is_file() and len(np.load(path, mmap_mode="r", allow_pickle=False)) == rows
    except (OSError, ValueError):
        return False
