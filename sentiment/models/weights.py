"""The weights in the files of a model: their names, their shapes and their values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
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


def check_complete(
    name: str,
    network: PreTrainedModel,
    missing: Collection[str],
    *,
    stored: Collection[str] = (),
    advice: str,
) -> None:
    """Check that no weight of a classifier is missing, because it would be random.

    Args:
        missing: names of the weights that are in none of the files.
        stored: names of the weights in the files.
        advice: what to do where the whole head is missing.

    Raises:
        CheckpointError: the head was never trained, or a part of the weights is missing.
    """
    if not missing:
        return
    prefix = f"{network.base_model_prefix}."
    known = set(network.state_dict())
    head = {own for own, _ in network.named_parameters() if not own.startswith(prefix)}
    is_body_whole = all(own in head or ".pooler." in own for own in missing)
    if is_body_whole and head <= set(missing):
        raise CheckpointError(
            f"{name} has no trained classification head; its answers would be random. {advice}"
        )
    surplus = [own for own in sorted(stored) if not {own, f"{prefix}{own}"} & known]
    unknown = (
        f" Its files hold {len(surplus):,} of unknown names instead, such as {surplus[0]}."
        if surplus
        else ""
    )
    raise CheckpointError(
        f"{name} is incomplete: its weights lack {len(missing):,} tensors, such as "
        f"{min(missing)}, so its answers would be random.{unknown} Copy or download its files "
        f"again, or save the model itself again with model.save_pretrained(FOLDER)."
    )


def advise_training(backbone: str, *, is_zero_shot: bool = False) -> str:
    """Advise what to do with a backbone without a head: train one, or classify zero-shot.

    Args:
        backbone: its name or folder.
        is_zero_shot: whether it has a zero-shot method, which training is compared with.
    """
    command = (
        f"python -m sentiment train distilbert-mini-sst2-head --backbone {backbone} --data FILE"
    )
    if is_zero_shot:
        return f"Use {backbone} zero-shot, without the adapter, or train a head: {command}"
    return (
        f'Write {{"zero_shot": "similarity"}} to backbone.json in {backbone}: then it classifies '
        f"zero-shot, and a head can be trained: {command}"
    )


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
