"""Frozen lower layers: what comes out of them is computed once, so that epochs begin above them.

Dropout is off in frozen layers, so that they say the same of a text in every epoch. Their states
are kept on disk beside the states of the training, which end with it, and only where they are few
enough.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor, nn
from tqdm.auto import tqdm
from transformers import PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from sentiment.errors import CheckpointError
from sentiment.models.encoding import pad, token_batches
from sentiment.models.tuning import find_layers
from sentiment.runtime.distributed import process_group
from sentiment.runtime.logs import progress_disabled

MAX_BYTES = 4 * 2**30  # of the kept states of one training
_FLOAT = 4  # bytes


class UpperLayers(nn.Module):
    """A classifier whose lowest layers are replaced by what they said before.

    It runs the architecture's own code around the layers. `release` puts them back.
    """

    def __init__(self, network: PreTrainedModel, count: int) -> None:
        super().__init__()
        layers = find_layers(network)
        owner, name = _find_owner(network, layers)
        self._kept = _Kept()
        setattr(owner, name, nn.ModuleList([self._kept, *layers[count:]]))
        self._put_back = lambda: setattr(owner, name, layers)  # no part of this module that way
        self.network = network

    def forward(
        self,
        states: Tensor,
        input_ids: Tensor,
        attention_mask: Tensor,
        labels: Tensor | None = None,
    ) -> SequenceClassifierOutput:
        """Logits (batch, 2) and, with `labels` (batch,), the loss.

        Args:
            states: what the lower layers say, (batch, tokens, width); zeros in the padding.
            input_ids: (batch, tokens), by which a decoder's head finds the last token.
            attention_mask: (batch, tokens).
        """
        self._kept.states = states
        output = self.network(input_ids=input_ids, attention_mask=attention_mask, labels=labels)
        return SequenceClassifierOutput(loss=output.loss, logits=output.logits)

    def release(self) -> PreTrainedModel:
        """The whole network again, its upper layers as they are now."""
        self._put_back()
        return self.network


class _Kept(nn.Module):
    """Stands where the lower layers were and answers with their states."""

    def __init__(self) -> None:
        super().__init__()
        self.states = torch.empty(0)

    def forward(self, *_: Any, **__: Any) -> Tensor:
        """The states, (batch, tokens, width)."""
        return self.states


class _StopForwardError(Exception):
    """The lower layers have spoken; the layers above them need not."""


def _find_owner(network: nn.Module, layers: nn.Module) -> tuple[nn.Module, str]:
    """The module that holds `layers`, and what it calls them."""
    return next(
        (module, name)
        for module in network.modules()
        for name, child in module.named_children()
        if child is layers
    )


def states_size(network: PreTrainedModel, texts: Sequence[Sequence[int]]) -> int:
    """Bytes that the states of `texts`, token ids each, take."""
    return _FLOAT * int(network.config.hidden_size) * sum(map(len, texts))


def has_room(folder: Path, size: int) -> bool:
    """Whether states of `size` bytes are few enough to be kept in `folder`."""
    home = next(place for place in (folder, *folder.parents) if place.is_dir())
    return size <= MAX_BYTES and shutil.disk_usage(home).free >= 2 * size


class HiddenStateDataset(torch.utils.data.Dataset[dict[str, Any]]):
    """Token ids, the states of the lower layers, and the label of every text."""

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


def collate(rows: list[dict[str, Any]], *, pad_id: int) -> dict[str, Tensor]:
    """A batch for `UpperLayers`, filled up on the right."""
    ids, mask = pad([row["input_ids"] for row in rows], pad_id=pad_id)
    states = nn.utils.rnn.pad_sequence([row["states"] for row in rows], batch_first=True)
    labels = torch.tensor([row["labels"] for row in rows])
    return {"states": states, "input_ids": ids, "attention_mask": mask, "labels": labels}


def load_states(
    network: PreTrainedModel,
    count: int,
    texts: Sequence[Sequence[int]],
    path: Path,
    *,
    pad_id: int,
    device: str = "cpu",
) -> np.ndarray:
    """What the lowest `count` layers say of every token of `texts`, (tokens, width) float32.

    Read from `path`, else computed by the first process and written there.

    Raises:
        CheckpointError: the file cannot be written.
    """
    shape = (sum(map(len, texts)), int(network.config.hidden_size))
    if process_group().is_main and not _is_whole(path, shape):
        try:
            _write(network, count, texts, path, shape=shape, pad_id=pad_id, device=device)
        except OSError as error:
            with suppress(OSError):
                path.with_suffix(".unfinished").unlink()
            raise CheckpointError(f"{path} cannot be written: {error}") from error
    process_group().wait()
    states: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return states


def _is_whole(path: Path, shape: tuple[int, int]) -> bool:
    try:
        return path.is_file() and np.load(path, mmap_mode="r", allow_pickle=False).shape == shape
    except (OSError, ValueError):
        return False


@torch.no_grad()
def _write(
    network: PreTrainedModel,
    count: int,
    texts: Sequence[Sequence[int]],
    path: Path,
    *,
    shape: tuple[int, int],
    pad_id: int,
    device: str,
) -> None:
    """Write beside the place, then move there: a killed process leaves no half file."""
    unfinished = path.with_suffix(".unfinished")
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = open_memmap(unfinished, mode="w+", dtype=np.float32, shape=shape)
    ends = np.cumsum([len(text) for text in texts])
    heard: list[Tensor] = []

    def listen(_layer: nn.Module, _args: Any, output: Tensor) -> None:
        heard.append(output)
        raise _StopForwardError

    body = getattr(network, network.base_model_prefix)
    handle = find_layers(network)[count - 1].register_forward_hook(listen)
    was_training, home = network.training, network.device
    nn.Module.to(network.eval(), torch.device(device))
    settings: dict[str, Any] = {"desc": "lower layers", "unit": "text", "leave": False}
    try:
        with tqdm(total=len(texts), disable=progress_disabled(), **settings) as bar:
            for batch in token_batches([len(text) for text in texts]):
                ids, mask = pad([texts[i] for i in batch], pad_id=pad_id)
                try:
                    body(input_ids=ids.to(device), attention_mask=mask.to(device))
                except _StopForwardError:
                    states = heard.pop().float().cpu().numpy()
                for row, i in enumerate(batch):
                    length = len(texts[i])
                    kept[ends[i] - length : ends[i]] = states[row, :length]
                bar.update(len(batch))
    finally:
        handle.remove()
        nn.Module.to(network.train(was_training), home)
    kept.flush()
    unfinished.replace(path)
