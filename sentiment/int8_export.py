"""From a trained network to one in 8-bit integers for ONNX Runtime.

Weights are rounded channel by channel, activations while it runs, by one scale for a whole batch. A
few channels of a transformer are far larger than the others and would take that scale for
themselves, so part of their size is moved into the weights first: SmoothQuant (Xiao et al. 2023).
"""

from __future__ import annotations

import copy
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any, cast

import torch
from peft import PeftModel
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from sentiment.encoding import Tokenized, pad, token_batches
from sentiment.tuning import find_layers

if TYPE_CHECKING:
    from transformers.exporters.base import ExportedModel

SMOOTHING = 0.8  # how much of a channel's size moves into the weights: the paper's alpha
_SMALLEST = 1e-5  # size of a channel that is never used


def merge(network: nn.Module) -> PreTrainedModel:
    """A copy of `network` without peft: an adapter is multiplied into its weights."""
    alone = copy.deepcopy(network)
    if isinstance(alone, PeftModel):
        return cast(PreTrainedModel, alone.merge_and_unload())
    return cast(PreTrainedModel, alone)


class _Smoothed(nn.Module):
    """A linear layer whose inputs are divided by what its weights were multiplied with."""

    def __init__(self, linear: nn.Module, scales: Tensor) -> None:
        super().__init__()
        self.scales = nn.Buffer(1 / scales)
        self.linear = linear

    def forward(self, states: Tensor) -> Tensor:
        """(…, in) to (…, out)."""
        return cast(Tensor, self.linear(states * self.scales))


def smooth(network: PreTrainedModel, texts: Sequence[Tokenized], *, pad_id: int) -> None:
    """Even out the inputs of all linear layers of `network`, which computes the same as before.

    Args:
        texts: by which the size of each channel is known; no labels are.
    """
    linears = [
        (parent, name, child)
        for layer in find_layers(network)
        for parent in layer.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.Linear | Conv1D)
    ]
    sizes = _measure([child for _, _, child in linears], network, texts, pad_id=pad_id)
    for (parent, name, linear), size in zip(linears, sizes, strict=True):
        weight = linear.weight.data
        by_input = weight if isinstance(linear, Conv1D) else weight.T  # (in, out)
        largest = by_input.abs().amax(dim=1).clamp(min=_SMALLEST)
        scales = size.clamp(min=_SMALLEST) ** SMOOTHING / largest ** (1 - SMOOTHING)
        by_input.mul_(scales[:, None])  # a view: the layer's own weights
        setattr(parent, name, _Smoothed(linear, scales))


@torch.no_grad()
def _measure(
    linears: Sequence[nn.Module],
    network: PreTrainedModel,
    texts: Sequence[Tokenized],
    *,
    pad_id: int,
) -> list[Tensor]:
    """The largest value of every input channel of each of `linears`, (in,) each."""
    sizes = [torch.zeros(()) for _ in linears]

    def listen(place: int) -> Any:
        def keep(_layer: nn.Module, args: tuple[Tensor, ...]) -> None:
            own = args[0].abs().flatten(end_dim=-2).amax(dim=0)
            sizes[place] = torch.maximum(sizes[place], own)

        return keep

    handles = [own.register_forward_pre_hook(listen(i)) for i, own in enumerate(linears)]
    for batch in token_batches([len(text.ids) for text in texts]):
        ids, mask = pad([texts[i].ids for i in batch], pad_id=pad_id)
        network(input_ids=ids, attention_mask=mask)
    for handle in handles:
        handle.remove()
    return sizes


def export(network: PreTrainedModel, *, pad_id: int) -> ExportedModel:
    """`network` in int8, for texts of any number and length.

    Raises:
        Exception: what the exporter met that it does not know.
    """
    from transformers.exporters.configs import OnnxConfig
    from transformers.exporters.exporter_onnx import OnnxExporter
    from transformers.exporters.quantizers.quantizer_onnxruntime import (
        OnnxRuntimeDynamicConfig,
        OnnxRuntimeQuantizer,
    )

    ids, mask = pad([range(pad_id + 1, pad_id + 8), range(pad_id + 1, pad_id + 6)], pad_id=pad_id)
    inputs: dict[str, Any] = {"input_ids": ids, "attention_mask": mask}

    def write(quantizer: OnnxRuntimeQuantizer | None = None) -> ExportedModel:
        config = OnnxConfig(dynamic=True, ort_fusions="cpu", quantizer=quantizer)
        return OnnxExporter().export(network, inputs, config=config)

    with quiet():
        matrices = OnnxRuntimeDynamicConfig(
            per_channel=True,
            op_types_to_quantize=["MatMul"],
            nodes_to_exclude=_find_delicate(write().program),
        )
        return write(OnnxRuntimeQuantizer(matrices))


def _find_delicate(graph: Any) -> list[str]:
    """Names of what stays in float32: in the lower half, the matrices that narrow a layer's states.

    What they read has the largest channels of all, and what they get wrong every layer above them
    reads.
    """
    weights = set(graph.graph.initializers)
    multiplied = [
        (node.name, node.inputs[1].shape)
        for node in graph.graph
        if node.op_type == "MatMul" and node.inputs[1].name in weights
    ]
    narrowing = [name for name, shape in multiplied if int(shape[0]) > int(shape[1])]
    return narrowing[: len(narrowing) // 2]


@contextmanager
def quiet() -> Iterator[None]:
    """Without what the exporter and the quantizer print and warn of."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
