"""The loop of a training, on texts or on what frozen layers say of them, in the memory there is."""

from __future__ import annotations

import copy
import logging
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from datasets import Dataset
from torch import nn
from torch.distributed.fsdp import MixedPrecisionPolicy
from transformers import PreTrainedModel
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from sentiment.data.examples import Examples
from sentiment.errors import RecipeError, TrainingError
from sentiment.evaluation.evaluate_metric import SentimentMetric
from sentiment.labels import POSITIVE
from sentiment.models.backbones import Backbone, find_pad_id
from sentiment.models.encoding import TextEncoder, pad
from sentiment.models.tuning import Network, find_layers, plain_network
from sentiment.recipes import Recipe
from sentiment.runtime.distributed import is_sharded, process_group
from sentiment.runtime.hardware import Compute, is_out_of_memory
from sentiment.runtime.signals import raise_for
from sentiment.training.feature_cache import FeatureDataset, HeadOnFeatures, load_features
from sentiment.training.history import OnReport
from sentiment.training.lower_layers import (
    HiddenStateDataset,
    UpperLayers,
    collate,
    has_room,
    load_states,
    states_size,
)
from sentiment.training.run_folder import RunFolder
from sentiment.training.trainer import (
    ResumableTrainer,
    SaveCallback,
    SeededLengthSampler,
    TrainingLog,
    build_arguments,
    micro_batch_sizes,
    read_history,
)

logger = logging.getLogger(__name__)


class FitResult(NamedTuple):
    """How a training went."""

    seconds: float
    history: list[dict[str, float | int]]
    examples_at_a_time: int


@dataclass(frozen=True)
class FitContext:
    """What both ways of training need besides the network and the examples."""

    recipe: Recipe
    backbone: Backbone
    states: RunFolder
    received: Sequence[int]  # signals
    compute: Compute
    save_minutes: float
    on_report: OnReport | None


def fit_on_texts(
    network: Network, job: FitContext, train: Examples, watched: Examples
) -> FitResult:
    """Train `network` on texts, every one read anew in every epoch."""
    recipe, backbone = job.recipe, job.backbone
    encode = TextEncoder(backbone.tokenizer, recipe.max_length)
    pad_id = find_pad_id(backbone.model.config, backbone.tokenizer)

    def tokenize(examples: Examples) -> Dataset:
        ids = [text.ids for text in encode(examples.texts)]
        return Dataset.from_dict({"input_ids": ids, "labels": examples.labels.tolist()})

    def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        ids, mask = pad([row["input_ids"] for row in rows], pad_id=pad_id)
        labels = torch.tensor([row["labels"] for row in rows])
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    home = backbone.device
    parts = (tokenize(train), tokenize(watched))
    lengths = [len(ids) for ids in parts[0]["input_ids"]]
    try:
        return _run_trainer(network, job, parts, collate=collate, lengths=lengths)
    finally:
        nn.Module.to(network, home)  # its weights are the backbone's, which others use there


def fit_on_states(
    network: Network, job: FitContext, train: Examples, watched: Examples
) -> FitResult:
    """Train what stands above the frozen layers of `network` on what those say, read once.

    Where that would be too much to keep, every text is read anew in every epoch.
    """
    recipe, plain = job.recipe, cast(PreTrainedModel, network)
    encode = TextEncoder(job.backbone.tokenizer, recipe.max_length)
    texts = [[text.ids for text in encode(part.texts)] for part in (train, watched)]
    size = sum(states_size(plain, part) for part in texts)
    if is_sharded() or not has_room(job.states.folder, size):
        return fit_on_texts(network, job, train, watched)
    pad_id = find_pad_id(plain.config, job.backbone.tokenizer)
    parts = []
    for name, ids, part in zip(("train", "watched"), texts, (train, watched), strict=True):
        path = job.states.folder / f"{name}.npy"
        settings: dict[str, Any] = {"pad_id": pad_id, "device": job.compute.device}
        states = load_states(plain, recipe.freeze_layers, ids, path, **settings)
        parts.append(HiddenStateDataset(ids, states, part.labels))
    home = job.backbone.device
    upper = UpperLayers(plain, recipe.freeze_layers)
    lengths = [len(ids) for ids in texts[0]]
    try:
        return _run_trainer(
            upper, job, tuple(parts), collate=partial(collate, pad_id=pad_id), lengths=lengths
        )
    finally:
        nn.Module.to(upper.release(), home)


def fit_on_features(
    network: Network, job: FitContext, train: Examples, watched: Examples
) -> FitResult:
    """Train the head of `network` on what its frozen backbone says of each text, read once."""
    recipe = job.recipe
    parts = tuple(
        FeatureDataset(
            load_features(
                job.backbone,
                part,
                max_length=recipe.max_length,
                pooling=recipe.pooling,
                device=job.compute.device,
            ),
            part.labels,
        )
        for part in (train, watched)
    )
    home = job.backbone.device
    head = HeadOnFeatures(cast(PreTrainedModel, network))
    try:
        return _run_trainer(head, job, parts, collate=lambda batch: batch, lengths=None)
    finally:
        nn.Module.to(head.release(), home)


