"""Requests as nobody should send them, drawn by a seeded generator, and what they must get."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from benchmarks.served import ROOT
from sentiment.limits import MAX_BODY_BYTES

_TEXT_LIMIT = 200_000
_SECRETS = (str(ROOT), "Traceback", "site-packages")
_NAMES = [
    "distilbert-mini",
    "tfidf-sst2",
    "../../etc",
    "<img onerror=alert(1)>",
    "",
    "\0",
    "é" * 99,
]


def _texts(random_: random.Random) -> list[Any]:
    """Texts that break readers, and values that are none."""
    return [
        "",
        " \t\n",
        "\0",
        "good\0bad",
        "\ud800 alone",
        "a" * random_.choice([1, 20_000, 20_001, _TEXT_LIMIT]),
        "very " * random_.choice([1, 100, 5_000]),
        "😀" * random_.choice([1, 10_000, 30_000]),
        "\u202eevil\u202c מצוין",
        "e\u0301" * 500,
        "<script>alert(1)</script>",
        "[MASK] [SEP] <|endoftext|> </s>" * 20,
        "{}{text}{0}%s",
        "=1+1",
        float("nan"),
        float("inf"),
        10**400,
        -1,
        0.5,
        True,
        None,
        [],
        ["a", "b"],
        {"text": "a"},
        {"path": "http://127.0.0.1:1/x", "meta": {"_type": "gradio.FileData"}},
        {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
        _nested(random_.choice([10, 200, 900])),
    ]


def _nested(depth: int) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = [value]
    return value


def _arguments(random_: random.Random) -> list[Any]:
    """Arguments of an endpoint: too few, too many, of the wrong kinds."""
    texts = _texts(random_)
    models: list[Any] = [None, [], [random_.choice(_NAMES)], random_.choice(_NAMES), 7, _NAMES * 9]
    full = [
        random_.choice(texts),
        random_.choice([*models, random_.choice(texts)]),
        random_.choice([None, "holtzman", "no such", random_.choice(texts)]),
        random_.choice(["none", "contextual", "pmi_dc", random_.choice(texts)]),
    ]
    return full[: random_.randint(0, 4)] + random_.choices(texts, k=random_.choice([0, 0, 0, 1, 9]))


def _broken(body: bytes, random_: random.Random) -> bytes:
    """`body` cut short, with bytes of another kind in it, or something else altogether."""
    place = random_.randrange(len(body) + 1)
    return random_.choice(
        [
            body[:place],
            body[:place] + bytes(random_.randrange(256) for _ in range(8)) + body[place:],
            b"",
            b"null",
            b"[" * 100_000,
            b'{"data":' * 5_000,
            b"\xff\xfe\x00",
            b"data=1&data=2",
        ]
    )


def hostile_requests(count: int, *, seed: int) -> Iterator[tuple[str, bytes, str]]:
    """Path, body and content type of `count` requests."""
    random_ = random.Random(seed)
    ends: list[Callable[[], str]] = [
        lambda: f"/gradio_api/call/{random_.choice(['compare', 'score', 'explain', 'models'])}",
        lambda: f"/gradio_api/call/{random_.choice(['no_such', '..%2f..', '%00', 'a' * 3000])}",
        lambda: "/gradio_api/queue/join",
        lambda: "/gradio_api/cancel",
        lambda: "/gradio_api/upload",
        lambda: random_.choice(["/gradio_api/api/compare", "/gradio_api/run/predict"]),
    ]
    kinds = ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]
    for number in range(count):
        path = random_.choices(ends, weights=[12, 1, 4, 1, 1, 1])[0]()
        content: Any = {"data": random_.choice([_arguments(random_), _arguments(random_), None, 3])}
        if "queue" in path or random_.random() < 0.2:
            content |= {
                "fn_index": random_.choice([-1, 0, 3, 10**9, None, "x", 1.5]),
                "session_hash": random_.choice(
                    [f"hostile-{number}", "", None, 5, "x" * 5000, "../.."]
                ),
                "trigger_id": random_.choice([None, 0, "x"]),
                "event_data": random_.choice([None, {"value": "\0"}, 4]),
            }
        body = json.dumps(content).encode()  # NaN and Infinity as such, surrogates escaped
        if random_.random() < 0.2:
            body = _broken(body, random_)
        yield path, body, random_.choices(kinds, weights=[12, 1, 1, 1])[0]


async def throw(client: httpx.AsyncClient, count: int, *, seed: int) -> list[str]:
    """Send `count` of them, eight at a time.

    Returns:
        a line for each answer that is neither 200, 4xx nor 503, or that tells where the app runs
    """
    odd: list[str] = []
    places = asyncio.Semaphore(8)

    async def send(path: str, body: bytes, kind: str) -> None:
        async with places:
            headers = {"content-type": kind} if kind else {}
            try:
                answers = [await client.post(path, content=body, headers=headers)]
            except httpx.TransportError as error:
                if len(body) <= MAX_BODY_BYTES:  # a longer one is refused while it is being sent
                    odd.append(f"{type(error).__name__} {path[:60]} {body[:80]!r}")
                return
            if "/call/" in path and answers[0].status_code == 200:
                event = answers[0].json()["event_id"]
                answers.append(await client.get(f"{path}/{event}"))
            for answer in answers:
                is_fine = answer.status_code == 503 or 200 <= answer.status_code < 500
                if not is_fine or any(own in answer.text for own in _SECRETS):
                    said = answer.text[:200]
                    odd.append(f"{answer.status_code} {said!r} {path[:60]} {body[:80]!r}")

    await asyncio.gather(*(send(*own) for own in hostile_requests(count, seed=seed)))
    return odd
