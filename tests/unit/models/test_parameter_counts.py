from __future__ import annotations

import json

import pytest

from sentiment.errors import CheckpointError
from sentiment.models.catalogue import list_models
from sentiment.models.tuning import account, count_for, find_config
from sentiment.paths import BUNDLED, CONFIGS
from sentiment.recipes import RECIPES, find_recipe, override
from tests.support.paths import ROOT

# (backbone, with head, trainable), from the published networks
PUBLISHED = {
    "distilbert-imdb": (66_362_880, 66_955_010, 66_955_010),
    "gpt2-sst2-lora": (124_439_808, 124_441_344, 296_448),
    "bert-imdb-lora": (108_310_272, 108_311_810, 294_912 + 1_538),
    "llama-sst2-head": (1_235_814_400, 1_235_818_496, 4_096),
    "gemma-sst2-head": (999_885_952, 999_888_256, 2_304),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_full_size_recipes_have_the_published_numbers_of_weights(name: str) -> None:
    count = count_for(find_recipe(name))
    assert (count.backbone, count.with_head, count.trainable) == PUBLISHED[name]


def test_frozen_layers_are_left_out_of_what_is_trained() -> None:
    whole, frozen = (count_for(find_recipe(f"distilbert-imdb{end}")) for end in ("", "-frozen"))
    layer = 4 * (768 * 768 + 768) + 2 * 768 * 3072 + 3072 + 768 + 4 * 768
    embeddings = (30522 + 512 + 2) * 768
    assert whole.trainable - frozen.trainable == 4 * layer + embeddings
    five = override(find_recipe("distilbert-imdb-frozen"), freeze_layers=5)
    assert frozen.trainable - count_for(five).trainable == layer


def test_what_was_trained_counts_as_its_recipe_says() -> None:
    trained = [info for info in list_models() if info.folder.parent == BUNDLED]
    checked = 0
    for info in trained:
        if info.name in RECIPES:
            count = count_for(RECIPES[info.name])
            run = json.loads((info.folder / "run.json").read_text())["parameters"]
            assert run.items() <= {**vars(count), "share": count.share}.items()
            checked += 1
    assert checked >= 3


def test_a_line_of_the_list_is_plain_data() -> None:
    line = json.loads(json.dumps(account(find_recipe("llama-sst2-head"))))
    assert (line["backbone"], line["tuning"], line["data"]) == (
        "meta-llama/Llama-3.2-1B",
        "head",
        "sst2",
    )
    assert line["parameters"]["share"] == pytest.approx(4096 / 1_235_818_496)


def test_the_kept_configurations_are_small_and_of_known_backbones() -> None:
    used = {recipe.backbone.replace("/", "--") for recipe in RECIPES.values()}
    for path in CONFIGS.iterdir():
        assert path.stem in used
        assert path.stat().st_size < 1000


def test_the_docs_count_as_the_recipes_do() -> None:
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    for recipe in RECIPES.values():
        if "mini" not in recipe.name:
            line = next(row for row in page.splitlines() if row.startswith(f"| `{recipe.name}`"))
            count = count_for(recipe)
            numbers = (count.backbone, count.with_head, count.trainable)
            assert line.split("|")[2:5] == [f" {number:,} " for number in numbers]


def test_an_unknown_backbone_is_refused() -> None:
    with pytest.raises(CheckpointError, match="No model named 'nothing'"):
        find_config("nothing")
