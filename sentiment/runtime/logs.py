"""Logging, and suppression of progress bars and warnings of libraries."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from pathlib import Path

from huggingface_hub.utils.tqdm import disable_progress_bars

from sentiment.runtime.distributed import is_main_process


def progress_disabled() -> bool:
    """Return whether `TQDM_DISABLE` is set; tqdm reads it only when it is imported."""
    return bool(os.environ.get("TQDM_DISABLE"))


def silence_libraries() -> None:
    """Disable progress bars and warnings of libraries, and output of all but the main process.

    Call it before transformers is imported, which reads these settings on import.
    """
    if not is_main_process():
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    disable_progress_bars()
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    warnings.filterwarnings("ignore", category=FutureWarning)
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
