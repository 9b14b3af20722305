"""Train the presets of the Train tab, and print what each gains.

.venv/bin/python -m tools.measure_presets                 on the test texts of First lesson
.venv/bin/python -m tools.measure_presets --held-out 300  on training texts held out, to choose by
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from sentiment.data.examples import Examples, stratified_split
from sentiment.data.loading import load_examples
from sentiment.evaluation.comparison import compare
from sentiment.formatting import format_p
from sentiment.inference.loader import ClassifierLoader
from sentiment.models.catalogue import resolve_model
from sentiment.runtime.logs import silence_libraries
from sentiment.serving.live_training import FIRST_LESSON, PRESETS, TrainingRequest, build_recipe
from sentiment.training.experiment import run_experiment

SEED = 7  # of the split of the training texts


def _load(held_out: int) -> tuple[Examples, Examples]:
    """Load what is trained on and what is scored; the test texts only where none are held out."""
    train = load_examples(FIRST_LESSON, "train")
    if not held_out:
        return train, load_examples(FIRST_LESSON, "test")
    train, scored = stratified_split(train, second=held_out, seed=SEED)
    return train, replace(scored, split="train-held-out")


def measure(name: str, plan: TrainingRequest, held_out: int) -> str:
    """Train a preset as the app does; describe its accuracy before and after, and its time."""
    train, scored = _load(held_out)
    recipe = build_recipe(plan, resolve_model(plan.backbone))
    started, used = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_experiment(
            recipe,
            train=train,
            evaluations=(scored,),
            output=Path(folder) / recipe.name,
            loader=ClassifierLoader(),
        )
    before, after = outcome.results[0]
    (pair,) = compare([before, after])
    return (
        f"{name}: {plan.backbone}, {plan.epochs} epochs, learning rate {plan.learning_rate:g}, "
        f"n = {pair.n}: accuracy {before.accuracy:.4f} -> {after.accuracy:.4f}, McNemar "
        f"{format_p(pair.p)} ({pair.only_b_right} gained, {pair.only_a_right} lost), "
        f"{time.monotonic() - started:.0f} s, {time.process_time() - used:.0f} s of CPU time"
    )


def main() -> None:
    """Measure the presets, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", default=list(PRESETS), metavar="PRESET")
    parser.add_argument("--held-out", type=int, default=0, metavar="N")
    given = parser.parse_args()
    silence_libraries()
    for name in given.presets:
        print(measure(name, PRESETS[name], given.held_out), flush=True)


if __name__ == "__main__":
    main()
