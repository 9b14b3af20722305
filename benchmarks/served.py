"""The app as `python app.py` starts it, in a process of its own, asked by its public API."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 300.0  # seconds
_IDLE = 25  # per cent of a core; the queue looks for work a thousand times a second


@contextmanager
def served_app(**settings: str) -> Iterator[tuple[str, psutil.Process]]:
    """The address and the process of an app that is starting; it ends with the block.

    Args:
        settings: of its environment.
    """
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    app = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, "GRADIO_SERVER_PORT": str(port), **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}", psutil.Process(app.pid)
    finally:
        app.terminate()
        app.wait()


async def compare(
    client: httpx.AsyncClient, text: str, models: list[str] | None = None, *, visit: str = "visit"
) -> Any:
    """What `/compare` answers, a record per model.

    Args:
        visit: who asks: a page that somebody has opened keeps its name.
    """
    asked = {"data": [text, models, None, "none"], "session_hash": visit}
    started = await client.post("/gradio_api/call/compare", json=asked)
    event = started.raise_for_status().json()["event_id"]
    answer = await client.get(f"/gradio_api/call/compare/{event}")
    last = answer.raise_for_status().text.strip().splitlines()[-1]
    return json.loads(last.removeprefix("data: "))[0]


async def compare_when_ready(
    client: httpx.AsyncClient, text: str, models: list[str] | None = None
) -> Any:
    """The first answer of an app that is starting.

    Raises:
        SystemExit: it does not start.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            return await compare(client, text, models)
        except httpx.HTTPError:
            await asyncio.sleep(0.02)
    raise SystemExit("The app did not start.")


async def wait_until_idle(app: psutil.Process) -> None:
    """Return when the app, which measures its saved predictions first, has nothing left to do."""
    processes = [app, *app.children(recursive=True)]
    for _ in range(int(PATIENCE)):
        for process in processes:
            process.cpu_percent()
        await asyncio.sleep(1)
        if sum(process.cpu_percent() for process in processes) < _IDLE:
            return


def client_of(url: str) -> httpx.AsyncClient:
    """A client that waits as long as an answer takes."""
    # Shorter than the server's five seconds: it may hang up while the next request is on its way.
    limits = httpx.Limits(max_connections=None, keepalive_expiry=2)
    return httpx.AsyncClient(base_url=url, timeout=PATIENCE, limits=limits, trust_env=False)
