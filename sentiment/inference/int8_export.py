"""Quantization of a fine-tuned model to int8 with OpenVINO.

Weights and activations are quantized per channel, activations with scales calibrated on a few
hundred texts; or weights only, which is slower and closer to the float32 model.
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
from sentiment.models.forward import remove_hook

if TYPE_CHECKING:
    from transformers.exporters.base import ExportedModel

Rounded = Literal["weights and activations", "weights"]
ROUNDED: tuple[Rounded, ...] = get_args(Rounded)  # the fastest first


def merge(network: nn.Module) -> PreTrainedModel:
    """Merge the adapter of `network` into a copy of its weights.

    The head of the copy finds the last token of a text as in transformers, by the padding token.
    """
    merged = copy.deepcopy(network)
    remove_hook(merged)
    if isinstance(merged, PeftModel):
        return cast(PreTrainedModel, merged.merge_and_unload())
    return cast(PreTrainedModel, merged)


def export(
    network: PreTrainedModel, texts: Sequence[Tokenized], *, pad_id: int, rounded: Rounded
) -> ExportedModel:
    """Export `network` in int8 with OpenVINO, for any batch size and length.

    Args:
        texts: calibration data of the activations, without labels.
        rounded: what is quantized.

    Raises:
        Exception: the exporter does not support the model.
    """
    with _suppress_side_effects():
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
    """Load an exported model from `folder`, with as many threads as torch uses.

    Raises:
        Exception: OpenVINO cannot read the files.
    """
    with _suppress_side_effects():
        from transformers.exporters.base import ExportedModel

        return ExportedModel.from_pretrained(
            folder,
            device="cpu",
            config={
                "INFERENCE_NUM_THREADS": torch.get_num_threads(),
                "INFERENCE_PRECISION_HINT": "f32",  # not bf16
            },
        )


def _as_inputs(rows: Sequence[Sequence[int]], *, pad_id: int) -> dict[str, Any]:
    ids, mask = pad(rows, pad_id=pad_id)
    return {"input_ids": ids, "attention_mask": mask}


@contextmanager
def _suppress_side_effects() -> Iterator[None]:
    """Suppress output, warnings and telemetry of OpenVINO and NNCF; restore the signal stack."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    discarded = io.StringIO()
    try:
        with (
            redirect_stdout(discarded),
            redirect_stderr(discarded),
            warnings.catch_warnings(action="ignore"),
            _disable_telemetry(),
            _restore_signal_stack(),
        ):
            yield
    finally:
        logging.disable(previous)


class _SignalStack(ctypes.Structure):
    """`stack_t` of Linux: the alternate signal stack of a thread."""

    _fields_ = (("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


@contextmanager
def _restore_signal_stack() -> Iterator[None]:
    """Restore the alternate signal stack of this thread afterwards.

    On Linux, every model that OpenVINO compiles sets an alternate signal stack and frees it when it
    is destroyed. If two are not destroyed in reverse order, the thread keeps a freed stack, and its
    next signal, such as Ctrl-C, is a segmentation fault.
    """
    if sys.platform != "linux":
        yield
        return
    libc, previous = ctypes.CDLL(None), _SignalStack()
    libc.sigaltstack(None, ctypes.byref(previous))
    try:
        yield
    finally:
        libc.sigaltstack(ctypes.byref(previous), None)


@contextmanager
def _disable_telemetry() -> Iterator[None]:
    """Switch off the telemetry of OpenVINO and NNCF, as in automated tests."""
    previous = {name: os.environ.get(name) for name in ("CI", "NNCF_CI")}
    os.environ.update(dict.fromkeys(previous, "true"))
    try:
        yield
    finally:
        for name, value in previous.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value