def _run_trainer(
    model: nn.Module,
    job: FitContext,
    parts: tuple[Any, ...],
    *,
    collate: Callable[[Any], dict[str, torch.Tensor]],
    lengths: Sequence[int] | None,
) -> FitResult:
    """Train `model`, from the newest state where there is one, in as little memory as need be."""
    share, rest = divmod(job.recipe.batch_size, process_group().count)
    if rest:
        raise RecipeError(
            f"A batch of {job.recipe.batch_size} cannot be divided among {process_group().count} "
            f"processes. Give another --batch-size."
        )
    # To begin anew where memory runs out, which several processes cannot.
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    initial = {name: p.detach().to("cpu", copy=True) for name, p in trained.items()}
    if process_group().count > 1 or is_sharded():
        initial.clear()
    for at_a_time in micro_batch_sizes(share):
        try:
            return _train(model, job, parts, collate, lengths, at_a_time=at_a_time)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error) or not initial:
                raise  # the other processes would wait for this one's gradients
            logger.warning(
                "%d texts at a time do not fit into memory. Their gradients are summed over fewer.",
                at_a_time,
            )
        model.zero_grad()
        with torch.no_grad():
            for name, parameter in trained.items():
                parameter.copy_(initial[name])
    raise TrainingError(
        f"Not even one text of {job.recipe.max_length} tokens fits into memory. Lower "
        f"--max-length, or train a head only."
    )


def _train(
    model: nn.Module,
    job: FitContext,
    parts: tuple[Any, ...],
    collate: Callable[[Any], dict[str, torch.Tensor]],
    lengths: Sequence[int] | None,
    *,
    at_a_time: int,
) -> FitResult:
    recipe, (train, watched) = job.recipe, parts
    steps = math.ceil(len(train) / recipe.batch_size) * recipe.epochs
    state = job.states.newest()
    log = TrainingLog(recipe, steps=steps, on_report=job.on_report)
    keeper = SaveCallback(
        minutes=job.save_minutes, received=job.received, seconds=state.seconds if state else 0.0
    )
    if is_sharded():
        _name_layers(model)
    trainer = ResumableTrainer(
        model=_copy_on_cpu(model) if is_sharded() else model,
        args=build_arguments(
            recipe,
            job.states.staging,
            steps=steps,
            compute=job.compute,
            at_a_time=at_a_time,
        ),
        train_dataset=train,
        eval_dataset=watched,
        data_collator=collate,
        compute_metrics=_compute_metrics,
        callbacks=[log],
        states=job.states,
        keeper=keeper,
        order=SeededLengthSampler(
            len(train), batch_size=recipe.batch_size, seed=recipe.seed, lengths=lengths
        ),
    )
    if trainer.is_fsdp_enabled and job.compute.precision == "bf16":
        # As without shards: weights and losses in float32, matrices multiplied in bfloat16.
        trainer.accelerator.state.fsdp_plugin.mixed_precision_policy = MixedPrecisionPolicy(
            param_dtype=torch.bfloat16, reduce_dtype=torch.float32, output_dtype=torch.float32
        )
    trainer.remove_callback(ProgressCallback)
    trainer.remove_callback(PrinterCallback)
    try:
        trainer.train(resume_from_checkpoint=str(state.folder) if state else None)
    finally:
        log.close()
    if keeper.agreed:
        raise_for(keeper.agreed[0])
    if is_sharded():
        _take_weights(model, trainer)
    return FitResult(keeper.seconds, read_history(trainer.state), at_a_time)


def _name_layers(model: nn.Module) -> None:
    """Tell accelerate what to cut apart: a backbone's layers; a head alone stays in one piece."""
    if isinstance(model, HeadOnFeatures):
        os.environ["FSDP_AUTO_WRAP_POLICY"] = "NO_WRAP"
    else:
        layers = find_layers(plain_network(cast(Network, model)))
        os.environ["FSDP_AUTO_WRAP_POLICY"] = "TRANSFORMER_BASED_WRAP"
        os.environ["FSDP_TRANSFORMER_CLS_TO_WRAP"] = type(layers[0]).__name__


def _copy_on_cpu(model: nn.Module) -> nn.Module:
    """A copy to be cut into shards; `model` stays whole, with weights that others use as well."""
    return copy.deepcopy(nn.Module.to(model, "cpu"))


def _take_weights(model: nn.Module, trainer: ResumableTrainer) -> None:
    """Put the weights that `trainer` has trained in shards into `model`, in the first process."""
    weights = trainer.accelerator.get_state_dict(trainer.model)
    if process_group().is_main:
        model.load_state_dict(weights)


def _compute_metrics(prediction: Any) -> dict[str, float]:
    logits = torch.from_numpy(np.asarray(prediction.predictions, dtype=np.float64))
    p_positive = logits.softmax(dim=-1)[:, POSITIVE].numpy()
    scores = SentimentMetric().compute(references=prediction.label_ids, predictions=p_positive)
    return {"accuracy": scores["accuracy"]} if scores else {}
