"""train_model.py with its weights in shards (FSDP) and without a GPU, for a test.

Accelerate shards on accelerators alone, while torch does it anywhere. Here the processes are told
that they have accelerators, which are CPUs; everything else is the code that GPUs run.
"""

from __future__ import annotations

import sys
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import DistributedType
from torch import distributed
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor

from sentiment.models.tuning import find_layers, plain_network
from sentiment.training.feature_cache import HeadOnFeatures
from sentiment.training.trainer import ResumableTrainer
from tests.support.commands import train

_prepare, _step = PartialState._prepare_backend, ResumableTrainer.training_step


def _prepare_backend(self: PartialState, *args: Any, **kwargs: Any) -> tuple[Any, DistributedType]:
    backend, _ = _prepare(self, *args, **kwargs)
    if not distributed.is_initialized():
        distributed.init_process_group("gloo")
    return backend, DistributedType.MULTI_GPU


def _set_device(self: PartialState) -> None:
    self.device = self.device or torch.device("cpu")


def _step_in_shards(self: ResumableTrainer, *args: Any, **kwargs: Any) -> torch.Tensor:
    assert all(isinstance(parameter, DTensor) for parameter in self.model.parameters())
    if not isinstance(self.model, HeadOnFeatures):
        layers = find_layers(plain_network(self.model))
        assert all(isinstance(layer, FSDPModule) for layer in layers)
    return _step(self, *args, **kwargs)


if __name__ == "__main__":
    PartialState._prepare_backend = _prepare_backend
    PartialState.set_device = _set_device
    ResumableTrainer.training_step = _step_in_shards
    sys.exit(train(sys.argv[1:]))
