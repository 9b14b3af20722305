"""Process group of a job under `accelerate launch`; without it there is one process.

All processes run the same code. They divide the texts; only the main process writes and prints.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TypeVar

from sentiment.errors import InputError, SentimentError

Value = TypeVar("Value")

_TIMEOUT = timedelta(days=1)  # of collective operations; one process may score many texts


@dataclass(frozen=True)
class ProcessGroup:
    """Rank of this process in its job, and the number of processes."""

    rank: int  # from 0
    world_size: int  # number of processes

    @property
    def is_main(self) -> bool:
        """Return whether this is the main process, which writes and prints."""
        return self.rank == 0

    def gather(self, value: Value) -> list[Value]:
        """Gather the `value` of every process, in the order of their ranks, in all processes."""
        if self.world_size == 1:
            return [value]
        from torch import distributed

        values: list[Value | None] = [None] * self.world_size
        distributed.all_gather_object(values, value)
        return values  # type: ignore[return-value]

    def run_on_main(self, action: Callable[[], Value]) -> Value:
        """Run `action` in the main process; return its value, or raise its error, in all."""
        value, error = _attempt(action) if self.is_main else (None, None)
        value, error = self.gather((value, error))[0]
        if error:
            raise error
        return value  # type: ignore[return-value]

    def run_on_all(self, action: Callable[[], Value]) -> Value:
        """Run `action` in every process; return its value, or raise the first error, in all."""
        value, error = _attempt(action)
        for raised in self.gather(error):
            if raised:
                raise raised
        return value  # type: ignore[return-value]


def _attempt(action: Callable[[], Value]) -> tuple[Value | None, SentimentError | None]:
    try:
        return action(), None
    except SentimentError as error:
        return None, error


@lru_cache(maxsize=1)
def process_group() -> ProcessGroup:
    """Return the process group; the first call initializes it.

    It also assigns each process its GPU, if there are any.

    Raises:
        InputError: the launcher is configured for FSDP.
    """
    if os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true":
        raise InputError(
            "Sharded training (FSDP) is not supported: every process holds the whole model. Leave "
            "--use_fsdp out; a model that does not fit can be trained with LoRA or a head only."
        )
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return ProcessGroup(rank=0, world_size=1)
    import torch
    from accelerate import PartialState  # type: ignore[import-untyped]

    has_gpu = torch.cuda.is_available()
    backend = {"backend": "cuda:nccl,cpu:gloo"} if has_gpu else {}  # training may be on the CPU
    state = PartialState(cpu=not has_gpu, timeout=_TIMEOUT, **backend)
    return ProcessGroup(rank=state.process_index, world_size=state.num_processes)


def is_launched() -> bool:
    """Return whether this process was started by a launcher such as `accelerate launch`."""
    return "LOCAL_RANK" in os.environ


def is_main_process() -> bool:
    """Return whether this is the main process, without initializing the process group."""
    return int(os.environ.get("RANK", "0")) == 0
