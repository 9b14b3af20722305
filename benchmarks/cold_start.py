"""Cold start: from `python app.py` to the first answer, against importing the libraries alone.

The app loads its models in a process of its own while the page is built.

python -m benchmarks.cold_start [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.turns import report, take_turns

ROOT = Path(__file__).resolve().parents[1]
TEXT = "it 's a warm and quietly funny film ."
MODEL = "distilbert-mini"  # the first of the line-up
_IMPORTS = "import gradio, torch; from transformers import AutoModel, AutoTokenizer"
_PATIENCE = 300  # seconds


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _ask(url: str) -> str:
    """The label of TEXT, by the public API."""
    body = json.dumps({"data": [TEXT, [MODEL], None, "none"]}).encode()
    asked = urllib.request.Request(
        f"{url}/gradio_api/call/compare", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=_PATIENCE) as answer:
        event = json.load(answer)["event_id"]
    stream = f"{url}/gradio_api/call/compare/{event}"
    with urllib.request.urlopen(stream, timeout=_PATIENCE) as answer:
        last = answer.read().decode().strip().splitlines()[-1]
    return str(json.loads(last.removeprefix("data: "))[0][0]["label"])


def start_and_ask() -> None:
    """Start the app, wait for its first answer, and end it."""
    port = _free_port()
    app = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, "GRADIO_SERVER_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + _PATIENCE
    try:
        while time.monotonic() < deadline:
            try:
                _ask(f"http://127.0.0.1:{port}")
                return
            except (urllib.error.URLError, ConnectionError):
                if app.poll() is not None:
                    break
                time.sleep(0.02)
        raise SystemExit("The app did not start.")
    finally:
        app.terminate()
        app.wait()


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
