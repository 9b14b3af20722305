"""Model and inputs of a training run: texts, cached hidden states or cached features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from datasets import Dataset as TextDataset
from torch import Tensor, nn
from torch.utils.data import Dataset
from transformers import PreTrainedModel

from sentiment.data.examples import Examples
from sentiment.models.backbones import Backbone, find_pad_id
from sentiment.models.encoding import TextEncoder, pad
from sentiment.models.tuning import Network
from sentiment.recipes import Recipe
from sentiment.runtime.hardware import Compute
from sentiment.training.frozen import (
    FeatureDataset,
    HeadOnFeatures,
    HiddenStateDataset,
    UpperLayers,
    collate_states,
    has_room,
    load_features,
    load_states,
    states_size,
)
from sentiment.training.history import OnReport
from sentiment.training.run_folder import RunFolder


@dataclass(frozen=True)
class FitContext:
    """Settings and environment of a training run, without its model and its examples."""

    recipe: Recipe
    backbone: Backbone
    run_folder: RunFolder
    received: Sequence[int]  # signals
    compute: Compute
    save_minutes: float
    on_report: OnReport | None
    is_brief: bool  # evaluated at the end alone, without progress


@dataclass(frozen=True)
class TrainingInputs:
    """The model for the Trainer, and its datasets."""

    model: nn.Module
    train: Dataset[Any]
    eval_subset: Dataset[Any]
    collate: Callable[[Any], dict[str, Tensor]]
    lengths: Sequence[int] | None  # tokens of each training text; None for features
    release: Callable[[], nn.Module] | None = None  # restores the frozen layers

    @property
    def n_train(self) -> int:
        """Return the number of training rows."""
        return len(cast(Any, self.train))


def prepare_inputs(
    network: Network, context: FitContext, train: Examples, eval_subset: Examples
) -> TrainingInputs:
    """Prepare `network` and the examples; outputs of frozen layers are cached.

    Raises:
        CheckpointError: the output of the frozen layers cannot be written.
        RecipeError: the head needs more than the pooled hidden state.
    """
    parts = (train, eval_subset)
    recipe = context.recipe
    if recipe.tuning == "head" and isinstance(network, PreTrainedModel):
        return _prepare_features(network, context, parts)
    encode = TextEncoder(context.backbone.tokenizer, recipe.max_length)
    ids = [[text.ids for text in encode(part.texts)] for part in parts]
    if recipe.tuning == "partial":
        plain = cast(PreTrainedModel, network)
        size = sum(states_size(plain, texts) for texts in ids)
        if has_room(context.run_folder.path, size):
            return _prepare_states(plain, context, parts, ids)
    return _prepare_texts(network, context, parts, ids)


def _prepare_texts(
    network: Network,
    context: FitContext,
    parts: tuple[Examples, Examples],
    ids: list[list[list[int]]],
) -> TrainingInputs:
    """Prepare inputs from token ids, without a cache."""
    pad_id = find_pad_id(context.backbone.model.config, context.backbone.tokenizer)
    train, eval_subset = (
        TextDataset.from_dict({"input_ids": texts, "labels": part.labels.tolist()})
        for texts, part in zip(ids, parts, strict=True)
    )
    lengths = [len(text) for text in ids[0]]
    return TrainingInputs(
        network, train, eval_subset, partial(_collate_texts, pad_id=pad_id), lengths
    )


def _collate_texts(rows: list[dict[str, Any]], *, pad_id: int) -> dict[str, Tensor]:
    """Collate a batch of texts, padded on the right."""
    ids, mask = pad([row["input_ids"] for row in rows], pad_id=pad_id)
    labels = torch.tensor([row["labels"] for row in rows])
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def _prepare_states(
    network: PreTrainedModel,
    context: FitContext,
    parts: tuple[Examples, Examples],
    ids: list[list[list[int]]],
) -> TrainingInputs:
    """Prepare inputs from the cached hidden states of the frozen lower layers."""
    count = context.recipe.freeze_layers
    pad_id = find_pad_id(network.config, context.backbone.tokenizer)
    train, eval_subset = (
        HiddenStateDataset(
            texts,
            load_states(
                network,
                count,
                texts,
                context.run_folder.path / f"{name}.npy",
                pad_id=pad_id,
                device=context.compute.device,
            ),
            part.labels,
        )
        for name, texts, part in zip(("train", "evaluation"), ids, parts, strict=True)
    )
    upper = UpperLayers(network, count)
    lengths = [len(text) for text in ids[0]]
    collate = partial(collate_states, pad_id=pad_id)
    return TrainingInputs(upper, train, eval_subset, collate, lengths, upper.release)


def _prepare_features(
    network: PreTrainedModel, context: FitContext, parts: tuple[Examples, Examples]
) -> TrainingInputs:
    """Prepare inputs from the cached features of the frozen backbone."""
    recipe = context.recipe
    train, eval_subset = (
        FeatureDataset(
            load_features(
                context.backbone,
                part,
                max_length=recipe.max_length,
                pooling=recipe.pooling,
                layer=recipe.layer,
                device=context.compute.device,
            ),
            part.labels,
        )
        for part in parts
    )
    head = HeadOnFeatures(network)
    return TrainingInputs(head, train, eval_subset, lambda batch: batch, None, head.release)
