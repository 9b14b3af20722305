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

from benchmarks.turns import report, take_turns
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.batcher import DynamicBatcher
from sentiment.serving.lineup import LineUp
from sentiment.serving.worker import WorkerPredictor

TEXT = "it 's a warm and quietly funny film , though half an hour too long ."
_REPEATED = 5  # texts in a round


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


def time_beside(lineup: LineUp, small: list[ModelInfo], large: list[ModelInfo]) -> float:
    """Time the `small` models while the `large` ones answer other texts without a pause."""
    end = threading.Event()

    def keep_busy() -> None:
        while not end.is_set():
            list(lineup.predict_each(large, TEXT))

    crowd = threading.Thread(target=keep_busy)
    crowd.start()
    seconds = time_small(lineup, small)
    end.set()
    crowd.join()
    return seconds


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
    large = [model for model in both if model.is_large]
    for _ in range(2):  # warm
        list(lineup.predict_each(both, TEXT))
    ways = {
        "small models alone": lambda: time_small(lineup, small),
        "with the large one chosen": lambda: time_small(lineup, both),
    }
    if options.busy:
        ways["while the large one is busy"] = lambda: time_beside(lineup, small, large)
    seconds = take_turns(ways, rounds=options.rounds)
    report(
        f"one text, {len(small)} small models",
        seconds,
        ours="small models alone",
        is_json=options.json,
    )
    worker.close()


if __name__ == "__main__":
    main()
