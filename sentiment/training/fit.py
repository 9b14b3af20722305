"""Fit a recipe: tokens, Trainer, history; a checkpoint folder is what comes out."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn
from transformers import PreTrainedModel, set_seed

from sentiment.data.checks import check_for_training
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
from sentiment.runtime.distributed import is_sharded, process_group
from sentiment.runtime.files import read_json
from sentiment.runtime.hardware import (
    Compute,
    choose_compute,
    describe_hardware,
    peak_memory,
    reset_peak_memory,
)
from sentiment.runtime.provenance import commit, now, versions
from sentiment.runtime.signals import collect_signals
from sentiment.training.history import OnReport
from sentiment.training.loop import (
    FitContext,
    FitResult,
    fit_on_features,
    fit_on_states,
    fit_on_texts,
)
from sentiment.training.run_folder import RunFolder

logger = logging.getLogger(__name__)

SAVE_MINUTES = 5.0  # between two states of a training


def fit(
    recipe: Recipe,
    backbone: Backbone,
    *,
    train: Examples,
    evaluation: Examples,
    output: Path,
    save_minutes: float = SAVE_MINUTES,
    is_resumed: bool = False,
    compute: Compute | None = None,
    on_report: OnReport | None = None,
) -> Path:
    """Train `recipe` on `train`, scored on `evaluation` after every epoch; return the checkpoint.

    The state of the training is kept every few minutes in the run folder beside `output` (see
    `run_folder`), which is removed when the checkpoint is written. SIGINT and SIGTERM let the step
    end and the state be saved; then KeyboardInterrupt is raised, or SystemExit(143).

    The last epoch is kept whatever its score: choosing one by the evaluation split would turn
    that split into training data. The scores after each epoch are computed in the training's
    precision and on the recipe's `watched_examples`, so that they may differ from those of the
    saved checkpoint.

    Args:
        output: the checkpoint folder, which must not exist yet.
        save_minutes: time between two states; 0 keeps one after every step.
        is_resumed: continue the training in the run folder; one without a state begins anew.
        compute: what to compute on, by default `choose_compute_for` the recipe.

    Raises:
        InputError: the run folder holds a training that is not to be continued, or another one.
        DataError: the examples cannot be learned from.
        RecipeError: the recipe asks for more tokens than the backbone reads.
        TrainingError: the loss stopped being a number, or memory does not suffice for one text.
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
    compute = compute or choose_compute_for(recipe)
    facts = {
        "recipe": asdict(recipe),
        "backbone": {
            "name": backbone.name,
            "weights_hash": backbone.weights_hash,
            **({"revision": backbone.revision} if backbone.revision else {}),
        },
        "start": start,
        "data": {"train": _describe(train), "evaluation": _describe(evaluation)},
        "precision": compute.precision,
    }
    watched = sample(evaluation, recipe.watched_examples, seed=recipe.seed)
    states = RunFolder(run_folder(output))
    states.begin(_plan(facts), is_resumed=is_resumed)
    run_it = _choose_loop(recipe, network)
    home = backbone.device
    if is_sharded():  # no GPU is to hold it whole beside its shards
        nn.Module.to(backbone.model, "cpu")
    reset_peak_memory(compute.device)
    try:
        with collect_signals() as received:
            job = FitContext(recipe, backbone, states, received, compute, save_minutes, on_report)
            fitted = run_it(network, job, train, watched)
    except BaseException:
        states.release()
        raise
    finally:
        nn.Module.to(backbone.model, home)
    network.eval()
    run = {
        "format": 1,
        "date": now(),
        **facts,
        "parameters": asdict(count_parameters(network)),
        "examples_at_a_time": fitted.examples_at_a_time,
        "seconds": round(fitted.seconds, 1),
        "device": compute.device,
        "peak_memory_bytes": peak_memory(compute.device),
        "history": fitted.history,
        "hardware": describe_hardware()
        | ({"processes": process_group().count} if process_group().count > 1 else {}),
        "versions": versions(),
        "commit": commit(),
    }
    if process_group().is_main:
        save_checkpoint(network, backbone.tokenizer, run, output)
        states.clear()
    process_group().wait()
    return output


def choose_compute_for(
    recipe: Recipe, *, device: str | None = None, precision: str | None = None
) -> Compute:
    """What `recipe` is trained on and in which precision.

    A head on cached features is too small to gain anything from less precision than fp32.

    Raises:
        InputError: this machine cannot do what was asked for.
        RecipeError: the precision asked for is not one for the recipe.
    """
    if recipe.tuning == "head" and precision not in (None, "fp32"):
        raise RecipeError(
            f"{recipe.name} trains a head on cached features, in fp32. Leave --precision out."
        )
    return choose_compute(device, "fp32" if recipe.tuning == "head" else precision)


def run_folder(output: Path) -> Path:
    """Where the unfinished training of the checkpoint `output` keeps its states."""
    return output.parent / f".{output.name}.run"


def _choose_loop(recipe: Recipe, network: Network) -> Callable[..., FitResult]:
    """Where layers are frozen, what they say of a text is computed once."""
    if recipe.tuning == "partial":
        return fit_on_states
    is_alone = isinstance(network, PreTrainedModel) and recipe.tuning == "head"
    return fit_on_features if is_alone else fit_on_texts


def _plan(facts: dict[str, Any]) -> dict[str, Any]:
    """What must not change between the parts of a training."""
    data = {f"{part} data": value["fingerprint"] for part, value in facts["data"].items()}
    kept = {
        "precision": facts["precision"],
        "start": facts["start"],
        "processes": process_group().count,
        "shards": os.environ.get("FSDP_STATE_DICT_TYPE", "yes") if is_sharded() else "none",
    }
    return {"recipe": facts["recipe"], "backbone": facts["backbone"], "data": data, "other": kept}


def _begin(recipe: Recipe, backbone: Backbone) -> tuple[Network, dict[str, str] | None]:
    """The network to train, and the checkpoint it goes on from where the recipe names one.

    Raises:
        RecipeError: that checkpoint was made of another backbone or with other settings.
    """
    if recipe.start_from is None:
        is_shared = recipe.tuning not in FULL_WEIGHTS
        plain = build_network(backbone, pooling=recipe.pooling, is_shared=is_shared)
        return apply_tuning(plain, recipe), None
    folder = resolve_model(recipe.start_from)
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


def _describe(examples: Examples) -> dict[str, str | int]:
    return {
        "dataset": examples.dataset,
        "split": examples.split,
        "n": len(examples),
        "fingerprint": examples.fingerprint,
    }
