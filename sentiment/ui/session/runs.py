"""Training runs on this machine, as the learning curves need them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sentiment.data.sources import full_title
from sentiment.errors import CheckpointError
from sentiment.evaluation.results import Result, find_results
from sentiment.models.catalogue import RUN_FILE, ModelInfo
from sentiment.runtime.files import read_json
from sentiment.training.history import epochs_of
from sentiment.ui.render.figures import TrainingRun


def find_run(result: Result, models: Mapping[str, ModelInfo]) -> TrainingRun | None:
    """Find the training run of the model of `result`; None where it was not trained here."""
    model = models.get(result.info.model)
    if model is None or result.info.kind != "fine-tuned":
        return None
    try:
        run = read_json(model.folder / RUN_FILE)
    except CheckpointError:
        return None
    if not epochs_of(run.get("history", [])):
        return None
    scored = run["data"]["evaluation"]
    return TrainingRun(
        name=result.info.model,
        history=tuple(run["history"]),
        n=min(run["recipe"]["watched_examples"], scored["n"]),
        split=full_title(scored["dataset"], scored["split"]),
        before=_accuracy_before(run),
    )


def _accuracy_before(run: Mapping[str, Any]) -> float | None:
    """Find the zero-shot accuracy of a run's backbone on the texts that were watched.

    Returns:
        None where the training started from a fine-tuned model, where only some of the texts were
        watched, or where the backbone was not evaluated on them
    """
    scored, recipe = run["data"]["evaluation"], run["recipe"]
    if recipe.get("start_from") or recipe["watched_examples"] < scored["n"]:
        return None
    wanted = (recipe["backbone"], scored["dataset"], scored["split"], scored["fingerprint"])
    for result in find_results()[0]:
        info = result.info
        own = (info.backbone, info.dataset, info.split, info.fingerprint)
        if info.kind == "zero-shot" and own == wanted:
            return result.accuracy
    return None
