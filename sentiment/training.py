"""Fit a recipe: tokens, Trainer, history; a checkpoint folder is what comes out."""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch import nn
from transformers import PreTrainedModel, Trainer, TrainingArguments, set_seed
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from sentiment.backbones import Backbone, resolve_folder
from sentiment.checkpoints import RUN_FILE, load_adapted, save_checkpoint, weights_hash
from sentiment.data import Examples, check_for_training, sample
from sentiment.encoding import TextEncoder, find_pad_id, pad
from sentiment.errors import RecipeError
from sentiment.evaluate_metric import SentimentMetric
from sentiment.feature_cache import FeatureRows, HeadOnFeatures, load_features
from sentiment.folders import read_json
from sentiment.hardware import choose_precision, describe_hardware
from sentiment.labels import POSITIVE
from sentiment.provenance import commit, now, versions
from sentiment.recipe import LORA_SETTINGS, WHOLE, Recipe
from sentiment.training_log import StepReport, TrainingLog
from sentiment.tuning import (
    Network,
    apply_tuning,
    build_network,
    count_parameters,
    plain_network,
)

EVALUATION_BATCH = 64
WATCHED_EXAMPLES = 2000  # scored after every epoch; a seeded sample where there are more
LOG_POINTS = 100  # losses kept in the history, evenly spaced over the steps


def fit(
    recipe: Recipe,
    backbone: Backbone,
    *,
    train: Examples,
    evaluation: Examples,
    output: Path,
    on_step: Callable[[StepReport], None] | None = None,
) -> Path:
    """Train `recipe` on `train`, scored on `evaluation` after every epoch; return the checkpoint.

    The last epoch is kept whatever its score: choosing one by the evaluation split would turn
    that split into training data. The scores after each epoch are computed in the training's
    precision and on at most `WATCHED_EXAMPLES` texts, so that they may differ from those of the
    saved checkpoint.

    Args:
        output: the checkpoint folder, which must not exist yet.

    Raises:
        DataError: the examples cannot be learned from.
        RecipeError: the recipe asks for more tokens than the backbone reads.
        TrainingError: the loss stopped being a number.
        CheckpointError: the checkpoint cannot be written.
    """
    check_for_training(train)
    check_for_training(evaluation)
    positions = getattr(backbone.model.config, "max_position_embeddings", recipe.max_length)
    if recipe.max_length > positions:
        raise RecipeError(
            f"max_length is {recipe.max_length}, but {backbone.name} reads {positions} tokens at "
            f"most."
        )
    set_seed(recipe.seed)
    network, start = _begin(recipe, backbone)
    steps = math.ceil(len(train) / recipe.batch_size) * recipe.epochs
    log = TrainingLog(recipe, steps=steps, on_step=on_step)
    watched = sample(evaluation, WATCHED_EXAMPLES, seed=recipe.seed)
    started = time.perf_counter()
    if isinstance(network, PreTrainedModel) and recipe.tuning == "head":
        precision = "fp32"  # a head on features is too small to gain anything from less
        _fit_on_features(network, recipe, backbone, train, watched, log=log)
    else:
        precision = choose_precision()
        _fit_on_texts(network, recipe, backbone, train, watched, log=log, precision=precision)
    seconds = time.perf_counter() - started
    network.eval()
    run = {
        "format": 1,
        "date": now(),
        "recipe": asdict(recipe),
        "backbone": {"name": backbone.name, "weights_hash": backbone.weights_hash},
        "start": start,
        "data": {"train": _describe(train), "evaluation": _describe(evaluation)},
        "parameters": asdict(count_parameters(network)),
        "precision": precision,
        "seconds": round(seconds, 1),
        "history": log.history,
        "hardware": describe_hardware(),
        "versions": versions(),
        "commit": commit(),
    }
    return save_checkpoint(network, backbone.tokenizer, run, output)


