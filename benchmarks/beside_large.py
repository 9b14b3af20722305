"""Small models with a large one chosen beside them, against the same models alone.

The app's worker and batcher answer one text; a time ends when the last small model has answered.
The large model is warm and computes meanwhile, and nothing of it is left when the next time begins.
`--busy` asks the large model for other texts without a pause, as a crowd does.

python -m benchmarks.beside_large [--rounds N] [--busy] [--json]
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time

import psutil

from benchmarks.turns import report, take_turns
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.batcher import DynamicBatcher
from sentiment.serving.lineup import LineUp
from sentiment.serving.worker import WorkerPredictor

TEXT = "it 's a warm and quietly funny film , though half an hour too long ."
_REPEATED = 10  # texts in a round


def time_small(lineup: LineUp, models: list[ModelInfo]) -> float:
    """Median seconds over some texts until all small ones of `models` have answered."""
    seconds = []
    for number in range(_REPEATED):
        started = time.perf_counter()
        late = {model.name for model in models if not model.is_large}
        for prediction in lineup.predict_each(models, f"{TEXT} {number}"):
            late.discard(prediction.model)
            if not late:
                seconds.append(time.perf_counter() - started)
                late.add("")  # measured; the iterator goes on until the large ones have answered
    return statistics.median(seconds)


def keep_busy(lineup: LineUp, models: list[ModelInfo], end: threading.Event) -> None:
    """Ask the large ones of `models` for texts until `end` is set."""
    large = [model for model in models if model.is_large]
    while not end.is_set():
        list(lineup.predict_each(large, TEXT))


def measure_memory() -> dict[str, float]:
    """Gigabytes in memory, by process: this one and its workers, the largest first."""
    children = psutil.Process().children(recursive=True)
    sizes = sorted((child.memory_info().rss for child in children), reverse=True)
    return {f"worker {i}": round(size / 1e9, 2) for i, size in enumerate(sizes, start=1)}


def main() -> None:
    """Measure both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="measurements of each (15)")
    parser.add_argument("--busy", action="store_true", help="the large model never pauses")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    worker = WorkerPredictor()
    lineup = LineUp(worker, DynamicBatcher(worker))
    both = lineup.default_models()
    small = [model for model in both if not model.is_large]
    for _ in range(2):  # warm
        list(lineup.predict_each(both, TEXT))
    end = threading.Event()
    crowd = threading.Thread(target=keep_busy, args=(lineup, both, end))

    def with_large() -> float:
        return time_small(lineup, both)

    def alone() -> float:
        return time_small(lineup, small)

    ways = {"small models alone": alone, "with the large one chosen": with_large}
    seconds = take_turns(ways, rounds=options.rounds)
    if options.busy:
        crowd.start()
        busy = take_turns({"while the large one is busy": alone}, rounds=options.rounds)
        end.set()
        crowd.join()
        seconds |= busy
    report(
        f"one text, {len(small)} small models",
        seconds,
        ours="small models alone",
        is_json=options.json,
        gigabytes=measure_memory(),
    )
    worker.close()


if __name__ == "__main__":
    main()
