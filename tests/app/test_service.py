"""How the server begins and ends: /health, and what SIGTERM lets finish."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import psutil
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from benchmarks.served import served_app
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import Prediction, failed_prediction
from sentiment.serving.lineup import LineUp
from sentiment.ui.server.service import ENDING, ServerLifecycle
from tests.support.waiting import TIMEOUT, wait_for

SENTENCE = "a warm and quietly funny film "
SECONDS_LONG = SENTENCE * 60
TOO_LONG = SENTENCE * 600


class _Broken(LineUp):
    """No model answers until it is mended."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Semaphore(0)
        self.is_mended = False

    def predict(self, model: ModelInfo, *_: object, **__: object) -> Prediction:
        self.asked.release()
        return (
            super().predict(model, "a film")
            if self.is_mended
            else failed_prediction(model, "no memory")
        )


def test_health_answers_200_only_when_a_model_has_answered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sentiment.ui.server.service._RETRY", 0.05)
    lineup = _Broken()
    service = ServerLifecycle(lineup)
    client = TestClient(Starlette(routes=[service.route()]))
    assert client.get("/health").status_code == 503
    service.begin()
    for _ in range(3):
        assert lineup.asked.acquire(timeout=TIMEOUT)
    assert client.get("/health").status_code == 503
    assert "no memory" in caplog.text
    lineup.is_mended = True
    wait_for(lambda: client.get("/health").status_code == 200, "health")
    assert client.get("/health").json() == {"status": "ok"}


@pytest.fixture
def served() -> Iterator[tuple[httpx.Client, psutil.Process]]:
    """An app that answers, and its process."""
    with (
        served_app(SENTIMENT_DRAIN_SECONDS=str(int(TIMEOUT))) as (url, app),
        httpx.Client(base_url=url, timeout=TIMEOUT) as client,
    ):
        wait_for(lambda: _health(client) == 200, "health")
        yield client, app


def _health(client: httpx.Client) -> int | None:
    """Status of /health; None where nobody listens yet."""
    try:
        return client.get("/health").status_code
    except httpx.TransportError:
        return None


def _begin(client: httpx.Client, text: str) -> str:
    asked = {"data": [text, None, None, "none"]}
    begun = client.post("/gradio_api/call/compare", json=asked)
    return str(begun.raise_for_status().json()["event_id"])


def _listen(client: httpx.Client, event: str, is_heard: threading.Event) -> str:
    """All that the server sends of `event`; `is_heard` is set when it begins to."""
    with client.stream("GET", f"/gradio_api/call/compare/{event}") as answer:
        is_heard.set()
        return answer.read().decode()


@contextmanager
def _jobs(client: httpx.Client, count: int, text: str) -> Iterator[list[Future[str]]]:
    """What is said of `text`, which is being compared `count` times."""
    with ThreadPoolExecutor() as threads:
        events = {_begin(client, text): threading.Event() for _ in range(count)}
        said = [threads.submit(_listen, client, *event) for event in events.items()]
        for is_heard in events.values():
            assert is_heard.wait(TIMEOUT)
        yield said


def test_sigterm_lets_a_running_job_finish_and_refuses_new_ones(
    served: tuple[httpx.Client, psutil.Process],
) -> None:
    client, app = served
    family = app.children(recursive=True)
    with _jobs(client, 2, SECONDS_LONG) as said:
        assert not any(answer.done() for answer in said)
        app.send_signal(signal.SIGTERM)
        for process in family:  # as whoever ends a whole group of processes does
            if process.is_running() and "spawn_main" in " ".join(process.cmdline()):
                process.send_signal(signal.SIGTERM)
        wait_for(lambda: _health(client) == 503, "the end")
        for method, path in (("POST", "/gradio_api/call/compare"), ("GET", "/health")):
            refused = client.request(method, path)
            assert (refused.status_code, refused.json()["detail"]) == (503, ENDING)
            assert refused.headers["retry-after"]
        for answer in said:
            models = json.loads(answer.result(TIMEOUT).strip().splitlines()[-1][6:])[0]
            assert len(models) == 8
            assert all(own.get("label") for own in models)
    assert app.wait(TIMEOUT) == 0
    assert not psutil.wait_procs(family, timeout=TIMEOUT)[1]


def test_what_takes_longer_than_its_time_is_given_up(
    served: tuple[httpx.Client, psutil.Process],
) -> None:
    client, app = served
    family = app.children(recursive=True)
    with _jobs(client, 1, TOO_LONG):
        app.send_signal(signal.SIGTERM)
        wait_for(lambda: _health(client) == 503, "the end")
        app.send_signal(signal.SIGTERM)  # the second gives up at once
        assert app.wait(TIMEOUT) == -signal.SIGTERM
    assert not psutil.wait_procs(family, timeout=TIMEOUT)[1]


def test_the_end_waits_for_open_requests_but_not_for_ever() -> None:
    service = ServerLifecycle(LineUp())
    scope = {"type": "http", "method": "GET", "path": "/gradio_api/queue/data"}
    assert service.accepts({**scope, "method": "POST"})
    with service.counted(scope):
        begun = time.monotonic()
        assert not service.drain(seconds=0.3)
        assert time.monotonic() - begun < 5
    with service.counted({**scope, "path": "/gradio_api/heartbeat/visit"}):
        assert service.drain(seconds=TIMEOUT)
    assert service.accepts(scope)
    assert not service.accepts({**scope, "path": "/"})
