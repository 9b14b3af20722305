"""Deploy the app as a Hugging Face Space, with or without ZeroGPU."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

from sentiment.errors import CheckpointError, InputError
from sentiment.hub import check_hub_id, describe_hub_error, hub_errors
from sentiment.paths import ASSETS

Hardware = Literal["cpu", "zero"]
ROOT = ASSETS.parent
_UPLOADED = (
    "*.md",
    "LICENSE",
    "requirements.txt",
    "app.py",
    "train_model.py",
    "sentiment/**/*.py",
    "assets/**/*",
    "docs/*.md",
    "docs/screenshots/*.png",
    "benchmarks/README.md",
)
_EXCLUDED = ("docs/screenshots/",)  # except those in README.md or docs/
_CARD = "assets/social-card.png"
_MAX_DESCRIPTION = 60  # characters
_PYTHON = "3.12"
_ZERO_GPU = "torch==2.11.0\nspaces"  # the newest torch that ZeroGPU supports
_FLAVOURS = {"cpu": "cpu-basic", "zero": "zero-a10g"}
_SYNCED = ("sentiment/", "assets/")  # outdated files in these folders are deleted

Function = TypeVar("Function", bound=Callable[..., Any])


def use_zero_gpu(function: Function) -> Function:
    """Decorate `function` for ZeroGPU on a ZeroGPU Space; elsewhere return it unchanged."""
    try:
        import spaces  # type: ignore[import-not-found]
    except ImportError:
        return function
    decorated: Function = spaces.GPU(function)
    return decorated


def check_front_matter(root: Path = ROOT) -> list[str]:
    """List the errors in README.md's front matter that the Hub would reject, one sentence each."""
    from huggingface_hub import metadata_load

    front: dict[str, Any] = metadata_load(root / "README.md") or {}
    problems = []
    pins = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    if f"gradio=={front.get('sdk_version')}" not in pins:
        problems.append(
            f"sdk_version is {front.get('sdk_version')!r}; requirements.txt pins another gradio."
        )
    if str(front.get("python_version")) != _PYTHON:
        problems.append(f"python_version is {front.get('python_version')!r}, not '{_PYTHON}'.")
    description = str(front.get("short_description", ""))
    if not 0 < len(description) <= _MAX_DESCRIPTION:
        problems.append(
            f"short_description has {len(description)} characters, not 1 to {_MAX_DESCRIPTION}."
        )
    if front.get("sdk") != "gradio":
        problems.append(f"sdk is {front.get('sdk')!r}, not 'gradio'.")
    if not (root / str(front.get("app_file", ""))).is_file():
        problems.append(f"app_file {front.get('app_file')!r} does not exist.")
    return problems


def plan_space(
    hardware: Hardware, root: Path = ROOT, *, space_id: str = ""
) -> dict[str, Path | bytes]:
    """List the files to upload: path in the Space -> file, or its content if it is rewritten.

    Args:
        space_id: adds a thumbnail to README.md's front matter if given.

    Raises:
        InputError: the Hub would reject README.md's front matter.
    """
    problems = check_front_matter(root)
    if problems:
        raise InputError(f"README.md would be rejected: {' '.join(problems)} Fix its front matter.")
    readme = (root / "README.md").read_text(encoding="utf-8")
    pages = readme + "".join(p.read_text(encoding="utf-8") for p in root.glob("docs/*.md"))
    paths = sorted({path for pattern in _UPLOADED for path in root.glob(pattern) if path.is_file()})
    names = {path: path.relative_to(root).as_posix() for path in paths}
    files: dict[str, Path | bytes] = {
        name: path
        for path, name in names.items()
        if not path.name.startswith(".")
        and (not name.startswith(_EXCLUDED) or f"/{path.name})" in pages)
    }
    if space_id:
        card = f"https://huggingface.co/spaces/{space_id}/resolve/main/{_CARD}"
        files["README.md"] = readme.replace("\n---\n", f"\nthumbnail: {card}\n---\n", 1).encode()
    if hardware == "zero":
        pins = (root / "requirements.txt").read_text(encoding="utf-8")
        files["requirements.txt"] = re.sub(r"(?m)^torch==.*$", _ZERO_GPU, pins).encode()
    return files


def size_of(content: Path | bytes) -> int:
    """Return the size of a file to upload in bytes."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def deploy_space(space_id: str, *, hardware: Hardware = "cpu", is_private: bool = False) -> str:
    """Upload the app; unchanged files are skipped, and outdated ones deleted.

    Returns:
        The URL of the Space.

    Raises:
        InputError: `space_id` is not a Hub id, or the Hub would reject README.md.
        CheckpointError: the Hub reports an error.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, SpaceHardware

    space_id = check_hub_id(space_id, kind="space")
    files = plan_space(hardware, space_id=space_id)
    added = [CommitOperationAdd(name, content) for name, content in files.items()]
    api, space_hardware = HfApi(), SpaceHardware(_FLAVOURS[hardware])
    try:
        url = api.create_repo(
            space_id,
            repo_type="space",
            space_sdk="gradio",
            space_hardware=space_hardware,
            private=is_private,
            exist_ok=True,
        )
        existing = api.list_repo_files(space_id, repo_type="space")
        stale = [name for name in existing if name.startswith(_SYNCED) and name not in files]
        api.create_commit(
            space_id,
            [*added, *map(CommitOperationDelete, stale)],
            repo_type="space",
            commit_message="Deploy Sentiment, side by side",
        )
        runtime = api.get_space_runtime(space_id)
        if space_hardware not in (runtime.hardware, runtime.requested_hardware):
            api.request_space_hardware(space_id, space_hardware)
    except hub_errors() as error:
        raise CheckpointError(
            f"{space_id} could not be deployed: {describe_hub_error(error)} Nothing here has "
            f"changed. Try again with: python -m sentiment deploy {space_id} --hardware {hardware}"
        ) from error
    return str(url)


def is_zero_gpu() -> bool:
    """Return whether this is a ZeroGPU Space, which runs one job at a time on a GPU."""
    return bool(os.environ.get("SPACES_ZERO_GPU"))
