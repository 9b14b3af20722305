"""Count the parameters of the full-size recipes, for a page that loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sentiment.recipes import RECIPES, Recipe
from sentiment.runtime.child_process import ChildProcess, Report

BYTES = 4  # of a weight, which is kept in fp32 whatever the steps are computed in
MOMENTS = 2  # running means that AdamW keeps of every trained weight
_TIMEOUT = 120.0  # seconds: many times what counting takes


@dataclass(frozen=True)
class Counted:
    """Parameters of a recipe, and the minimum memory of its training."""

    recipe: Recipe
    total: int
    trainable: int

    @property
    def frozen(self) -> int:
        """Return the number of frozen parameters."""
        return self.total - self.trainable

    @property
    def weight_bytes(self) -> int:
        """Return the memory of all weights."""
        return BYTES * self.total

    @property
    def gradient_bytes(self) -> int:
        """Return the memory of the gradients."""
        return BYTES * self.trainable

    @property
    def optimizer_bytes(self) -> int:
        """Return the memory of the AdamW state."""
        return MOMENTS * BYTES * self.trainable

    @property
    def all_bytes(self) -> int:
        """Return the total memory without activations."""
        return self.weight_bytes + self.gradient_bytes + self.optimizer_bytes


def full_size_recipes() -> list[Recipe]:
    """List the full-size recipes, full fine-tuning first."""
    far = [recipe for recipe in RECIPES.values() if "/" in recipe.backbone]
    return sorted(far, key=lambda recipe: recipe.tuning != "full")


@lru_cache(maxsize=1)
def count_recipes() -> dict[str, Counted]:
    """Count the parameters of the full-size recipes from their architectures, by name.

    In a process of its own, since that takes torch; it takes some seconds, once.

    Raises:
        ChildWorkError: they cannot be counted.
    """
    recipes = full_size_recipes()
    work = ChildProcess(_count, recipes, timeout=_TIMEOUT)
    for _ in work.reports(lambda: False):
        pass
    return {
        recipe.name: Counted(recipe, total, trainable)
        for recipe, (total, trainable) in zip(recipes, work.result, strict=True)
    }


def _count(_report: Report, recipes: Sequence[Recipe]) -> list[tuple[int, int]]:
    from sentiment.models.tuning import count_for

    counts = [count_for(recipe) for recipe in recipes]
    return [(count.total, count.trainable) for count in counts]
