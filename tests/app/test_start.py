"""`python app.py` as a person starts it: it answers, and leaves no process behind."""

from __future__ import annotations

import os
import subprocess
import sys

import httpx
import psutil
from gradio_client import Client

from tests.support.paths import ROOT
from tests.support.serving import find_port
from tests.support.waiting import TIMEOUT, wait_for


def _listens(url: str) -> bool:
    try:
        return httpx.get(f"{url}/gradio_api/info").is_success
    except httpx.TransportError:
        return False


def test_the_app_starts_answers_and_ends_with_all_its_processes() -> None:
    port = find_port()
    settings = {"GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1"}
    app = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env={**os.environ, **settings})
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: _listens(url), "the app")
        answers = Client(url, verbose=False).predict("A warm, funny film.", api_name="/compare")
        assert len(answers) == 8
        assert all(answer.get("label") for answer in answers)
        family = psutil.Process(app.pid).children(recursive=True)
        assert family
    finally:
        app.terminate()
        app.wait(timeout=TIMEOUT)
    gone, alive = psutil.wait_procs(family, timeout=TIMEOUT)
    assert gone
    assert not alive
