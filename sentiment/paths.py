"""Folders the project reads and writes: assets, checkpoints, data sets, results."""

from __future__ import annotations

import os
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "assets"
BUNDLED = ASSETS / "checkpoints"
CONFIGS = ASSETS / "configs"  # configurations of full-size backbones, by Hub id
RESULTS = ASSETS / "results"
DATA_VARIABLE = "SENTIMENT_DATA"
TRAINED_VARIABLE = "SENTIMENT_CHECKPOINTS"


def trained_directory() -> Path:
    """Return the folder of trained checkpoints: `$SENTIMENT_CHECKPOINTS`, else `checkpoints/`."""
    return Path(os.environ.get(TRAINED_VARIABLE) or "checkpoints")


def data_directory(given: Path | str | None = None) -> Path | None:
    """Return the folder with `sst2/` and `imdb/`: `given`, else `$SENTIMENT_DATA`, else None."""
    chosen = given or os.environ.get(DATA_VARIABLE)
    return Path(chosen) if chosen else None
