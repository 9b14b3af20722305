"""Thirty people press Compare at once: what they ask the same model is answered in one batch.

Starts the app, as `python app.py` does, and sends thirty texts to `/compare`: one after the other,
then all at once. The answers must be the same. Beside it stands what batches gain without a server.

python -m benchmarks.thirty_people [--people N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import time
from typing import Any

import httpx
import psutil

from benchmarks.served import (
    client_of,
    compare,
    compare_when_ready,
    served_app,
    wait_until_idle,
)
from benchmarks.turns import report, take_turns
from sentiment.runtime.logs import silence_libraries
from sentiment.serving.lineup import LineUp
from sentiment.serving.predictor import LocalPredictor
from sentiment.ui.server.launch import FIRST_ANSWERS

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


async def measure(url: str, app: psutil.Process, texts: list[str], rounds: int) -> dict[str, Any]:
    """Seconds of both ways, what they answered, and how long each of a crowd waited."""
    seconds: dict[str, list[float]] = {"all at once": [], "one after the other": []}
    waits: list[float] = []

    async def press(client: httpx.AsyncClient, text: str) -> Any:
        begun = time.perf_counter()
        answer = await compare(client, text, visit=f"visit-{texts.index(text)}")
        waits.append(time.perf_counter() - begun)
        return answer

    async with client_of(url) as client:
        await compare_when_ready(client, texts[0])
        for text in texts:  # everybody has opened the page, and all models are loaded
            await press(client, text)
        await asyncio.sleep(FIRST_ANSWERS)
        await wait_until_idle(app)
        for _ in range(rounds):
            waits.clear()
            begun = time.perf_counter()
            together = await asyncio.gather(*(press(client, text) for text in texts))
            seconds["all at once"].append(time.perf_counter() - begun)
            crowd = list(waits)
            begun = time.perf_counter()
            alone = [await press(client, text) for text in texts]
            seconds["one after the other"].append(time.perf_counter() - begun)
    return {"seconds": seconds, "answers": (alone, together), "waits": crowd}


def gain_without_a_server(texts: list[str], rounds: int) -> float:
    """How many times as long the same models take for one text after the other as for a batch."""
    asker = LocalPredictor()
    models = LineUp(asker).default_models()

    def one_by_one() -> None:
        for model in models:
            for text in texts:
                asker.predict(model, text)

    def in_batches() -> None:
        for model in models:
            asker.predict_many(model, texts)

    in_batches()  # loads the models
    found = take_turns({"one by one": one_by_one, "in batches": in_batches}, rounds=rounds)
    return statistics.median(found["one by one"]) / statistics.median(found["in batches"])


def main() -> None:
    """Measure both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30, help="texts, and who sends them (30)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    silence_libraries()
    texts = TEXTS[: options.people]
    with served_app() as (url, app):
        found = asyncio.run(measure(url, app, texts, options.rounds))
    differences = [
        abs(a["p_positive"] - b["p_positive"])
        for alone, together in zip(*found["answers"], strict=True)
        for a, b in zip(alone, together, strict=True)
    ]
    if max(differences) > CLOSE:
        raise SystemExit(f"The answers differ by {max(differences):.2g}.")
    report(
        f"{len(texts)} people press Compare",
        found["seconds"],
        ours="all at once",
        is_json=options.json,
        largest_difference=max(differences),
        gain_without_a_server=round(gain_without_a_server(texts, options.rounds), 2),
        p95_wait=round(statistics.quantiles(found["waits"], n=20)[-1], 3),
    )


if __name__ == "__main__":
    main()
