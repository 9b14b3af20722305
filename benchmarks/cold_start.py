"""Cold start: from `python app.py` to the first answer, against importing the libraries alone.

The app loads its models in a process of its own while the page is built.

python -m benchmarks.cold_start [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time

from benchmarks.served import ROOT, client_of, compare_when_ready, served_app
from benchmarks.turns import report, take_turns

TEXT = "it 's a warm and quietly funny film ."
MODEL = "distilbert-mini"  # the first of the line-up
_IMPORTS = "import gradio, torch; from transformers import AutoModel, AutoTokenizer"


def start_and_ask() -> float:
    """Seconds from starting the app to its first answer."""

    async def ask(url: str) -> None:
        async with client_of(url) as client:
            await compare_when_ready(client, TEXT, [MODEL])

    started = time.perf_counter()
    with served_app() as (url, _):
        asyncio.run(ask(url))
        return time.perf_counter() - started


def import_alone() -> None:
    """Import what the app needs in any case."""
    subprocess.run([sys.executable, "-c", _IMPORTS], cwd=ROOT, check=True)


def main() -> None:
    """Measure both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    import_alone()  # the disk's cache is warm for both
    ways = {"the imports alone": import_alone, "the app's first answer": start_and_ask}
    seconds = take_turns(ways, rounds=options.rounds)
    report("cold start", seconds, ours="the imports alone", is_json=options.json)


if __name__ == "__main__":
    main()
