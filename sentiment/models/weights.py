"""The weights in the files of a model: their names, their shapes and their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel

from sentiment.errors import CheckpointError
from sentiment.runtime.files import read_headers

# What wrappers of PyTorch put before every name: DataParallel, DDP and torch.compile.
_WRAPPED = re.compile(r"^(?:module\.|_orig_mod\.)+")


def read_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Read the shapes of the weights in `folder` by name."""
    return {
        name: tuple(entry["shape"])
        for header in read_headers(folder)
        for name, entry in header.items()
    }


def find_prefix(shapes: Mapping[str, object]) -> dict[str, str] | None:
    """Find the renaming that removes the prefix of a wrapper from all names, None without one."""
    is_wrapped = bool(shapes) and all(_WRAPPED.match(name) for name in shapes)
    return {_WRAPPED.pattern: ""} if is_wrapped else None


def describe_mismatch(network: PreTrainedModel, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Describe where the weights in a file have another shape than in `network`, empty if not."""
    labels = network.config.num_labels
    has_head = type(network).__name__.endswith("ForSequenceClassification")
    stored = {_WRAPPED.sub("", name): shape for name, shape in shapes.items()}
    for name, value in network.state_dict().items():
        expected = tuple(value.shape)
        found = stored.get(name, expected)
        if found == expected:
            continue
        is_head = has_head and not name.startswith(f"{network.base_model_prefix}.")
        if is_head and expected[:1] == (labels,) and found[1:] == expected[1:]:
            return (
                f"its head ({name}) has {found[0]} outputs, and config.json describes {labels} "
                f"labels. Correct id2label in config.json."
            )
        return f"{name} is {_times(found)} in the file and {_times(expected)} by config.json."
    return ""


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{size:,}" for size in shape)


def check_finite(name: str, state: Mapping[str, Tensor]) -> None:
    """Check that all weights are numbers.

    Raises:
        CheckpointError: one of them is NaN or infinite.
    """
    for key, value in state.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            count = int((~torch.isfinite(value)).sum())
            raise CheckpointError(
                f"{name} has weights that are not finite ({count:,} in {key}), so its answers are "
                f"not numbers. Train it again, or take another checkpoint."
            )
