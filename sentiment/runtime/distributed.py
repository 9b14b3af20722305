"""The processes that share one job under `accelerate launch`; without it there is one.

All of them run the same code. They divide the texts, and only the first one writes and speaks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TypeVar

from sentiment.errors import InputError

Value = TypeVar("Value")

_PATIENCE = timedelta(days=1)  # of one process for another, which may be scoring many texts


@dataclass(frozen=True)
class ProcessGroup:
    """This process among those of its job."""

    rank: int  # from 0
    count: int

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    def gather(self, value: Value) -> list[Value]:
        """What every process gave, in the order of their ranks; each waits for all."""
        if self.count == 1:
            return [value]
        from torch import distributed

        values: list[Value | None] = [None] * self.count
        distributed.all_gather_object(values, value)
        return values  # type: ignore[return-value]

    def wait(self) -> None:
        """Go on when every process has come here."""
        self.gather(None)


@lru_cache(maxsize=1)
def process_group() -> ProcessGroup:
    """The job this process belongs to; the first call connects its processes.

    It also gives each process a GPU of its own, where there are any.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return ProcessGroup(rank=0, count=1)
    # Every process reads the whole network from disk; the launcher's shortcut for shards would
    # leave those weights without memory that the disk does not hold.
    os.environ["FSDP_CPU_RAM_EFFICIENT_LOADING"] = "false"
    import torch
    from accelerate import PartialState  # type: ignore[import-untyped]

    has_gpu = torch.cuda.is_available()
    backend = {"backend": "cuda:nccl,cpu:gloo"} if has_gpu else {}  # a training may be on the CPU
    state = PartialState(cpu=not has_gpu, timeout=_PATIENCE, **backend)
    return ProcessGroup(rank=state.process_index, count=state.num_processes)


def is_sharded() -> bool:
    """Whether the launcher asks for a training whose weights are divided among the processes.

    Raises:
        InputError: it asks for the old kind of shards.
    """
    if os.environ.get("ACCELERATE_USE_FSDP", "").lower() != "true":
        return False
    if os.environ.get("FSDP_VERSION", "1") != "2":
        raise InputError("Shards are made with FSDP's second version: add --fsdp_version 2.")
    return True


def is_launched() -> bool:
    """Whether `accelerate launch`, or something like it, started this process."""
    return "LOCAL_RANK" in os.environ


def is_main_process() -> bool:
    """Whether this process writes and speaks, without connecting it to the others."""
    return int(os.environ.get("RANK", "0")) == 0
