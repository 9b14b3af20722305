"""Fit a recipe: tokens, Trainer, history; a checkpoint folder is what comes out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from datasets import Dataset
from torch import nn
from transformers import PreTrainedModel, set_seed
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
from sentiment.run_states import RunStates
from sentiment.signals import collect_signals, raise_for
from sentiment.trainer import Keeper, SeededOrder, SurvivingTrainer, build_arguments
from sentiment.training_log import StepReport, TrainingLog, read_history
from sentiment.tuning import (
    Network,
    apply_tuning,
    build_network,
    count_parameters,
    plain_network,
)

WATCHED_EXAMPLES = 2000  # scored after every epoch; a seeded sample where there are more
SAVE_MINUTES = 5.0  # between two states of a training

_Fitted = tuple[float, list[dict[str, float | int]]]  # seconds, history


def fit(
    recipe: Recipe,
    backbone: Backbone,
    *,
    train: Examples,
    evaluation: Examples,
    output: Path,
    save_minutes: float = SAVE_MINUTES,
    is_resumed: bool = False,
    on_step: Callable[[StepReport], None] | None = None,
) -> Path:
    """Train `recipe` on `train`, scored on `evaluation` after every epoch; return the checkpoint.

    The state of the training is kept every few minutes in the run folder beside `output` (see
    `run_folder`), which is removed when the checkpoint is written. SIGINT and SIGTERM let the step
    end and the state be saved; then KeyboardInterrupt is raised, or SystemExit(143).

    The last epoch is kept whatever its score: choosing one by the evaluation split would turn
    that split into training data. The scores after each epoch are computed in the training's
    precision and on at most `WATCHED_EXAMPLES` texts, so that they may differ from those of the
    saved checkpoint.

    Args:
        output: the checkpoint folder, which must not exist yet.
        save_minutes: time between two states; 0 keeps one after every step.
        is_resumed: continue the training in the run folder; one without a state begins anew.

    Raises:
        InputError: the run folder holds a training that is not to be continued, or another one.
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
    is_cached = isinstance(network, PreTrainedModel) and recipe.tuning == "head"
    # A head on features is too small to gain anything from less precision.
    precision = "fp32" if is_cached else choose_precision()
    facts = {
        "recipe": asdict(recipe),
        "backbone": {"name": backbone.name, "weights_hash": backbone.weights_hash},
        "start": start,
        "data": {"train": _describe(train), "evaluation": _describe(evaluation)},
        "precision": precision,
    }
    states = RunStates(run_folder(output))
    states.begin(_plan(facts), is_resumed=is_resumed)
    watched = sample(evaluation, WATCHED_EXAMPLES, seed=recipe.seed)
    run_it = _fit_on_features if is_cached else _fit_on_texts
    try:
        with collect_signals() as received:
            job = _Job(recipe, backbone, states, received, precision, save_minutes, on_step)
            seconds, history = run_it(network, job, train, watched)
    except BaseException:
        states.release()
        raise
    network.eval()
    run = {
        "format": 1,
        "date": now(),
        **facts,
        "parameters": asdict(count_parameters(network)),
        "seconds": round(seconds, 1),
        "history": history,
        "hardware": describe_hardware(),
        "versions": versions(),
        "commit": commit(),
    }
    saved = save_checkpoint(network, backbone.tokenizer, run, output)
    states.clear()
    return saved


def run_folder(output: Path) -> Path:
    """Where the unfinished training of the checkpoint `output` keeps its states."""
    return output.parent / f".{output.name}.run"


def _plan(facts: dict[str, Any]) -> dict[str, Any]:
    """What must not change between the parts of a training."""
    data = {f"{part} data": value["fingerprint"] for part, value in facts["data"].items()}
    kept = {"precision": facts["precision"], "start": facts["start"]}
    return {"recipe": facts["recipe"], "backbone": facts["backbone"], "data": data, "other": kept}


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


@dataclass(frozen=True)
class _Job:
    """What both ways of training need besides the network and the examples."""

    recipe: Recipe
    backbone: Backbone
    states: RunStates
    received: Sequence[int]  # signals
    precision: str
    save_minutes: float
    on_step: Callable[[StepReport], None] | None


def _fit_on_texts(network: Network, job: _Job, train: Examples, watched: Examples) -> _Fitted:
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

    parts = (tokenize(train), tokenize(watched))
    lengths = [len(ids) for ids in parts[0]["input_ids"]]
    try:
        return _run_trainer(network, job, parts, collate=collate, lengths=lengths)
    finally:
        nn.Module.to(network, "cpu")  # its weights are the backbone's, which others use there


def _fit_on_features(network: Network, job: _Job, train: Examples, watched: Examples) -> _Fitted:
    recipe = job.recipe
    parts = tuple(
        FeatureRows(
            load_features(job.backbone, part, max_length=recipe.max_length, pooling=recipe.pooling),
            part.labels,
        )
        for part in (train, watched)
    )
    head = HeadOnFeatures(cast(PreTrainedModel, network))
    try:
        return _run_trainer(head, job, parts, collate=lambda batch: batch, lengths=None)
    finally:
        nn.Module.to(head.release(), "cpu")


def _run_trainer(
    model: nn.Module,
    job: _Job,
    parts: tuple[Any, ...],
    *,
    collate: Callable[[Any], dict[str, torch.Tensor]],
    lengths: Sequence[int] | None,
) -> _Fitted:
    """Train `model`, from the newest state where there is one.

    Returns:
        (seconds spent, history)
    """
    recipe, (train, watched) = job.recipe, parts
    steps = math.ceil(len(train) / recipe.batch_size) * recipe.epochs
    state = job.states.newest()
    log = TrainingLog(recipe, steps=steps, on_step=job.on_step)
    keeper = Keeper(
        minutes=job.save_minutes, received=job.received, seconds=state.seconds if state else 0.0
    )
    trainer = SurvivingTrainer(
        model=model,
        args=build_arguments(recipe, job.states.staging, steps=steps, precision=job.precision),
        train_dataset=train,
        eval_dataset=watched,
        data_collator=collate,
        compute_metrics=_compute_metrics,
        callbacks=[log],
        states=job.states,
        keeper=keeper,
        order=SeededOrder(
            len(train), batch_size=recipe.batch_size, seed=recipe.seed, lengths=lengths
        ),
    )
    trainer.remove_callback(ProgressCallback)
    trainer.remove_callback(PrinterCallback)
    try:
        trainer.train(resume_from_checkpoint=str(state.folder) if state else None)
    finally:
        log.close()
    if job.received:
        raise_for(job.received[0])
    return keeper.seconds, read_history(trainer.state)


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
