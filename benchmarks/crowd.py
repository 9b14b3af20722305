"""Clients that ask the app together, and gates that what they found is held to."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from benchmarks.served import compare

CLOSE = 1e-5  # of two answers that are the same
SEED = 20261122
_WORDS = ("a warm", "dull", "film", "and", "funny", "story", "never", "quite", "works", ".", "not")


@dataclass(frozen=True)
class Gate:
    """One thing that was wanted of a part."""

    wanted: str
    found: float
    holds: bool
    is_timed: bool  # depends on how fast the machine is


@dataclass
class Part:
    """What one part of the load found."""

    name: str
    gates: list[Gate] = field(default_factory=list)

    def at_most(self, wanted: str, found: float, limit: float, *, is_timed: bool = False) -> None:
        """Hold `found` to `limit`."""
        self.gates.append(Gate(wanted, round(found, 7), found <= limit, is_timed))

    def tell(self, what: str, found: float) -> None:
        """Note what was found and is held to nothing."""
        self.gates.append(Gate(what, round(found, 2), holds=True, is_timed=True))


def mixed_texts(count: int, *, seed: int = SEED) -> list[str]:
    """`count` texts of 3 to 400 words, most of them short, no two alike."""
    random_ = random.Random(seed)
    lengths = [random_.choice([3, 8, 12, 20, 20, 40, 120, 400]) for _ in range(count)]
    return [f"{i} {' '.join(random_.choices(_WORDS, k=own))}" for i, own in enumerate(lengths)]


def p95(seconds: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]


def memory(app: psutil.Process) -> int:
    """Bytes that the app and its processes hold in memory."""
    return sum(own.memory_info().rss for own in [app, *app.children(recursive=True)])


class Crowd:
    """Clients of one app; every answer is timed, and errors are counted instead of raised.

    Each call is a visit's only one at its time, as those of a person at a page are.
    """

    def __init__(self, client: httpx.AsyncClient, visits: list[str] | None = None) -> None:
        self.client = client
        self.seconds: list[float] = []
        self.errors = 0
        self._visits = [f"visit-{number}" for number in range(64)] if visits is None else visits

    async def ask(self, text: str, models: list[str] | None = None) -> Any:
        """What the app says of `text`; None where it fails."""
        visit = self._visits.pop(0) if self._visits else f"late-{time.monotonic_ns()}"
        begun = time.perf_counter()
        try:
            answer = await compare(self.client, text, models, visit=visit)
        except (httpx.HTTPError, ValueError, IndexError):
            self.errors += 1
            return None
        finally:
            self._visits.append(visit)
        self.seconds.append(time.perf_counter() - begun)
        self.errors += any("error" in own for own in answer)
        return answer

    def fresh(self) -> Crowd:
        """The same clients with nothing counted."""
        return Crowd(self.client, self._visits)


class Line:
    """A connection of its own, open before it is used, that costs its client next to nothing."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str
    ) -> None:
        self._reader, self._writer, self._host = reader, writer, host

    @classmethod
    async def open(cls, url: httpx.URL) -> Line:
        """A line to the server at `url`."""
        reader, writer = await asyncio.open_connection(url.host, url.port)
        return cls(reader, writer, url.host)

    async def post(self, path: str, content: object) -> tuple[int, bytes]:
        """Status and body of the answer to `content`, sent as JSON."""
        body = json.dumps(content).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
        self._writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        said = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in said.lower().splitlines()
            if line.startswith(b"content-length")
        )
        return int(said.split()[1]), await self._reader.readexactly(length)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def differ(one: Any, other: Any) -> float:
    """The largest difference of two answers to the same text; infinite where one failed."""
    if one is None or other is None or len(one) != len(other):
        return float("inf")
    return max(abs(a["p_positive"] - b["p_positive"]) for a, b in zip(one, other, strict=True))
