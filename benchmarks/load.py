"""How the app holds under load: crowds, bursts, files, hostile bodies and many models, with gates.

Starts the app as `python app.py` does and asks it over 127.0.0.1, each part bounded in count and
time. Every part says what was wanted and what was found; the exit status is 1 where one fell short.

python -m benchmarks.load [--seconds S] [--people N] [--burst N] [--rows N] [--bodies N]
                          [--switches N] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import httpx
import psutil

from benchmarks.crowd import (
    CLOSE,
    SEED,
    Crowd,
    Line,
    Part,
    differ,
    memory,
    mixed_texts,
    p95,
)
from benchmarks.hostile import throw
from benchmarks.served import (
    PATIENCE,
    client_of,
    compare,
    compare_when_ready,
    served_app,
    wait_until_idle,
)
from sentiment.limits import MAX_WAITING, RESIDENT_VARIABLE
from sentiment.models.catalogue import list_models
from sentiment.paths import BUNDLED
from sentiment.runtime.logs import silence_libraries
from sentiment.serving.lineup import LineUp
from sentiment.serving.predictor import LocalPredictor
from sentiment.ui.server.launch import FIRST_ANSWERS

_RESIDENTS = 4  # while models are switched


async def steady(crowd: Crowd, app: psutil.Process, seconds: float) -> Part:
    """70 % of what the app can answer, for a while."""
    part = Part(f"steady load for {seconds:.0f} s")
    texts = mixed_texts(64)
    rate = await _capacity(crowd.fresh(), texts, seconds=min(20.0, seconds))
    own = crowd.fresh()
    await _at_rate(own, texts, rate=0.7 * rate, seconds=seconds / 3)  # warm
    own, before = crowd.fresh(), memory(app)
    await _at_rate(own, texts, rate=0.7 * rate, seconds=seconds)
    part.at_most("no errors", own.errors, 0)
    part.at_most("p95 at most 2 s", p95(own.seconds), 2, is_timed=True)
    part.at_most("memory grows by less than 5 %", memory(app) / before - 1, 0.05, is_timed=True)
    part.tell(f"{len(own.seconds)} answers; texts a second", 0.7 * rate)
    return part


async def _capacity(crowd: Crowd, texts: list[str], *, seconds: float) -> float:
    """Texts a second that eight visitors get answered who ask again as soon as they are."""
    end = time.perf_counter() + seconds

    async def visitor(number: int) -> int:
        done = 0
        while time.perf_counter() < end:
            await crowd.ask(texts[(number * 8 + done) % len(texts)])
            done += 1
        return done

    begun = time.perf_counter()
    counts = await asyncio.gather(*(visitor(number) for number in range(8)))
    return sum(counts) / (time.perf_counter() - begun)


async def _at_rate(crowd: Crowd, texts: list[str], *, rate: float, seconds: float) -> None:
    """Ask at `rate` a second, at random moments, whether or not answers have come."""
    random_ = random.Random(SEED)
    waiting = set()
    end = time.perf_counter() + seconds
    count = 0
    while time.perf_counter() < end:
        waiting.add(asyncio.ensure_future(crowd.ask(texts[count % len(texts)])))
        count += 1
        await asyncio.sleep(random_.expovariate(rate))
    await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE)


async def class_at_once(crowd: Crowd, people: int) -> Part:
    """Everybody in a class presses Compare."""
    part = Part(f"{people} people press Compare at once")
    texts = mixed_texts(people)
    alone = [await crowd.fresh().ask(text) for text in texts]
    own = crowd.fresh()
    together = await asyncio.gather(*(own.ask(text) for text in texts))
    part.at_most("all answered", own.errors, 0)
    part.at_most("p95 at most 3 s", p95(own.seconds), 3, is_timed=True)
    part.at_most("answers equal those of one by one", max(map(differ, alone, together)), CLOSE)
    part.tell("seconds of the models alone, without a server", await to_thread(_alone, texts))
    return part


def _alone(texts: list[str]) -> float:
    """Seconds in which the models that Compare shows read `texts` here, a batch each."""
    asker = LocalPredictor()
    models = LineUp(asker).default_models()
    seconds = []
    for _ in range(4):  # the first loads them
        begun = time.perf_counter()
        for model in models:
            asker.predict_many(model, texts)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[1:])


async def burst(client: httpx.AsyncClient, size: int) -> Part:
    """Far more requests than the queue takes, all at once."""
    part = Part(f"a burst of {size} requests on a queue of {MAX_WAITING}")
    texts = [f"{i} a warm and funny film" for i in range(size)]
    refused: list[float] = []
    accepted: dict[str, Any] = {}
    other = 0

    async def send(number: int, line: Line) -> None:
        nonlocal other
        data = [texts[number], None, None, "none"]
        begun = time.perf_counter()
        status, said = await line.post("/gradio_api/call/compare", {"data": data})
        if status == 503:
            refused.append(time.perf_counter() - begun)
        elif status == 200:
            answer = await client.get(f"/gradio_api/call/compare/{json.loads(said)['event_id']}")
            accepted[texts[number]] = json.loads(answer.text.strip().splitlines()[-1][6:])[0]
        else:
            other += 1
        line.close()

    lines = [await Line.open(client.base_url) for _ in range(size)]
    sent = (send(number, line) for number, line in enumerate(lines))
    await asyncio.wait_for(asyncio.gather(*sent), PATIENCE)
    alone = {text: await compare(client, text) for text in list(accepted)[:40]}
    part.at_most("nothing but 200 and 503", other, 0)
    part.at_most("none left without an answer", size - len(refused) - len(accepted), 0)
    part.at_most("refused for want of room", -len(refused), -1)
    part.at_most("a refusal takes at most 0.2 s", max(refused, default=0.0), 0.2, is_timed=True)
    worst = max(differ(own, accepted[text]) for text, own in alone.items())
    part.at_most("accepted answers equal those of one by one", worst, CLOSE)
    return part


async def file_and_visitors(crowd: Crowd, rows: int) -> Part:
    """Single texts are asked while a file is being scored, 200 rows a request."""
    part = Part(f"single texts while {rows} rows are scored")
    texts = mixed_texts(rows, seed=SEED + 1)
    is_done = asyncio.Event()

    async def score() -> int:
        failed = 0
        try:
            for start in range(0, rows, 200):
                own = texts[start : start + 200]
                asked = {"data": [own, "distilbert-mini-sst2-lora"], "session_hash": "file"}
                begun = await crowd.client.post("/gradio_api/call/score", json=asked)
                event = begun.raise_for_status().json()["event_id"]
                said = await crowd.client.get(f"/gradio_api/call/score/{event}")
                last = said.text.strip().splitlines()[-1]
                failed += len(json.loads(last[6:])[0]) != len(own)
        finally:
            is_done.set()
        return failed

    scoring = asyncio.ensure_future(score())
    own = crowd.fresh()
    singles = mixed_texts(200)
    while not is_done.is_set():
        await own.ask(singles[len(own.seconds) % len(singles)])
        await asyncio.sleep(0.5)
    part.at_most("all rows scored", await scoring, 0)
    part.at_most("no errors", own.errors, 0)
    part.at_most("single texts within 3 s", max(own.seconds), 3, is_timed=True)
    return part


async def hostile(client: httpx.AsyncClient, bodies: int) -> Part:
    """Bodies as nobody should send them: only 200, 4xx and 503 come back, and the app lives."""
    part = Part(f"{bodies} hostile bodies")
    odd = await asyncio.wait_for(throw(client, bodies, seed=SEED), PATIENCE)
    for line in odd[:5]:
        print(line, file=sys.stderr)
    part.at_most("only 200, 4xx and 503, and no word of where it runs", len(odd), 0)
    after = await Crowd(client).ask("a warm and funny film")
    part.at_most("the app answers after it", 0 if after else 1, 0)
    return part


async def switches(crowd: Crowd, app: psutil.Process, count: int) -> Part:
    """Another model each time, with room for a few."""
    part = Part(f"{count} model switches, at most {_RESIDENTS} models in memory")
    names = [m.name for m in list_models() if m.folder.parent == BUNDLED]
    for name in names * 2:  # every one has been in memory and gone again
        await crowd.ask("a warm and funny film", [name])
    own, before = crowd.fresh(), memory(app)
    for number in range(count):
        await own.ask("a warm and funny film", [names[number % len(names)]])
    for name in names[count % len(names) :]:  # back to those it began with
        await own.ask("a warm and funny film", [name])
    part.at_most("no errors", own.errors, 0)
    part.at_most("memory is back within 10 %", abs(memory(app) / before - 1), 0.1, is_timed=True)
    return part


Work = Callable[[httpx.AsyncClient, psutil.Process], Awaitable[list[Part]]]


async def _with_app(work: Work, **settings: str) -> list[Part]:
    """What `work` finds with an app of its own, warm and with nothing left to do."""
    with served_app(**settings) as (url, app):
        async with client_of(url) as client:
            await compare_when_ready(client, "a warm and funny film")
            crowd = Crowd(client)
            for _ in range(64):  # everybody has opened the page
                await crowd.ask("a warm and funny film")
            await asyncio.sleep(FIRST_ANSWERS)
            await wait_until_idle(app)
            return await work(client, app)


async def run(options: argparse.Namespace) -> list[Part]:
    """All parts, one after the other."""

    async def crowds(client: httpx.AsyncClient, app: psutil.Process) -> list[Part]:
        crowd = Crowd(client)
        return [
            await class_at_once(crowd, options.people),
            await burst(client, options.burst),
            await file_and_visitors(crowd, options.rows),
            await steady(crowd, app, options.seconds),
            await hostile(client, options.bodies),
        ]

    async def switching(client: httpx.AsyncClient, app: psutil.Process) -> list[Part]:
        return [await switches(Crowd(client), app, options.switches)]

    parts = await _with_app(crowds)
    return parts + await _with_app(switching, **{RESIDENT_VARIABLE: str(_RESIDENTS)})


def main() -> int:
    """Run all parts and print what held; 1 where something did not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180, help="of steady load (180)")
    parser.add_argument("--people", type=int, default=30, help="in a class (30)")
    parser.add_argument("--burst", type=int, default=10 * MAX_WAITING, help="requests at once")
    parser.add_argument("--rows", type=int, default=5000, help="of a file (5000)")
    parser.add_argument("--bodies", type=int, default=2000, help="hostile ones (2000)")
    parser.add_argument("--switches", type=int, default=100, help="of the model asked (100)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    silence_libraries()
    parts = asyncio.run(run(options))
    if options.json:
        print(json.dumps({"parts": [asdict(part) for part in parts]}, indent=2))
    else:
        for part in parts:
            print(part.name)
            for gate in part.gates:
                print(f"  {'holds' if gate.holds else 'FELL SHORT':<12}{gate.wanted}: {gate.found}")
    return 0 if all(gate.holds for part in parts for gate in part.gates) else 1


if __name__ == "__main__":
    sys.exit(main())
