"""Choose device and precision, and describe the hardware and memory of this machine."""

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
    """Device and precision of training."""

    device: str  # one of DEVICES
    precision: str  # one of PRECISIONS


def describe_hardware() -> dict[str, str | int]:
    """Describe the processor, the cores this process may use, and the accelerator, if any."""
    info: dict[str, str | int] = {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
    }
    if torch.cuda.is_available():
        info["accelerator"] = torch.cuda.get_device_name()
    return info


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def move_to(network: nn.Module, device: str | torch.device) -> None:
    """Move `network` to `device`, in place.

    `PreTrainedModel.to` is not typed; that of torch does the same for models that are not
    quantized.
    """
    nn.Module.to(network, torch.device(device))


def reset_peak_memory(device: str) -> None:
    """Reset the peak memory of a GPU; that of a process cannot be reset."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()


def peak_memory(device: str) -> int:
    """Return the peak memory of this process in bytes, on its GPU or in RAM."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    try:
        import resource
    except ImportError:  # Windows
        return int(psutil.Process().memory_info().peak_wset)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def choose_compute(device: str | None = None, precision: str | None = None) -> Compute:
    """Choose device and precision for this machine, and check those that are given.

    The default is the GPU if there is one, and `bf16` if the hardware supports it, `fp16` on an
    older GPU, else `fp32`.

    Raises:
        InputError: this machine does not support the device or the precision.
    """
    if device not in (None, *DEVICES):
        raise InputError(f"Unknown device {device!r}. Choose from: {', '.join(DEVICES)}.")
    if precision not in (None, *PRECISIONS):
        raise InputError(f"Unknown precision {precision!r}. Choose from: {', '.join(PRECISIONS)}.")
    has_gpu = torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        raise InputError("This machine has no GPU that torch can use. Leave --device out.")
    chosen = device or ("cuda" if has_gpu else "cpu")
    supported = _precisions(chosen)
    if precision is not None and precision not in supported:
        raise InputError(
            f"The device {chosen} does not support {precision}. Choose from: "
            f"{', '.join(supported)}."
        )
    return Compute(device=chosen, precision=precision or supported[0])


def choose_precision() -> str:
    """Choose the default precision of this machine."""
    return choose_compute().precision


def _precisions(device: str) -> tuple[str, ...]:
    """List the precisions that `device` supports, the preferred one first."""
    if device == "cuda":
        has_bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
        return ("bf16", "fp16", "fp32") if has_bf16 else ("fp16", "fp32")
    return ("bf16", "fp32") if torch.cpu._is_avx512_bf16_supported() else ("fp32",)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether `error` is an out-of-memory error, of the GPU or of RAM."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
