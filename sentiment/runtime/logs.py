"""The libraries' own words, kept out of what a person reads."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from pathlib import Path

from huggingface_hub.utils.tqdm import disable_progress_bars

from sentiment.runtime.distributed import is_main_process


def progress_disabled() -> bool:
    """Return whether progress bars are off; tqdm itself reads the same, but when imported."""
    return bool(os.environ.get("TQDM_DISABLE"))


def silence_libraries() -> None:
    """Keep the libraries' own progress bars and advice out of what a person reads.

    Of several processes that share a job, only the first one prints.

    To be called before transformers is imported, which then reads these settings.
    """
    if not is_main_process():
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    disable_progress_bars()
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    warnings.filterwarnings("ignore", category=FutureWarning)
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
