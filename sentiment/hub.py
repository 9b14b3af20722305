"""Upload of checkpoints to the Hugging Face Hub, and helpers for Hub ids and errors."""

from __future__ import annotations

import re
from pathlib import Path

from sentiment.errors import CheckpointError, InputError

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
# Files to upload; others, such as optimizer states, are excluded.
_UPLOADED = (
    "README.md",
    "*.safetensors",
    "adapter_config.json",
    "backbone.json",
    "baseline.json",
    "config.json",
    "generation_config.json",
    "latency.json",
    "merges.txt",
    "metrics.json",
    "predictions/*.parquet",
    "pretraining.json",
    "run.json",
    "special_tokens_map.json",
    "tokenizer*.json",
    "vocab.*",
)


def hub_errors() -> tuple[type[Exception], ...]:
    """Return the exception types of huggingface_hub for failed requests."""
    import httpx2

    return (OSError, ValueError, httpx2.HTTPError)


def first_line(error: Exception) -> str:
    """Return the first line of the message of `error`, truncated to 200 characters."""
    return str(error).strip().split("\n", 1)[0][:200] or type(error).__name__


def use_no_token() -> None:
    """Disable the machine's Hub token in this process.

    For the app, where users choose what is loaded.
    """
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_IMPLICIT_TOKEN = True


def check_hub_id(name: str) -> str:
    """Check that `name` is a Hub id; return it.

    Raises:
        InputError: it is not of the form owner/name.
    """
    if not HUB_ID.fullmatch(name) or ".." in name:
        raise InputError("Give a Hub id such as owner/name.")
    return name


def push_checkpoint(folder: Path, hub_id: str, *, is_private: bool = False) -> str:
    """Upload the checkpoint or backbone in `folder`; unchanged files are skipped.

    Returns:
        The URL of the repository.

    Raises:
        InputError: `hub_id` is no Hub id.
        CheckpointError: `folder` is no checkpoint, or the Hub reports an error.
    """
    from huggingface_hub import HfApi

    check_hub_id(hub_id)
    if not (folder / "README.md").is_file() or not any(folder.glob("*.safetensors")):
        raise CheckpointError(
            f"{folder} is no finished checkpoint: its weights or card are missing."
        )
    api = HfApi()
    try:
        url = api.create_repo(hub_id, private=is_private, exist_ok=True)
        api.upload_folder(
            repo_id=hub_id,
            folder_path=folder,
            allow_patterns=list(_UPLOADED),
            commit_message=f"Upload {folder.name}",
        )
    except hub_errors() as error:
        raise CheckpointError(
            f"{hub_id} could not be pushed: {first_line(error)} The checkpoint is safe in "
            f"{folder}. Try again with: python -m sentiment push {folder} {hub_id}"
        ) from error
    return str(url)