def _begin(recipe: Recipe, backbone: Backbone) -> tuple[Network, dict[str, str] | None]:
    """The network to train, and the checkpoint it goes on from where the recipe names one.

    Raises:
        RecipeError: that checkpoint was made of another backbone or with other settings.
    """
    if recipe.start_from is None:
        is_shared = recipe.tuning not in WHOLE
        plain = build_network(backbone, pooling=recipe.pooling, is_shared=is_shared)
        return apply_tuning(plain, recipe), None
    folder = resolve_folder(recipe.start_from)
    run = read_json(folder / RUN_FILE)
    wanted = {name: getattr(recipe, name) for name in ("tuning", "pooling")}
    if recipe.tuning == "lora":
        wanted |= {name: getattr(recipe, name) for name in LORA_SETTINGS}
    found = {name: run["recipe"].get(name) for name in wanted}
    wanted["weights_hash"], found["weights_hash"] = (
        backbone.weights_hash,
        run["backbone"]["weights_hash"],
    )
    for name, value in json.loads(json.dumps(wanted)).items():
        if found[name] != value:
            raise RecipeError(
                f"{recipe.name} cannot go on from {recipe.start_from}: its {name} is "
                f"{found[name]!r}, not {value!r}."
            )
    network = load_adapted(folder, backbone, is_trainable=True)
    if recipe.tuning == "head":
        network = apply_tuning(plain_network(network), recipe)
    return network, {"name": recipe.start_from, "weights_hash": weights_hash(folder)}


def _fit_on_texts(
    network: Network,
    recipe: Recipe,
    backbone: Backbone,
    train: Examples,
    watched: Examples,
    *,
    log: TrainingLog,
    precision: str,
) -> None:
    encode = TextEncoder(backbone.tokenizer, recipe.max_length)
    pad_id = find_pad_id(backbone.model.config, backbone.tokenizer)

    def tokenize(examples: Examples) -> Dataset:
        ids = [text.ids for text in encode(examples.texts)]
        return Dataset.from_dict({"input_ids": ids, "labels": examples.labels.tolist()})

    def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        ids, mask = pad([row["input_ids"] for row in rows], pad_id=pad_id)
        labels = torch.tensor([row["labels"] for row in rows])
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    try:
        _run_trainer(
            network,
            recipe,
            (tokenize(train), tokenize(watched)),
            collate=collate,
            log=log,
            precision=precision,
            sampling="group_by_length",
        )
    finally:
        nn.Module.to(network, "cpu")  # its weights are the backbone's, which others use there


def _fit_on_features(
    network: PreTrainedModel,
    recipe: Recipe,
    backbone: Backbone,
    train: Examples,
    watched: Examples,
    *,
    log: TrainingLog,
) -> None:
    parts = tuple(
        FeatureRows(
            load_features(backbone, part, max_length=recipe.max_length, pooling=recipe.pooling),
            part.labels,
        )
        for part in (train, watched)
    )
    head = HeadOnFeatures(network)
    try:
        _run_trainer(
            head,
            recipe,
            parts,
            collate=lambda batch: batch,
            log=log,
            precision="fp32",
            sampling="random",
        )
    finally:
        nn.Module.to(head.release(), "cpu")


def _run_trainer(
    model: nn.Module,
    recipe: Recipe,
    parts: tuple[Any, ...],
    *,
    collate: Callable[[Any], dict[str, torch.Tensor]],
    log: TrainingLog,
    precision: str,
    sampling: str,
) -> None:
    train, watched = parts
    with tempfile.TemporaryDirectory() as scratch:
        trainer = Trainer(
            model=model,
            args=_arguments(
                recipe, steps=log.steps, precision=precision, sampling=sampling, scratch=scratch
            ),
            train_dataset=train,
            eval_dataset=watched,
            data_collator=collate,
            compute_metrics=_compute_metrics,
            callbacks=[log],
        )
        trainer.remove_callback(ProgressCallback)
        trainer.remove_callback(PrinterCallback)
        try:
            trainer.train()
        finally:
            log.close()


def _arguments(
    recipe: Recipe, *, steps: int, precision: str, sampling: str, scratch: str
) -> TrainingArguments:
    return TrainingArguments(
        output_dir=scratch,
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        per_device_eval_batch_size=EVALUATION_BATCH,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        warmup_steps=recipe.warmup,
        train_sampling_strategy=sampling,
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        use_cpu=not torch.cuda.is_available(),
        seed=recipe.seed,
        eval_strategy="epoch",
        save_strategy="no",
        logging_steps=max(1, steps // LOG_POINTS),
        logging_nan_inf_filter=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,
        disable_tqdm=True,  # the log draws the bar
        report_to="none",
    )


def _compute_metrics(prediction: Any) -> dict[str, float]:
    logits = torch.from_numpy(np.asarray(prediction.predictions, dtype=np.float64))
    p_positive = logits.softmax(dim=-1)[:, POSITIVE].numpy()
    scores = SentimentMetric().compute(references=prediction.label_ids, predictions=p_positive)
    return {"accuracy": scores["accuracy"]} if scores else {}


def _describe(examples: Examples) -> dict[str, str | int]:
    return {
        "dataset": examples.dataset,
        "split": examples.split,
        "n": len(examples),
        "fingerprint": examples.fingerprint,
    }
