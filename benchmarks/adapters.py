"""Several adapters on one backbone: the memory and the time, against a model each.

In a process each: `--models` LoRA adapters on distilbert-mini, loaded as the app loads them, and as
many plain loadings of the same checkpoints with a backbone each. Then one text after the other.

python -m benchmarks.adapters [--texts N] [--models N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from benchmarks.rows import training_rows
from benchmarks.turns import report
from sentiment.runtime.logs import silence_libraries

_ADAPTERS = (
    "distilbert-mini-sst2-lora",
    "distilbert-mini-imdb-lora",
    "distilbert-mini-imdb-sst2-lora",
)
_OURS, _PLAIN = "one backbone", "a model each"


def _measure(way: str, count: int, texts: int) -> dict[str, float]:
    """Bytes the weights take, counted by their storage, and seconds for all texts."""
    silence_libraries()
    from sentiment.inference.loader import ClassifierLoader
    from sentiment.inference.scoring import score

    names = [_ADAPTERS[i % len(_ADAPTERS)] for i in range(count)]
    shared = ClassifierLoader("cpu")
    loaded = [(shared if way == _OURS else ClassifierLoader("cpu")).load(name) for name in names]
    held: dict[int, int] = {}
    for classifier in loaded:
        network: Any = classifier.network  # type: ignore[attr-defined]
        for weights in network.parameters():
            storage = weights.untyped_storage()
            held[storage.data_ptr()] = storage.nbytes()
    rows = training_rows(texts).texts
    for classifier in loaded:
        score(classifier, rows[:2])
    started = time.perf_counter()
    for text in rows:
        for classifier in loaded:
            score(classifier, [text])
    return {"bytes": sum(held.values()), "seconds": time.perf_counter() - started}


def main() -> None:
    """Measure both in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=60, help="asked of each model (60)")
    parser.add_argument("--models", type=int, default=3, help="adapters (3)")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each (5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    measured: dict[str, list[dict[str, float]]] = {_OURS: [], _PLAIN: []}
    for _ in range(options.rounds):
        for way, found in measured.items():
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                found.append(pool.submit(_measure, way, options.models, options.texts).result())
    sizes = {way: statistics.median(own["bytes"] for own in runs) for way, runs in measured.items()}
    report(
        f"{options.models} adapters, {options.texts} texts each",
        {way: [own["seconds"] for own in runs] for way, runs in measured.items()},
        ours=_OURS,
        is_json=options.json,
        megabytes={way: round(size / 1e6, 1) for way, size in sizes.items()},
        memory_ratio=round(sizes[_PLAIN] / sizes[_OURS], 2),
    )


if __name__ == "__main__":
    main()
