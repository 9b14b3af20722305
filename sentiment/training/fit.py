"""Training of a recipe: build the model, train it and save the checkpoint."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transformers import set_seed

from sentiment.data.examples import Examples, sample
from sentiment.errors import RecipeError
from sentiment.models.backbones import Backbone
from sentiment.models.catalogue import RUN_FILE, resolve_model, weights_hash
from sentiment.models.checkpoints import load_adapted, save_checkpoint
from sentiment.models.tuning import (
    Network,
    apply_tuning,
    build_network,
    count_parameters,
    plain_network,
)
from sentiment.recipes import FULL_WEIGHTS, LORA_SETTINGS, Recipe
from sentiment.runtime.distributed import process_group
from sentiment.runtime.files import read_json
from sentiment.runtime.hardware import (
    Compute,
    choose_compute,
    describe_hardware,
    peak_memory,
)
from sentiment.runtime.provenance import commit, now, versions
from sentiment.runtime.signals import collect_signals
from sentiment.training.history import OnReport
from sentiment.training.inputs import FitContext
from sentiment.training.loop import FitResult, train_network
from sentiment.training.run_folder import RunFolder

SAVE_MINUTES = 5.0  # between two saved states


def fit(
    recipe: Recipe,
    backbone: Backbone,
    *,
    train: Examples,
    evaluation: Examples,
    output: Path,
    run_folder: RunFolder | None = None,
    save_minutes: float = SAVE_MINUTES,
    is_resumed: bool = False,
    compute: Compute | None = None,
    on_report: OnReport | None = None,
    is_brief: bool = False,
) -> Path:
    """Train `recipe` on `train`, evaluate on `evaluation` after every epoch; return the checkpoint.

    After SIGINT or SIGTERM, the step is finished and a state saved in the run folder; then
    KeyboardInterrupt or SystemExit(143) is raised. The last epoch is saved, not the best one:
    model selection on the evaluation split would bias its metrics. Evaluation after an epoch uses
    the precision of training and at most `recipe.watched_examples` texts.

    Args:
        train, evaluation: examples from `prepare_data`.
        output: the checkpoint folder, which must not exist yet; `run_folder` is beside it.
        save_minutes: time between two saved states; 0 saves one after every step.
        is_resumed: resume the training in the run folder, from the start if it has no state.
        compute: device and precision, by default from `choose_compute_for`.
        is_brief: evaluate at the end alone, and show no progress.

    Raises:
        InputError: the run folder holds an unfinished training, or one with other settings.
        RecipeError: `max_length` exceeds the positions of the backbone.
        TrainingError: the loss is not finite, or a single text does not fit into memory.
        CheckpointError: the checkpoint cannot be written.
    """
    network, start = _build_network(recipe, backbone)
    compute = compute or choose_compute_for(recipe)
    facts = _describe_start(recipe, backbone, start, train, evaluation, compute)
    eval_subset = sample(evaluation, recipe.watched_examples, seed=recipe.seed)
    folder = run_folder or RunFolder(output)
    folder.claim(_plan(facts), is_resumed=is_resumed)
    try:
        with collect_signals() as received:
            settings = (recipe, backbone, folder, received, compute)
            context = FitContext(*settings, save_minutes, on_report, is_brief)
            result = train_network(network, context, train, eval_subset)
        run = {"format": 1, "date": now(), **facts, **_describe_end(network, result, compute)}
        process_group().run_on_main(
            lambda: save_checkpoint(network.eval(), backbone.tokenizer, run, output)
        )
    except BaseException:
        folder.release()
        raise
    folder.remove()
    return output


def _check_length(recipe: Recipe, backbone: Backbone) -> None:
    positions = getattr(backbone.model.config, "max_position_embeddings", recipe.max_length)
    if recipe.max_length > positions:
        raise RecipeError(
            f"max_length is {recipe.max_length}, but {backbone.name} reads {positions} tokens at "
            f"most."
        )


def _describe_start(
    recipe: Recipe,
    backbone: Backbone,
    start: dict[str, str] | None,
    train: Examples,
    evaluation: Examples,
    compute: Compute,
) -> dict[str, Any]:
    """Build the fields of `run.json` that are known before training."""
    revision = {"revision": backbone.revision} if backbone.revision else {}
    return {
        "recipe": asdict(recipe),
        "backbone": {"name": backbone.name, "weights_hash": backbone.weights_hash, **revision},
        "start": start,
        "data": {"train": _describe_data(train), "evaluation": _describe_data(evaluation)},
        "precision": compute.precision,
    }


def _describe_data(examples: Examples) -> dict[str, str | int]:
    return {
        "dataset": examples.dataset,
        "split": examples.split,
        "n": len(examples),
        "fingerprint": examples.fingerprint,
    }


def _plan(facts: dict[str, Any]) -> dict[str, Any]:
    """Build the settings that must be the same when a training is resumed."""
    return {
        **facts["recipe"],
        "weights of the backbone": facts["backbone"]["weights_hash"],
        "training data": facts["data"]["train"]["fingerprint"],
        "evaluation data": facts["data"]["evaluation"]["fingerprint"],
        "checkpoint to start from": facts["start"],
        "precision": facts["precision"],
        "processes": process_group().world_size,
    }


def _describe_end(network: Network, result: FitResult, compute: Compute) -> dict[str, Any]:
    """Build the fields of `run.json` that are known after training."""
    count = process_group().world_size
    return {
        "parameters": asdict(count_parameters(network)),
        "examples_at_a_time": result.micro_batch_size,
        "seconds": round(result.seconds, 1),
        "device": compute.device,
        "peak_memory_bytes": peak_memory(compute.device),
        "history": result.history,
        "hardware": describe_hardware() | ({"processes": count} if count > 1 else {}),
        "versions": versions(),
        "commit": commit(),
    }


def choose_compute_for(
    recipe: Recipe, *, device: str | None = None, precision: str | None = None
) -> Compute:
    """Choose the device and the precision for training `recipe`.

    A head on cached features is trained in fp32: it is too small to gain from lower precision.

    Raises:
        InputError: this machine does not support the device or the precision.
        RecipeError: the recipe does not support the precision.
    """
    if recipe.tuning == "head" and precision not in (None, "fp32"):
        raise RecipeError(
            f"{recipe.name} trains a head on cached features, in fp32. Leave --precision out."
        )
    return choose_compute(device, "fp32" if recipe.tuning == "head" else precision)


def _build_network(recipe: Recipe, backbone: Backbone) -> tuple[Network, dict[str, str] | None]:
    """Build the model to train; return it and the checkpoint that it starts from, if any.

    Raises:
        RecipeError: that checkpoint has another backbone or other settings, or the texts are
            longer than the backbone reads.
    """
    _check_length(recipe, backbone)
    set_seed(recipe.seed)
    if recipe.start_from is None:
        is_shared = recipe.tuning not in FULL_WEIGHTS
        plain = build_network(
            backbone, pooling=recipe.pooling, layer=recipe.layer, is_shared=is_shared
        )
        return apply_tuning(plain, recipe), None
    folder = resolve_model(recipe.start_from)
    run = read_json(folder / RUN_FILE)
    expected = {name: getattr(recipe, name) for name in ("tuning", "pooling", "layer")}
    if recipe.tuning == "lora":
        expected |= {name: getattr(recipe, name) for name in LORA_SETTINGS}
    actual = {name: run["recipe"].get(name) for name in expected}
    expected["weights_hash"], actual["weights_hash"] = (
        backbone.weights_hash,
        run["backbone"]["weights_hash"],
    )
    for name, value in json.loads(json.dumps(expected)).items():
        if actual[name] != value:
            raise RecipeError(
                f"{recipe.name} cannot continue from {recipe.start_from}: its {name} is "
                f"{actual[name]!r}, not {value!r}."
            )
    network = load_adapted(folder, backbone, is_trainable=True)
    if recipe.tuning == "head":
        network = apply_tuning(plain_network(network), recipe)
    return network, {"name": recipe.start_from, "weights_hash": weights_hash(folder)}
