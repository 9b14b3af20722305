from __future__ import annotations

import subprocess
import sys

import pytest

from sentiment.models.tuning import count_for
from sentiment.paths import BUNDLED
from sentiment.recipes import RECIPES, find_recipe
from sentiment.ui.lesson.recipe_memory import Counted, count_recipes, full_size_recipes


def test_the_page_counts_what_the_architectures_give() -> None:
    counted = count_recipes()
    assert list(counted) == [recipe.name for recipe in full_size_recipes()]
    for name, own in counted.items():
        count = count_for(find_recipe(name))
        assert (own.total, own.trainable) == (count.total, count.trainable)
        assert own.frozen == count.total - count.trainable


def test_full_size_recipes_are_those_whose_backbone_lies_on_the_hub() -> None:
    names = {recipe.name for recipe in full_size_recipes()}
    assert names == {own.name for own in RECIPES.values() if not (BUNDLED / own.backbone).is_dir()}
    assert full_size_recipes()[0].tuning == "full"


@pytest.mark.parametrize(("trainable", "memory"), [(1000, 16_000), (0, 4_000), (10, 4_120)])
def test_memory_is_weights_gradients_and_two_means(trainable: int, memory: int) -> None:
    own = Counted(find_recipe("distilbert-imdb"), total=1000, trainable=trainable)
    assert own.all_bytes == memory
    assert own.optimizer_bytes == 2 * own.gradient_bytes == 8 * trainable


def test_counting_loads_no_torch_here() -> None:
    code = (
        "import sys\n"
        "from sentiment.ui.lesson.recipe_memory import count_recipes\n"
        "if __name__ == '__main__':\n"
        "    count_recipes()\n"
        "    print('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
