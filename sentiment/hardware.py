"""The machine this runs on: what it is called, and the precision it computes in."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch


def describe_hardware() -> dict[str, str | int]:
    """Processor, number of cores this process may use, and the accelerator where there is one."""
    described: dict[str, str | int] = {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
    }
    if torch.cuda.is_available():
        described["accelerator"] = torch.cuda.get_device_name()
    return described


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux: the platform module knows less, but something
    return platform.processor() or platform.machine()


def choose_precision() -> str:
    """`bf16` where the hardware computes in it, `fp16` on an older GPU, else `fp32`."""
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if torch.cpu._is_avx512_bf16_supported() else "fp32"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory ran out, of the accelerator or of the machine."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
