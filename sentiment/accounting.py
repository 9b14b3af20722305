"""How many weights a recipe has and trains, from the architecture alone: nothing is loaded.

The network is built on the meta device, which has shapes and no memory, so that a model of a
billion weights is counted in seconds and without a download.
"""

from __future__ import annotations

from typing import Any

from transformers import AutoConfig, PreTrainedConfig

from sentiment.backbones import load_config
from sentiment.catalogue import resolve_folder
from sentiment.folders import read_json
from sentiment.paths import CONFIGS
from sentiment.recipe import Recipe
from sentiment.tuning import ParameterCount, apply_tuning, build_empty, count_parameters


def find_config(backbone: str) -> PreTrainedConfig:
    """The configuration of a backbone: the one kept here, else that of its folder.

    Raises:
        CheckpointError: there is none, or it cannot be used.
    """
    kept = CONFIGS / f"{backbone.replace('/', '--')}.json"
    if kept.is_file():
        return AutoConfig.for_model(**read_json(kept))
    return load_config(resolve_folder(backbone))


def count_for(recipe: Recipe) -> ParameterCount:
    """What `recipe` has and trains.

    Raises:
        CheckpointError: its backbone has no usable configuration.
        RecipeError: its tuning does not fit the backbone.
    """
    return count_parameters(
        apply_tuning(build_empty(find_config(recipe.backbone), pad_id=0), recipe)
    )


def account(recipe: Recipe) -> dict[str, Any]:
    """The recipe's line in the list of recipes, ready for JSON; a share is between 0 and 1."""
    count = count_for(recipe)
    return {
        "name": recipe.name,
        "summary": recipe.summary,
        "backbone": recipe.backbone,
        "tuning": recipe.tuning,
        "data": recipe.dataset,
        "parameters": {
            "backbone": count.backbone,
            "with_head": count.with_head,
            "total": count.total,
            "trainable": count.trainable,
            "share": count.share,
        },
    }
