"""The implementation of attention that a configuration asks for, where this machine has it."""

from __future__ import annotations

import logging
from typing import Any

from transformers.utils.import_utils import is_flash_attn_2_available

logger = logging.getLogger(__name__)


def replace_flash_attention(config: Any, name: str) -> None:
    """Replace flash attention in `config` by PyTorch's own (sdpa) where it is not installed.

    Both compute the same; a warning says so.
    """
    asked = str(getattr(config, "_attn_implementation", None) or "")
    if asked.startswith("flash_attention") and not is_flash_attn_2_available():
        config._attn_implementation = "sdpa"
        logger.warning("%s asks for %s, which is not here: sdpa is used instead.", name, asked)
