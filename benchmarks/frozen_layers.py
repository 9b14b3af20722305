"""What freezing the embeddings and four of six layers saves: DistilBERT at full size, IMDb lengths.

Both recipes train a network of random weights, which costs what a pretrained one costs, in a
process each, in turn. Prints seconds a step and the most memory held, and their ratios. What the
frozen layers say is not kept, as it is not at the recipe's own size, where it would be too much.

python -m benchmarks.frozen_layers [--steps N] [--rounds N] [--length N] [--layers N] [--json]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from sentiment.runtime.logs import silence_libraries

RECIPES = ("distilbert-imdb", "distilbert-imdb-frozen")


def _write_backbone(folder: Path, *, layers: int) -> Path:
    silence_libraries()
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    from sentiment.models.tuning import find_config
    from sentiment.paths import BUNDLED
    from sentiment.recipes import RECIPES as TABLE

    config = find_config(TABLE[RECIPES[0]].backbone)
    config.n_layers = layers
    torch.manual_seed(0)
    AutoModelForMaskedLM.from_config(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(BUNDLED / "distilbert-mini").save_pretrained(folder)
    return folder


def _measure(name: str, folder: Path, steps: int, length: int) -> dict[str, Any]:
    silence_libraries()
    import numpy as np

    from sentiment.data.examples import Examples
    from sentiment.models.backbones import load_backbone
    from sentiment.recipes import RECIPES as TABLE
    from sentiment.training import frozen
    from sentiment.training.fit import fit

    frozen.MAX_BYTES = 0
    depth = load_backbone(str(folder)).model.config.num_hidden_layers
    recipe = replace(TABLE[name], epochs=1, max_length=length, watched_examples=2)
    if recipe.freeze_layers:
        recipe = replace(recipe, freeze_layers=min(recipe.freeze_layers, depth - 1))
    count = steps * recipe.batch_size
    texts = tuple(f"{'a fine film about a long day ' * (length // 6)} {i}" for i in range(count))
    labels = np.arange(count) % 2
    train = Examples("made", "file", texts, labels, np.arange(count))
    output = folder.parent / f"{name}-{os.getpid()}"
    backbone = load_backbone(str(folder))
    fit(recipe, backbone, train=train, evaluation=train.take([0, 1]), output=output)
    run = json.loads((output / "run.json").read_text())
    return {
        "seconds": run["seconds"] / steps,
        "bytes": run["peak_memory_bytes"],
        "trainable": run["parameters"]["trainable"],
        "on": run["hardware"]["accelerator" if run["device"] == "cuda" else "processor"],
        "precision": run["precision"],
    }


def main() -> None:
    """Measure both in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4, help="optimizer steps of a measurement (4)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (3)")
    parser.add_argument("--length", type=int, default=256, help="tokens of every text (256)")
    parser.add_argument("--layers", type=int, default=6, help="layers of the network (6)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")  # so that each has a peak of its own
    measured: dict[str, list[dict[str, Any]]] = {name: [] for name in RECIPES}
    with tempfile.TemporaryDirectory() as name:
        folder = _write_backbone(Path(name) / "backbone", layers=options.layers)
        for _ in range(options.rounds):
            for recipe in RECIPES:
                with ProcessPoolExecutor(1, mp_context=context) as pool:
                    asked = (recipe, folder, options.steps, options.length)
                    measured[recipe].append(pool.submit(_measure, *asked).result())
    full, frozen = (
        {key: statistics.median(run[key] for run in measured[name]) for key in ("seconds", "bytes")}
        for name in RECIPES
    )
    ratios = {key: full[key] / frozen[key] for key in full}
    if options.json:
        print(json.dumps({"measured": measured, "ratios": ratios}, indent=2))
        return
    for name, median in zip(RECIPES, (full, frozen), strict=True):
        run = measured[name][0]
        print(
            f"{name:<24}{run['trainable']:>12,} trained  {median['seconds']:6.2f} s a step  "
            f"{median['bytes'] / 1e9:5.2f} GB held, {run['precision']}, {run['on']}"
        )
    print(f"frozen: {ratios['seconds']:.2f} × as fast, 1 / {ratios['bytes']:.2f} of the memory")


if __name__ == "__main__":
    main()
