"""What the server gives away to strangers: no file, no path, no token, no other site's script."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Sequence

import httpx
import pytest

from benchmarks.hostile import throw
from benchmarks.served import client_of
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import Prediction, failed_prediction
from sentiment.serving.lineup import LineUp
from sentiment.ui.app import build_demo
from sentiment.ui.server.guard import NO_EVENT, NO_REQUEST, NO_SESSION, REFUSAL, TOO_FEW
from sentiment.ui.server.launch import launch_kwargs
from sentiment.ui.server.service import ServerLifecycle
from sentiment.ui.session.jobs import TEXT_QUEUE_SIZE
from tests.support.paths import ROOT
from tests.support.waiting import TIMEOUT

CALL = "/gradio_api/call/compare"


@pytest.fixture
def client(bundled_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=bundled_url, timeout=TIMEOUT) as opened:
        yield opened


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        f"{ROOT}/requirements.txt",
        f"{ROOT}/.git/config",
        "../../../../etc/passwd",
        "requirements.txt",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "file:///etc/passwd",
        "https://example.com/x",
        "/proc/self/environ",
    ],
)
def test_no_file_of_the_machine_is_served(client: httpx.Client, path: str) -> None:
    for route in ("/gradio_api/file=", "/file=", "/static/", "/assets/", "/gradio_api/file/", "/"):
        answer = client.get(f"{route}{path}")
        assert answer.status_code in (403, 404, 405, 422), route
        assert not any(word in answer.text for word in ("root:", "gradio==", "PATH=", "[core]"))


def test_another_site_may_not_read_answers(client: httpx.Client) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for answer in (
        client.options(CALL, headers=asked),
        client.get("/config", headers=asked),
        client.get("/gradio_api/info", headers={"Origin": "null"}),
    ):
        assert answer.headers.get("access-control-allow-origin") in (None, "")


def test_nothing_is_reported_to_anybody() -> None:
    demo = build_demo()
    assert demo.analytics_enabled is False
    settings = launch_kwargs(ServerLifecycle(LineUp()))
    assert settings["enable_monitoring"] is False
    assert settings["run_history"] is False


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        (CALL, b"[", 422, NO_REQUEST),
        (CALL, b"[" * 100_000, 422, NO_REQUEST),
        (CALL, b"\xff", 422, NO_REQUEST),
        (CALL, b'{"data": [NaN]}', 422, NO_REQUEST),
        (CALL, b'{"data": 3}', 422, NO_REQUEST),
        (CALL, b'{"data": [], "session_hash": ""}', 422, NO_SESSION),
        (CALL, b'{"data": [], "session_hash": "../.."}', 422, NO_SESSION),
        ("/gradio_api/call/no_such", b'{"data": []}', 404, NO_EVENT),
        ("/gradio_api/run/no_such", b'{"data": []}', 404, NO_EVENT),
        ("/gradio_api/run/predict", b'{"data": [], "fn_index": 9999}', 404, NO_EVENT),
        ("/gradio_api/queue/join", b'{"data": [], "fn_index": -1}', 404, NO_EVENT),
        ("/gradio_api/queue/join", b'{"data": [], "fn_index": true}', 404, NO_EVENT),
        (CALL, b'{"data": []}', 422, TOO_FEW.format(needed=1, came=0)),
    ],
)
def test_what_is_no_request_is_refused_in_a_sentence(
    client: httpx.Client, path: str, body: bytes, status: int, said: str
) -> None:
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (status, {"detail": said})


def test_an_address_beside_a_number_that_is_none_is_not_fetched_either(
    client: httpx.Client,
) -> None:
    body = b'{"data": [NaN, {"path": "http://127.0.0.1:1/x"}]}'
    for path in (CALL, "/gradio_api/mcp/"):
        answer = client.post(path, content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()) == (422, {"detail": REFUSAL})


def test_two_thousand_hostile_bodies_get_200_4xx_or_503_and_the_app_lives(
    bundled_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    async def send() -> list[str]:
        async with client_of(bundled_url) as client:
            return await throw(client, 2000, seed=7)

    assert asyncio.run(send()) == []
    assert httpx.get(f"{bundled_url}config", timeout=TIMEOUT).status_code == 200


class _Slow(LineUp):
    """Answers when it is let, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.may_answer = threading.Event()

    def predict_each(
        self, models: Sequence[ModelInfo], text: str, *_: object, **__: object
    ) -> Iterator[Prediction]:
        self.asked.append(text)
        self.may_answer.wait(60)
        yield from (failed_prediction(model, "slow") for model in models)


def test_what_a_client_that_left_was_waiting_for_is_not_computed() -> None:
    lineup = _Slow()
    demo = build_demo(lineup)
    settings = launch_kwargs(ServerLifecycle(lineup))
    _, url, _ = demo.launch(
        prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **settings
    )

    async def ask(client: httpx.AsyncClient, text: str, seconds: float) -> str:
        asked = {"data": [text, ["gpt2-mini"], None, "none"]}
        event = (await client.post(CALL, json=asked)).json()["event_id"]
        try:
            return (await client.get(f"{CALL}/{event}", timeout=seconds)).text
        except httpx.ReadTimeout:
            return "left"

    async def crowd() -> list[str]:
        async with client_of(url) as client:
            staying = [
                asyncio.ensure_future(ask(client, f"stays {i}", 60)) for i in range(TEXT_QUEUE_SIZE)
            ]
            deadline = time.monotonic() + TIMEOUT
            while len(lineup.asked) < TEXT_QUEUE_SIZE:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
            left = await asyncio.gather(*(ask(client, f"leaves {i}", 0.5) for i in range(5)))
            assert left == ["left"] * 5
            await asyncio.sleep(2)  # until the server has noticed
            lineup.may_answer.set()
            return await asyncio.gather(*staying, ask(client, "comes later", 60))

    try:
        said = asyncio.run(crowd())
    finally:
        lineup.may_answer.set()
        demo.close()
    assert all(json.loads(own.strip().splitlines()[-1][6:]) for own in said)
    assert sorted(lineup.asked) == sorted(
        ["comes later", *(f"stays {i}" for i in range(TEXT_QUEUE_SIZE))]
    )
