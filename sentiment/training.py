"""Fit a recipe: tokens, Trainer, history; a checkpoint folder is what comes out."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch import nn
from tqdm.auto import tqdm
from transformers import (
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from sentiment.backbones import Backbone
from sentiment.checkpoints import save_checkpoint
from sentiment.data import Examples, check_for_training
from sentiment.errors import RecipeError, TrainingError
from sentiment.evaluate_metric import SentimentMetric
from sentiment.hardware import choose_precision, describe_hardware
from sentiment.labels import POSITIVE
from sentiment.provenance import commit, now, versions
from sentiment.recipes import Recipe
from sentiment.tuning import Network, ParameterCount, apply_tuning, build_network, count_parameters

EVALUATION_BATCH = 64
LOG_POINTS = 100  # losses kept in the history, evenly spaced over the steps


@dataclass(frozen=True)
class StepReport:
    """Where a training stands; sent to `on_step` whenever a loss is logged."""

    step: int
    steps: int
    epoch: float
    loss: float
    examples_per_second: float


def count_for(recipe: Recipe, backbone: Backbone) -> ParameterCount:
    """What `recipe` would train on `backbone`."""
    return count_parameters(apply_tuning(build_network(backbone, pooling=recipe.pooling), recipe))


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
    precision, so that they may differ in the third digit from those of the saved checkpoint.

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
    network = apply_tuning(build_network(backbone, pooling=recipe.pooling), recipe)
    precision = choose_precision()
    steps = math.ceil(len(train) / recipe.batch_size) * recipe.epochs
    report = _Report(recipe, steps=steps, on_step=on_step)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        arguments = _arguments(recipe, steps=steps, precision=precision, scratch=scratch)
        parts = [_tokenize(part, backbone, recipe.max_length) for part in (train, evaluation)]
        _run_trainer(network, arguments, backbone, *parts, report=report)
    seconds = time.perf_counter() - started
    network.eval()
    run = {
        "format": 1,
        "date": now(),
        "recipe": asdict(recipe),
        "backbone": {"name": backbone.name, "weights_hash": backbone.weights_hash},
        "data": {"train": _describe(train), "evaluation": _describe(evaluation)},
        "parameters": asdict(count_parameters(network)),
        "precision": precision,
        "seconds": round(seconds, 1),
        "history": report.history,
        "hardware": describe_hardware(),
        "versions": versions(),
        "commit": commit(),
    }
    return save_checkpoint(network, backbone.tokenizer, run, output)


def _run_trainer(
    network: Network,
    arguments: TrainingArguments,
    backbone: Backbone,
    train: Dataset,
    evaluation: Dataset,
    *,
    report: _Report,
) -> None:
    trainer = Trainer(
        model=network,
        args=arguments,
        train_dataset=train,
        eval_dataset=evaluation,
        processing_class=backbone.tokenizer,
        data_collator=DataCollatorWithPadding(backbone.tokenizer),
        compute_metrics=_compute_metrics,
        callbacks=[report],
    )
    trainer.remove_callback(ProgressCallback)
    trainer.remove_callback(PrinterCallback)
    try:
        trainer.train()
    finally:
        report.close()
        nn.Module.to(network, "cpu")  # its weights are the backbone's, which others use there


def _arguments(recipe: Recipe, *, steps: int, precision: str, scratch: str) -> TrainingArguments:
    return TrainingArguments(
        output_dir=scratch,
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        per_device_eval_batch_size=EVALUATION_BATCH,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        warmup_steps=recipe.warmup,
        train_sampling_strategy="group_by_length",
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        use_cpu=not torch.cuda.is_available(),
        seed=recipe.seed,
        eval_strategy="epoch",
        save_strategy="no",
        logging_steps=max(1, steps // LOG_POINTS),
        logging_nan_inf_filter=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        disable_tqdm=True,  # the report draws the bar
        report_to="none",
    )


def _tokenize(examples: Examples, backbone: Backbone, max_length: int) -> Dataset:
    encoded = backbone.tokenizer(list(examples.texts), truncation=True, max_length=max_length)
    return Dataset.from_dict(
        {"input_ids": encoded["input_ids"], "labels": examples.labels.tolist()}
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


class _Report(TrainerCallback):
    """Progress bar with loss, history for `run.json`, and the stop on a loss that is no number."""

    def __init__(
        self, recipe: Recipe, *, steps: int, on_step: Callable[[StepReport], None] | None
    ) -> None:
        self.history: list[dict[str, float | int]] = []
        self._bar = tqdm(
            total=steps, desc=recipe.name, unit="step", dynamic_ncols=True, leave=False
        )
        self._batch_size = recipe.batch_size
        self._on_step = on_step
        self._started = time.perf_counter()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._bar.update(state.global_step - self._bar.n)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        logs = logs or {}
        if "loss" in logs:
            self._log_loss(state, float(logs["loss"]), logs)
        if "eval_loss" in logs:
            self._log_evaluation(state, logs)

    def _log_loss(self, state: TrainerState, loss: float, logs: dict[str, float]) -> None:
        if not math.isfinite(loss) or not math.isfinite(float(logs.get("grad_norm", 0.0))):
            raise TrainingError(
                f"The loss stopped being a number at step {state.global_step} of "
                f"{state.max_steps}. Try a lower --learning-rate. Nothing was written."
            )
        self._bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
        self.history.append(
            {
                "step": state.global_step,
                "epoch": round(float(state.epoch or 0.0), 4),
                "loss": round(loss, 5),
                "learning_rate": float(logs.get("learning_rate", 0.0)),
            }
        )
        if self._on_step:
            seconds = time.perf_counter() - self._started
            self._on_step(
                StepReport(
                    step=state.global_step,
                    steps=state.max_steps,
                    epoch=float(state.epoch or 0.0),
                    loss=loss,
                    examples_per_second=state.global_step * self._batch_size / seconds,
                )
            )

    def _log_evaluation(self, state: TrainerState, logs: dict[str, float]) -> None:
        entry = {
            "step": state.global_step,
            "epoch": round(float(state.epoch or 0.0), 4),
            "evaluation_loss": round(float(logs["eval_loss"]), 5),
            "evaluation_accuracy": float(logs["eval_accuracy"]),
        }
        self.history.append(entry)
        self._bar.write(
            f"epoch {entry['epoch']:g}: loss {entry['evaluation_loss']:.4f}, "
            f"accuracy {entry['evaluation_accuracy']:.4f} on the evaluation split"
        )

    def close(self) -> None:
        """Take the progress bar down, however the training ended."""
        self._bar.close()
