"""Peak memory of the app with all its models loaded, the processes of the models included.

The app is started as `python app.py` starts it and asked for one text by all models. Where the
system tells it (Linux), memory that processes share is counted once; else it counts in each.

python -m benchmarks.memory [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time

import psutil

from benchmarks.served import client_of, compare, compare_when_ready, served_app
from sentiment.models.catalogue import list_models

TEXT = "it 's a warm and quietly funny film , though half an hour too long ."
_PAUSE = 0.1  # seconds between two measurements


def measure(app: psutil.Process) -> dict[str, float]:
    """Gigabytes of the app and of its processes of models, the largest first."""
    sizes = []
    for process in (app, *app.children(recursive=True)):
        try:
            used = process.memory_full_info()
        except psutil.Error:  # it has just ended
            continue
        sizes.append(getattr(used, "pss", used.rss) / 1e9)
    return {"all": sum(sizes), "app": sizes[0], "largest process of models": max(sizes[1:] or [0])}


async def ask_all(url: str, app: psutil.Process) -> dict[str, dict[str, float]]:
    """Measure the app before any large model is asked, and its peak while all models answer."""
    names = [model.name for model in list_models()]
    async with client_of(url) as client:
        small = next(model for model in list_models() if not model.is_large)
        await compare_when_ready(client, TEXT, [small.name])
        found = {"before": measure(app), "peak": measure(app)}
        asked = asyncio.create_task(compare(client, TEXT, names))
        while not asked.done():
            now = measure(app)
            found["peak"] = {name: max(size, now[name]) for name, size in found["peak"].items()}
            await asyncio.sleep(_PAUSE)
        problems = [own for own in asked.result() if "error" in own]
        if problems:
            raise SystemExit(f"Not all models answered: {problems}")
        found["afterwards"] = measure(app)
    return found


def main() -> None:
    """Measure and print gigabytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    started = time.perf_counter()
    with served_app() as (url, app):
        found = asyncio.run(ask_all(url, app))
    rounded = {
        when: {name: round(size, 2) for name, size in sizes.items()}
        for when, sizes in found.items()
    }
    said = {"gigabytes": rounded, "seconds": round(time.perf_counter() - started, 1)}
    print(json.dumps(said, indent=2) if options.json else said)


if __name__ == "__main__":
    main()
