"""Download of models from the Hugging Face Hub, with checks before the weights are downloaded.

Weights must be safetensors, custom code is never run, and the backbone of an adapter must be a
known one. If the Hub is not reachable, a cached snapshot is used.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from sentiment.errors import CheckpointError
from sentiment.hub import describe_hub_error, first_line, hub_errors, is_unreachable
from sentiment.hub_ids import LEGACY_IDS, split_address
from sentiment.limits import MAX_LAYERS, max_parameters, min_free
from sentiment.models.formats import check_format
from sentiment.recipes import RECIPES
from sentiment.runtime.files import read_json

_CONFIG_FILES = ("config.json", "adapter_config.json", "run.json", "backbone.json")
_WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.codes", "*.jinja", "README.md")

_SPARE_BYTES = 200_000_000
_MAX_CONFIG_BYTES = 1_000_000  # bytes
_HIGHEST_RANK = 1024  # of an adapter
# Numbers under keys with these parts multiply modules or entries.
_MULTIPLYING = ("layer", "expert", "block", "group", "num_labels", "stage")

# The backbones that are loaded for adapters from the Hub.
KNOWN_BACKBONES = frozenset(
    [*LEGACY_IDS, *LEGACY_IDS.values(), *(recipe.backbone for recipe in RECIPES.values())]
)


OnBytes = Callable[[int, int], None]  # (bytes so far, bytes in all)


def download(name: str, *, on_bytes: OnBytes | None = None, is_base_given: bool = False) -> Path:
    """Download the snapshot of a Hub model; use a cached one if that fails.

    Args:
        name: Hub id, or `owner/name@revision:folder`.
        on_bytes: called with the progress.
        is_base_given: the backbone that an adapter names is not used, so it may be any.

    Raises:
        CheckpointError: it is not available, or must not be loaded: its weights are pickled, it
            needs custom code, it is too large, or it is an adapter for an unknown backbone.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    hub_id, revision, inside = split_address(name)
    asked = revision or None
    try:
        model_info = HfApi().model_info(hub_id, files_metadata=True, revision=asked)
        sizes = {
            file.rfilename: file.size or 0
            for file in model_info.siblings or []
            if PurePosixPath(file.rfilename).parent == PurePosixPath(inside)
        }
        if inside and not sizes:
            raise CheckpointError(f"{hub_id} has no folder {inside!r}.")
        check_format(name, [PurePosixPath(path).name for path in sizes])
        _check_bytes(name, sizes)
        wanted = {path: size for path, size in sizes.items() if _is_wanted(path)}
        _check_disk(hub_id, str(model_info.sha), wanted)
        configs = [str(PurePosixPath(inside, file)) for file in _CONFIG_FILES]
        described = Path(snapshot_download(hub_id, allow_patterns=configs, revision=asked))
        _check_model(name, described / inside, is_base_given=is_base_given)
        if described.name != model_info.sha:  # download the revision that was checked
            raise CheckpointError(f"{name} changed during the download. Try again.")
        bar = _reporting_bar(on_bytes, sum(wanted.values())) if on_bytes else None
        sha = model_info.sha
        snapshot = snapshot_download(
            hub_id, revision=sha, tqdm_class=bar, allow_patterns=list(wanted)
        )
        return Path(snapshot, inside)
    except hub_errors() as error:
        status = error.response.status_code if isinstance(error, HfHubHTTPError) else 0
        unknown = "{reason}" if is_unreachable(error) else _UNREADABLE
        problem = _REASONS.get(status, unknown).format(id=name, reason=describe_hub_error(error))
        try:
            folder = Path(snapshot_download(hub_id, local_files_only=True, revision=asked), inside)
        except LocalEntryNotFoundError:
            raise CheckpointError(problem) from error
        if not folder.is_dir():
            raise CheckpointError(problem) from error
        check_format(name, [path.name for path in folder.iterdir()])
        _check_model(name, folder, is_base_given=is_base_given)
        return folder


