"""Thirty people press Compare at once: what they ask the same model is answered in one batch.

Starts the app, as `python app.py` does, and sends thirty texts to `/compare`: one after the other,
then all at once. The answers must be the same.

python -m benchmarks.thirty_people [--people N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.turns import report, take_turns

_SUBJECTS = ("The story", "The cast", "The music", "The ending", "Every scene", "The hero")
_VERDICTS = (
    "kept me awake with delight .",
    "is dull , and proud of it .",
    "could have been shorter by an hour , though I laughed twice and left in a good mood .",
    "won me over .",
    "deserves a better film around it .",
)
TEXTS = [f"{a} {b}" for a, b in itertools.product(_SUBJECTS, _VERDICTS)]
CLOSE = 1e-5


def main() -> None:
    """Measure both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30, help="texts, and who sends them (30)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()

    from gradio_client import Client  # type: ignore[import-untyped]

    from sentiment.lineup import LineUp
    from sentiment.quiet import quiet_libraries
    from sentiment.together import Together
    from sentiment.ui.app import build_demo, launch_kwargs
    from sentiment.worker import Worker

    quiet_libraries()
    worker = Worker()
    demo = build_demo(LineUp(Together(worker)))
    _, url, _ = demo.launch(
        prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_kwargs()
    )
    texts = TEXTS[: options.people]
    clients = [Client(url, verbose=False) for _ in texts]  # everybody has opened the page
    answers: dict[str, list[Any]] = {}
    waits: list[float] = []

    def one_by_one() -> None:
        pairs = zip(clients, texts, strict=True)
        answers["alone"] = [own.predict(text, None, api_name="/compare") for own, text in pairs]

    def at_once() -> None:
        start = threading.Barrier(len(texts))

        def press(own: Client, text: str) -> Any:
            start.wait()
            begun = time.perf_counter()
            answer = own.predict(text, None, api_name="/compare")
            waits.append(time.perf_counter() - begun)
            return answer

        with ThreadPoolExecutor(len(texts)) as pool:
            answers["together"] = list(pool.map(press, clients, texts))

    one_by_one()  # loads the models
    ways = {"all at once": at_once, "one after the other": one_by_one}
    seconds = take_turns(ways, rounds=options.rounds)
    differences = [
        abs(a["p_positive"] - b["p_positive"])
        for alone, together in zip(answers["alone"], answers["together"], strict=True)
        for a, b in zip(alone, together, strict=True)
    ]
    if max(differences) > CLOSE:
        raise SystemExit(f"The answers differ by {max(differences):.2g}.")
    slowest = statistics.quantiles(waits, n=20)[-1]
    report(
        f"{len(texts)} people press Compare",
        seconds,
        ours="all at once",
        is_json=options.json,
        largest_difference=max(differences),
        p95_wait=round(slowest, 3),
    )
    demo.close(verbose=False)
    worker.close()


if __name__ == "__main__":
    main()
