"""Checkpoints to the Hugging Face Hub: what belongs there, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from sentiment.errors import CheckpointError, InputError

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
# No optimizer, no pickled arguments, nothing a run left behind: only what is named here.
_BELONGS = (
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
    """List the exceptions of huggingface_hub when the Hub refuses or cannot be reached."""
    import httpx2

    return (OSError, ValueError, httpx2.HTTPError)


def first_line(error: Exception) -> str:
    """Return the first line of the message of `error`, shortened to fit into a sentence."""
    return str(error).strip().split("\n", 1)[0][:200] or type(error).__name__


def use_no_token() -> None:
    """From here on this process asks the Hub without the machine's token.

    For the app, where other people may choose what is loaded.
    """
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_IMPLICIT_TOKEN = True


def check_hub_id(name: str) -> str:
    """Return `name`, or refuse what is no Hub id.

    Raises:
        InputError: it is not of the form owner/name.
    """
    if not HUB_ID.fullmatch(name) or ".." in name:
        raise InputError("Give a Hub id such as owner/name.")
    return name


def push_checkpoint(folder: Path, hub_id: str, *, is_private: bool = False) -> str:
    """Upload the checkpoint or backbone in `folder`; what is there already is not sent again.

    Returns:
        The address of the repository.

    Raises:
        InputError: `hub_id` is no Hub id.
        CheckpointError: `folder` is no checkpoint, or the Hub refuses; the folder stays as it is.
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
            allow_patterns=list(_BELONGS),
            commit_message=f"Upload {folder.name}",
        )
    except hub_errors() as error:
        raise CheckpointError(
            f"{hub_id} could not be pushed: {first_line(error)} The checkpoint is safe in "
            f"{folder}. Try again with: python -m sentiment push {folder} {hub_id}"
        ) from error
    return str(url)
