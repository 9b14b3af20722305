"""Checks of weights that were read from a file."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from sentiment.errors import CheckpointError


def check_finite(name: str, state: Mapping[str, Tensor]) -> None:
    """Check that all weights are numbers.

    Raises:
        CheckpointError: one of them is NaN or infinite.
    """
    for key, value in state.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            count = int((~torch.isfinite(value)).sum())
            raise CheckpointError(
                f"{name} has weights that are not finite ({count:,} in {key}), so its answers are "
                f"not numbers. Train it again, or take another checkpoint."
            )
