from __future__ import annotations

import pytest

from sentiment.errors import RecipeError
from sentiment.recipes import RECIPES, Recipe, find_recipe, override


def test_every_recipe_is_found_by_its_own_name() -> None:
    assert all(find_recipe(name).name == name for name in RECIPES)


def test_an_unknown_recipe_names_the_nearest_and_all_others() -> None:
    with pytest.raises(
        RecipeError, match=r"Did you mean 'distilbert-mini-sst2-lora'\? Choose from"
    ):
        find_recipe("distilbert-mini-sst2-lroa")


def test_an_override_changes_only_what_was_given() -> None:
    recipe = find_recipe("distilbert-mini-sst2-lora")
    changed = override(recipe, epochs=7, batch_size=None)
    assert (changed.epochs, changed.batch_size) == (7, recipe.batch_size)


def test_a_lora_setting_is_refused_for_head_tuning() -> None:
    with pytest.raises(RecipeError, match="lora_rank belongs to LoRA"):
        override(find_recipe("distilbert-mini-sst2-head"), lora_rank=4)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("epochs", 0),
        ("batch_size", -1),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("warmup", 1.0),
        ("lora_dropout", 1.0),
        ("dropout", 1.0),
        ("max_length", 2),
        ("max_train_examples", 1),
        ("tuning", "prefix"),
        ("pooling", "max"),
        ("seed", -1),
        ("test_share", 1.0),
    ],
)
def test_a_setting_out_of_range_is_refused(setting: str, value: object) -> None:
    with pytest.raises(RecipeError):
        Recipe(name="x", summary="x", **{setting: value})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tuning": "partial"}, "freeze_layers goes with partial tuning"),
        ({"tuning": "full", "freeze_layers": 2}, "freeze_layers goes with partial tuning"),
        ({"tuning": "full", "pooling": "mean"}, "Mean pooling goes with LoRA and head"),
        ({"tuning": "full", "start_from": "x"}, "start_from goes with LoRA and head"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Recipe(name="x", summary="x", **settings)


def test_distilbert_is_trained_as_published() -> None:
    recipe = find_recipe("distilbert-imdb")
    assert (recipe.learning_rate, recipe.batch_size, recipe.epochs) == (2e-5, 16, 5)
    assert (recipe.seed, recipe.weight_decay, recipe.warmup) == (42, 0.0, 0.0)


def test_gpt2_is_tuned_as_published() -> None:
    recipe = find_recipe("gpt2-mini-sst2-lora")
    assert (recipe.lora_rank, recipe.lora_alpha, recipe.lora_dropout) == (8, 16, 0.1)
    assert recipe.lora_targets == ("c_attn",)


def test_llamas_head_is_scored_on_a_random_fifth_as_well() -> None:
    assert find_recipe("llama-mini-sst2-head").test_share == 0.2
