"""From a trained network to one in 8-bit integers for OpenVINO, whatever is left in float32.

Rounded channel by channel: weights and, by scales measured beforehand on a few hundred texts, what
they are multiplied with; or the weights alone, which is slower and nearer to the exact network.
"""

from __future__ import annotations

import copy
import ctypes
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import torch
from peft import PeftModel
from torch import nn
from transformers import PreTrainedModel

from sentiment.models.encoding import Tokenized, pad

if TYPE_CHECKING:
    from transformers.exporters.base import ExportedModel

Rounded = Literal["weights and activations", "weights"]
ROUNDED: tuple[Rounded, ...] = get_args(Rounded)  # the fastest first


def merge(network: nn.Module) -> PreTrainedModel:
    """Merge the adapter of `network` into a copy of its weights, without peft."""
    alone = copy.deepcopy(network)
    if isinstance(alone, PeftModel):
        return cast(PreTrainedModel, alone.merge_and_unload())
    return cast(PreTrainedModel, alone)


def export(
    network: PreTrainedModel, texts: Sequence[Tokenized], *, pad_id: int, rounded: Rounded
) -> ExportedModel:
    """Export `network` in int8 with OpenVINO, for any batch size and length.

    Args:
        texts: by which the size of activations is known; no labels are.
        rounded: what becomes integers.

    Raises:
        Exception: what the exporter met that it does not know.
    """
    with _contained():
        from transformers.exporters.configs import OpenVINOConfig
        from transformers.exporters.exporter_openvino import OpenVINOExporter
        from transformers.exporters.quantizers.quantizer_nncf import (
            NNCFOpenVINOQuantizer,
            NNCFQuantizationConfig,
            NNCFWeightCompressionConfig,
        )

        if rounded == "weights":
            quantizer = NNCFOpenVINOQuantizer(NNCFWeightCompressionConfig())
        else:
            samples = [_as_inputs([text.ids], pad_id=pad_id) for text in texts]
            quantizer = NNCFOpenVINOQuantizer(NNCFQuantizationConfig(), samples)
        return OpenVINOExporter().export(
            network,
            _as_inputs([text.ids for text in texts[:2]], pad_id=pad_id),
            config=OpenVINOConfig(dynamic=True, quantizer=quantizer),
        )


def load(folder: Path) -> ExportedModel:
    """Load an exported network from `folder`, on as many threads as torch uses.

    Raises:
        Exception: what OpenVINO met in a damaged file.
    """
    with _contained():
        from transformers.exporters.base import ExportedModel

        return ExportedModel.from_pretrained(
            folder,
            device="cpu",
            config={
                "INFERENCE_NUM_THREADS": torch.get_num_threads(),
                "INFERENCE_PRECISION_HINT": "f32",  # not bf16 where a processor has it
            },
        )


def _as_inputs(rows: Sequence[Sequence[int]], *, pad_id: int) -> dict[str, Any]:
    ids, mask = pad(rows, pad_id=pad_id)
    return {"input_ids": ids, "attention_mask": mask}


@contextmanager
def _contained() -> Iterator[None]:
    """Without traces of the exporter and the quantizer.

    They print, warn, report to their makers, and change how signals are handled.
    """
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    unread = io.StringIO()
    try:
        with (
            redirect_stdout(unread),
            redirect_stderr(unread),
            warnings.catch_warnings(action="ignore"),
            _unreported(),
            _keeping_signal_stack(),
        ):
            yield
    finally:
        logging.disable(before)


class _SignalStack(ctypes.Structure):
    """Linux's `stack_t`: where a thread's signals are handled."""

    _fields_ = (("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


@contextmanager
def _keeping_signal_stack() -> Iterator[None]:
    """Signals are handled afterwards where they were before.

    Every network that OpenVINO compiles on Linux makes a stack for the signals of its thread, and
    takes it away when it ends. Where two do not end in the order that they began in, the thread is
    left with a stack that is gone, and its next signal, such as Ctrl-C, is a segmentation fault.
    """
    if sys.platform != "linux":
        yield
        return
    system, before = ctypes.CDLL(None), _SignalStack()
    system.sigaltstack(None, ctypes.byref(before))
    try:
        yield
    finally:
        system.sigaltstack(ctypes.byref(before), None)


@contextmanager
def _unreported() -> Iterator[None]:
    """Switch off the telemetry of OpenVINO and NNCF, as in automated tests."""
    kept = {name: os.environ.get(name) for name in ("CI", "NNCF_CI")}
    os.environ.update(dict.fromkeys(kept, "true"))
    try:
        yield
    finally:
        for name, value in kept.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value