def _reporting_bar(on_bytes: OnBytes, total: int) -> type[Any]:
    """Build a tqdm class without output that reports the bytes received."""
    from tqdm.auto import tqdm

    class Bar(tqdm):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **{**settings, "file": io.StringIO(), "disable": False})

        def update(self, n: float | None = 1) -> bool | None:
            shown = super().update(n)
            if self.unit == "B":
                on_bytes(min(int(self.n), total), total)
            return shown

    return Bar


def check_folder_format(folder: Path) -> None:
    """Check that the files in `folder` are in a form that is loaded.

    Raises:
        CheckpointError: they are in another form, which the message names.
    """
    paths = list(folder.iterdir())
    folders = [path.name for path in paths if path.is_dir()]
    check_format(folder.name, [path.name for path in paths if path.name not in folders], folders)


def check_folder(folder: Path) -> None:
    """Check a folder like a download from the Hub, except for the name of its backbone.

    Raises:
        CheckpointError: it must not be loaded.
    """
    check_folder_format(folder)
    _check_configs(folder.name, folder)


_UNREADABLE = "{id} could not be read from the Hub: {reason}"
_MISSING = "{id} is not on the Hub, or is private and you are not logged in (hf auth login)."
_REASONS = {
    401: _MISSING,
    403: "{id} is gated: accept its terms on its page of the Hub and log in (hf auth login).",
    404: _MISSING,
    429: "The Hub refuses more requests for now, so {id} could not be read. Try again in a minute.",
}


def _is_wanted(name: str) -> bool:
    return any(fnmatch(PurePosixPath(name).name, pattern) for pattern in _WANTED)


def _check_bytes(hub_id: str, sizes: dict[str, int]) -> None:
    """Check the sizes of weight files and configuration files."""
    weights = sum(size for name, size in sizes.items() if name.endswith(".safetensors"))
    others = sum(size for name, size in sizes.items() if _is_wanted(name)) - weights
    if others > _SPARE_BYTES:
        raise CheckpointError(
            f"{hub_id} has {others / 2**30:.1f} GB of files besides its weights. Not loaded."
        )
    if weights > 4 * max_parameters() + _SPARE_BYTES:
        raise CheckpointError(
            f"{hub_id} has {weights / 2**30:.0f} GB of weights; this machine takes up to "
            f"{4 * max_parameters() / 2**30:.0f} GB."
        )
    for name in _CONFIG_FILES:
        if any(
            size > _MAX_CONFIG_BYTES
            for path, size in sizes.items()
            if path.endswith(f"/{name}") or path == name
        ):
            raise CheckpointError(f"{hub_id}/{name} is too long for a description. Not loaded.")


