"""Upload of checkpoints to the Hugging Face Hub, and helpers for Hub ids and errors."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

from sentiment.errors import CheckpointError
from sentiment.hub_ids import RepoKind, parse_hub_id

UNREACHABLE = "The Hub cannot be reached."
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


def is_unreachable(error: BaseException) -> bool:
    """Return whether `error` or one of its causes says that the Hub was not reached at all."""
    import httpx2

    signs = (httpx2.TransportError, ConnectionError, TimeoutError, socket.gaierror)
    return any(isinstance(cause, signs) for cause in _causes(error))


def describe_hub_error(error: Exception) -> str:
    """Describe in a sentence why the Hub gave nothing, and what to do where that is known."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    if any(isinstance(cause, OfflineModeIsEnabled) for cause in _causes(error)):
        return f"{UNREACHABLE} HF_HUB_OFFLINE is set: unset it and try again."
    if is_unreachable(error):
        return f"{UNREACHABLE} Check the internet connection and try again."
    return first_line(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """List `error` and what it was raised from, each once."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def first_line(error: Exception) -> str:
    """Return the first line of the message of `error`, truncated to 200 characters."""
    return str(error).strip().split("\n", 1)[0][:200] or type(error).__name__


def use_no_token() -> None:
    """Disable the machine's Hub token in this process.

    For the app, where users choose what is loaded.
    """
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_IMPLICIT_TOKEN = True


def check_hub_id(name: str, *, kind: RepoKind = "model") -> str:
    """Return the id of a repository to write to, given as owner/name or as a link to its page.

    Raises:
        InputError: it is neither.
    """
    return parse_hub_id(name, kind=kind, is_new=True)


def push_checkpoint(folder: Path, hub_id: str, *, is_private: bool = False) -> str:
    """Upload the checkpoint or backbone in `folder`; unchanged files are skipped.

    Returns:
        The URL of the repository.

    Raises:
        InputError: `hub_id` is no Hub id.
        CheckpointError: `folder` is no checkpoint, or the Hub reports an error.
    """
    from huggingface_hub import HfApi

    hub_id = check_hub_id(hub_id)
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
            f"{hub_id} could not be pushed: {describe_hub_error(error)} The checkpoint is safe in "
            f"{folder}. Try again with: python -m sentiment push {folder} {hub_id}"
        ) from error
    return str(url)
