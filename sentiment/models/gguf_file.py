"""Reading of GGUF files, which hold the weights of a model and its tokenizer in one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from unittest.mock import patch

from tqdm.auto import tqdm

_lock = threading.Lock()


def find_gguf(folder: Path) -> str | None:
    """Find the name of the GGUF file in `folder`; None if there is none."""
    return next((path.name for path in sorted(folder.glob("*.gguf"))), None)


@contextmanager
def reading_once(folder: Path) -> Iterator[None]:
    """Let transformers read the GGUF file in `folder` once and without a progress bar, if any.

    transformers 5.24 reads the file for the weights and again for the tokenizer, and builds the
    table of the tensors' names for each module: more than half of the time of loading.
    """
    if find_gguf(folder) is None:
        yield
        return
    import gguf
    from transformers import modeling_gguf_pytorch_utils as reading

    names, reader = gguf.get_tensor_name_map, gguf.GGUFReader
    with (
        _lock,
        patch.object(gguf, "get_tensor_name_map", lru_cache(maxsize=1)(names)),
        patch.object(gguf, "GGUFReader", lru_cache(maxsize=1)(reader)),
        patch.object(reading, "tqdm", partial(tqdm, disable=True)),
    ):
        yield
