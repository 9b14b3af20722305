"""The machine this runs on: what it is called, what it computes on and in which precision."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch
from torch import nn

from sentiment.errors import InputError

DEVICES = ("cpu", "cuda")
PRECISIONS = ("fp32", "bf16", "fp16")


@dataclass(frozen=True)
class Compute:
    """What a training computes on, and in which precision."""

    device: str  # one of DEVICES
    precision: str  # one of PRECISIONS


def describe_hardware() -> dict[str, str | int]:
    """Describe the processor, the cores this process may use, and the accelerator, if any."""
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


def move_to(network: nn.Module, device: str | torch.device) -> None:
    """Move the weights of `network` to `device`, in place.

    The `to` of a `PreTrainedModel` has no types; torch's own does the same for a network that is
    not quantized.
    """
    nn.Module.to(network, torch.device(device))


def reset_peak_memory(device: str) -> None:
    """Let `peak_memory` begin here, where the device can: a process's own peak stays."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()


def peak_memory(device: str) -> int:
    """Return the peak memory of this process so far, in bytes, on its GPU or on the machine."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    try:
        import resource
    except ImportError:  # Windows
        return int(psutil.Process().memory_info().peak_wset)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def choose_compute(device: str | None = None, precision: str | None = None) -> Compute:
    """Check the given device and precision against this machine; choose those left out.

    Chosen is the GPU where there is one, and `bf16` where the hardware computes in it, `fp16` on
    an older GPU, else `fp32`.

    Raises:
        InputError: this machine has no such device, or does not compute in that precision.
    """
    if device not in (None, *DEVICES):
        raise InputError(f"Unknown device {device!r}. Choose from: {', '.join(DEVICES)}.")
    if precision not in (None, *PRECISIONS):
        raise InputError(f"Unknown precision {precision!r}. Choose from: {', '.join(PRECISIONS)}.")
    has_gpu = torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        raise InputError("This machine has no GPU that torch can use. Leave --device out.")
    chosen = device or ("cuda" if has_gpu else "cpu")
    can = _precisions(chosen)
    if precision is not None and precision not in can:
        raise InputError(
            f"This machine's {chosen} does not compute in {precision}. Choose from: "
            f"{', '.join(can)}."
        )
    return Compute(device=chosen, precision=precision or can[0])


def choose_precision() -> str:
    """Return the precision that `choose_compute` chooses by itself."""
    return choose_compute().precision


def _precisions(device: str) -> tuple[str, ...]:
    """List the precisions that `device` supports, the preferred one first."""
    if device == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
        return ("bf16", "fp16", "fp32") if fast else ("fp16", "fp32")
    return ("bf16", "fp32") if torch.cpu._is_avx512_bf16_supported() else ("fp32",)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether `error` says that memory ran out, of the accelerator or of the machine."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
