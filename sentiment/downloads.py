"""Models from the Hugging Face Hub: weights as safetensors only, from the cache when offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sentiment.errors import CheckpointError

_WANTED: dict[str, Any] = {
    "allow_patterns": ["*.json", "*.safetensors", "*.txt", "*.model"],
    "ignore_patterns": ["*/*"],
}


def download(hub_id: str) -> Path:
    """The snapshot of a Hub model; the cached one where the Hub does not answer as it should.

    Raises:
        CheckpointError: it cannot be had, or has no weights that are safe to load.
    """
    import httpx2
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        _check_weights(hub_id, HfApi().list_repo_files(hub_id))
        return Path(snapshot_download(hub_id, **_WANTED))
    except (OSError, httpx2.HTTPError) as error:
        problem = f"{hub_id} could not be read from the Hub: {_first_line(error)}"
        if isinstance(error, HfHubHTTPError) and error.response.status_code in (401, 403, 404):
            raise CheckpointError(problem) from error
        try:
            folder = Path(snapshot_download(hub_id, local_files_only=True, **_WANTED))
        except LocalEntryNotFoundError:
            raise CheckpointError(problem) from error
        _check_weights(hub_id, [path.name for path in folder.iterdir()])
        return folder


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:200] or type(error).__name__


def _check_weights(hub_id: str, files: list[str]) -> None:
    if any(file.endswith(".safetensors") for file in files):
        return
    has_pickle = any(file.endswith((".bin", ".pt", ".pth", ".pkl")) for file in files)
    raise CheckpointError(
        f"{hub_id} has only pickle weights, which can run code. Not loaded."
        if has_pickle
        else f"{hub_id} has no weights in safetensors format. Not loaded."
    )