def _check_disk(hub_id: str, revision: str, wanted: dict[str, int]) -> None:
    """Check that the missing files fit on the disk, leaving `min_free` bytes."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.constants import HF_HUB_CACHE

    missing = sum(
        size
        for name, size in wanted.items()
        if not isinstance(try_to_load_from_cache(hub_id, name, revision=revision), str)
    )
    cache = Path(HF_HUB_CACHE).absolute()
    existing = next(path for path in (cache, *cache.parents) if path.is_dir())
    available = shutil.disk_usage(existing).free - min_free()
    if missing > max(0, available):
        raise CheckpointError(
            f"{hub_id} takes {missing / 1e6:,.1f} MB of disk, and here is room for "
            f"{max(0, available) / 1e6:,.1f} MB. Not downloaded."
        )


def _check_model(hub_id: str, folder: Path, *, is_base_given: bool) -> None:
    """Check the configuration files of a model, and the backbone that they name if it is used.

    Raises:
        CheckpointError: it must not be loaded.
    """
    configs = _check_configs(hub_id, folder)
    for name in (
        configs.get("adapter_config.json", {}).get("base_model_name_or_path"),
        _backbone_name(configs.get("run.json", {}).get("backbone")),
    ):
        if not is_base_given and name is not None and str(name) not in KNOWN_BACKBONES:
            raise CheckpointError(
                f"{hub_id} was trained on {str(name)[:80]!r}, which is none of the backbones that "
                f"are loaded for a model from elsewhere: {', '.join(sorted(KNOWN_BACKBONES))}. On "
                f"the command line, --base FOLDER or --base owner/name says which base to use."
            )


def _check_configs(hub_id: str, folder: Path) -> dict[str, Any]:
    """Check the configuration files; return their contents by file name."""
    try:
        configs = {n: read_json(folder / n) for n in _CONFIG_FILES if (folder / n).is_file()}
    except CheckpointError as error:
        raise CheckpointError(f"{hub_id} has a broken configuration: {error}") from error
    for content in configs.values():
        check_numbers(hub_id, content)
    _check_adapter(hub_id, configs.get("adapter_config.json"))
    if "auto_map" in configs.get("config.json", {}):
        raise CheckpointError(f"{hub_id} needs its own code to run. Not loaded.")
    described = configs.get("config.json")
    # That of an adapter may hold its labels alone; the network is its backbone's.
    if described is not None and (
        "adapter_config.json" not in configs or "model_type" in described
    ):
        _check_size(hub_id, folder)
    return configs


def check_numbers(hub_id: str, content: object, key: str = "") -> None:
    """Check that no number in a configuration would build an oversized model.

    Args:
        content: of a JSON file.
        key: of `content` in that file.

    Raises:
        CheckpointError: a number is too large.
    """
    if isinstance(content, dict):
        for name, value in content.items():
            check_numbers(hub_id, value, str(name))
    elif isinstance(content, list):
        for value in content:
            check_numbers(hub_id, value, key)
    elif (
        isinstance(content, int | float)
        and content > MAX_LAYERS
        and any(part in key.lower() for part in _MULTIPLYING)
        and "size" not in key
    ):
        raise CheckpointError(
            f"{hub_id} has more than {MAX_LAYERS} layers ({key}: {content:g}). Not loaded."
            if "layer" in key.lower()
            else f"{hub_id} asks for {key} {content:g}. Not loaded."
        )


def _check_adapter(hub_id: str, config: dict[str, Any] | None) -> None:
    """Check that an adapter is plain LoRA; other kinds of peft can load files they name."""
    if config is None:
        return
    kind = config.get("peft_type", "LORA")
    is_plain = (
        kind == "LORA"
        and config.get("bias", "none") in (None, "none")
        and config.get("init_lora_weights", True) in (None, True, False, "gaussian")
        and not any(config.get(name) for name in ("layer_replication", "megatron_config"))
        and int(config.get("r") or 0) <= _HIGHEST_RANK
    )
    if not is_plain:
        raise CheckpointError(
            f"{hub_id} is an adapter of kind {str(kind)[:40]!r} with settings that are not loaded "
            f"from elsewhere: only plain LoRA is."
        )


def _backbone_name(backbone: object) -> object:
    return backbone.get("name") if isinstance(backbone, dict) else None


def _check_size(hub_id: str, folder: Path) -> None:
    """Check the number of parameters, counted on the meta device without memory."""
    import torch
    from transformers import AutoConfig, AutoModel

    from sentiment.models.attention import replace_flash_attention

    try:
        config = AutoConfig.from_pretrained(folder)
        replace_flash_attention(config, hub_id)
        with torch.device("meta"):
            network = AutoModel.from_config(config)
    except Exception as error:  # a configuration can be wrong in any way
        raise CheckpointError(
            f"{hub_id}/config.json cannot be used: {first_line(error).replace(str(folder), hub_id)}"
        ) from error
    count = sum(parameter.numel() for parameter in network.parameters())
    if count > max_parameters():
        raise CheckpointError(
            f"{hub_id} has {count / 1e9:.1f} B parameters ({4 * count / 2**30:.0f} GB); this "
            f"machine takes up to {max_parameters() / 1e9:.1f} B."
        )
