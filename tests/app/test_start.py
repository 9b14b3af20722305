"""`python app.py` as a person starts it: it answers, and leaves no process behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import httpx
import psutil
from gradio_client import Client

from tests.support.paths import ROOT


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_app_starts_answers_and_ends_with_all_its_processes() -> None:
    port = _free_port()
    settings = {"GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1"}
    app = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env={**os.environ, **settings})
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{url}/gradio_api/info")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        answers = Client(url, verbose=False).predict("A warm, funny film.", api_name="/compare")
        assert len(answers) == 6
        assert all(answer.get("label") for answer in answers)
        family = psutil.Process(app.pid).children(recursive=True)
        assert family
    finally:
        app.terminate()
        app.wait(timeout=60)
    gone, alive = psutil.wait_procs(family, timeout=60)
    assert gone
    assert not alive
