"""All weights, the two upper layers of six, or a head, against transformers' plain Trainer.

The same network (the bundled distilbert-mini), rows, batch, learning rate and precision (fp32).
Trainer is set up as its example run_glue.py is by default, every row padded to 128 tokens, and once
more with each batch padded to its longest row.

python -m benchmarks.training_speed epoch|upper|head [--rows N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.plain_trainer import RUN_GLUE_LENGTH, fit_plainly
from benchmarks.rows import training_rows
from benchmarks.turns import report, take_turns
from sentiment.paths import BUNDLED, TRAINED_VARIABLE
from sentiment.recipes import Recipe
from sentiment.runtime.logs import silence_libraries

_NAME = "distilbert-mini"
_RECIPE = Recipe(
    name="measured",
    summary="measured",
    backbone=_NAME,
    tuning="full",
    epochs=1,
    batch_size=32,
    learning_rate=5e-5,
    watched_examples=2,
)
RECIPES = {
    "epoch": _RECIPE,
    "upper": replace(_RECIPE, tuning="partial", freeze_layers=4, epochs=3),
    "head": replace(_RECIPE, tuning="head", epochs=5),
}
_TITLES = {
    "epoch": "one epoch of all weights",
    "upper": "three epochs of the two upper layers",
    "head": "five epochs of a head",
}
_FROZEN = {"epoch": 0, "upper": 4, "head": 6}  # layers
_OURS = "this project"


def main() -> None:
    """Measure all in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=list(RECIPES))
    parser.add_argument("--rows", type=int, default=1000, help="texts to train on (1000)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    silence_libraries()
    from sentiment.models.backbones import load_backbone
    from sentiment.runtime.hardware import choose_compute
    from sentiment.training.fit import fit

    recipe = RECIPES[options.what]
    train = training_rows(options.rows)

    def ours() -> None:
        with tempfile.TemporaryDirectory() as home:
            os.environ[TRAINED_VARIABLE] = home  # no features are left from the round before
            fit(
                recipe,
                load_backbone(_NAME),
                train=train,
                evaluation=train.take([int(train.labels.argmin()), int(train.labels.argmax())]),
                output=Path(home) / "out",
                compute=choose_compute(None, "fp32"),
            )

    def plain(pads_to: int | None) -> None:
        fit_plainly(
            str(BUNDLED / _NAME),
            train,
            epochs=recipe.epochs,
            batch_size=recipe.batch_size,
            learning_rate=recipe.learning_rate,
            pads_to=pads_to,
            frozen_layers=_FROZEN[options.what],
        )

    ways = {
        _OURS: ours,
        "Trainer, padded to the batch": lambda: plain(None),
        "Trainer, as run_glue.py": lambda: plain(RUN_GLUE_LENGTH),
    }
    seconds = take_turns(ways, rounds=options.rounds)
    report(
        f"{_TITLES[options.what]}, {len(train):,} rows of {train.dataset}",
        seconds,
        ours=_OURS,
        is_json=options.json,
    )


if __name__ == "__main__":
    main()
