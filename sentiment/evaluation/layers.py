"""Measured accuracies of linear classifiers on the layers of a backbone, saved beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment.errors import CheckpointError
from sentiment.recipes import Pooling
from sentiment.runtime.files import read_json

LAYERS_FILE = "layers.json"


@dataclass(frozen=True)
class LayerAccuracy:
    """Accuracy of a linear classifier on one layer."""

    layer: int  # 0: the embeddings
    pooling: Pooling
    accuracy: float


@dataclass(frozen=True)
class LayerMeasurement:
    """Accuracies of all layers of a backbone, each with both poolings."""

    accuracies: tuple[LayerAccuracy, ...]
    n_train: int
    n_held_out: int

    @property
    def depth(self) -> int:
        """Return the number of layers."""
        return max(own.layer for own in self.accuracies)

    def of(self, pooling: Pooling) -> list[LayerAccuracy]:
        """List the accuracies with one pooling, the embeddings first."""
        return [own for own in self.accuracies if own.pooling == pooling]


def choose_layer(accuracies: Sequence[LayerAccuracy]) -> LayerAccuracy:
    """Choose the layer and pooling of the highest accuracy, of equal ones the lowest layer."""
    return max((own for own in accuracies if own.layer), key=lambda own: (own.accuracy, -own.layer))


def load_layers(folder: Path) -> LayerMeasurement | None:
    """Load the measurement in the folder of a backbone; None if there is none."""
    try:
        stored = read_json(folder / LAYERS_FILE)
        return LayerMeasurement(
            tuple(LayerAccuracy(**own) for own in stored["layers"]),
            n_train=int(stored["train"]["n"]),
            n_held_out=int(stored["held_out"]["n"]),
        )
    except (CheckpointError, KeyError, TypeError):
        return None
