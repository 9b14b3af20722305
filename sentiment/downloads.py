"""Models from the Hugging Face Hub: refused by their small files before their weights are fetched.

Weights come as safetensors only, no code of a repository runs, and an adapter's backbone is one
that this project knows. A snapshot in the cache serves where the Hub does not answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sentiment.errors import CheckpointError
from sentiment.folders import read_json
from sentiment.hub import first_line, hub_errors
from sentiment.limits import MAX_LAYERS, max_parameters
from sentiment.recipes import RECIPES

_DESCRIBING = ("config.json", "adapter_config.json", "run.json", "backbone.json")
_WANTED: dict[str, Any] = {
    "allow_patterns": ["*.json", "*.safetensors", "*.txt", "*.model"],
    "ignore_patterns": ["*/*"],
}
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")

# Names that older configurations write without an owner.
CANONICAL = {
    "bert-base-cased": "google-bert/bert-base-cased",
    "bert-base-uncased": "google-bert/bert-base-uncased",
    "distilbert-base-cased": "distilbert/distilbert-base-cased",
    "distilbert-base-uncased": "distilbert/distilbert-base-uncased",
    "distilgpt2": "distilbert/distilgpt2",
    "gpt2": "openai-community/gpt2",
    "roberta-base": "FacebookAI/roberta-base",
}
# The backbones that somebody else's adapter may ask for.
KNOWN_BACKBONES = frozenset(
    [*CANONICAL, *CANONICAL.values(), *(recipe.backbone for recipe in RECIPES.values())]
)


def download(hub_id: str) -> Path:
    """The snapshot of a Hub model; the cached one where the Hub does not answer as it should.

    Raises:
        CheckpointError: it cannot be had, or must not be loaded: its weights are pickled, it needs
            code of its own, it is too big, or it is an adapter for an unknown backbone.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        _check_files(hub_id, HfApi().list_repo_files(hub_id))
        _check_description(
            hub_id, Path(snapshot_download(hub_id, allow_patterns=list(_DESCRIBING)))
        )
        return Path(snapshot_download(hub_id, **_WANTED))
    except hub_errors() as error:
        status = error.response.status_code if isinstance(error, HfHubHTTPError) else 0
        problem = _REASONS.get(status, "{id} could not be read from the Hub: {reason}").format(
            id=hub_id, reason=first_line(error)
        )
        try:
            folder = Path(snapshot_download(hub_id, local_files_only=True, **_WANTED))
        except LocalEntryNotFoundError:
            raise CheckpointError(problem) from error
        _check_files(hub_id, [path.name for path in folder.iterdir()])
        _check_description(hub_id, folder)
        return folder


_MISSING = "{id} is not on the Hub, or is private and you are not logged in (hf auth login)."
_REASONS = {
    401: _MISSING,
    403: "{id} is gated: accept its terms on its page of the Hub and log in (hf auth login).",
    404: _MISSING,
    429: "The Hub refuses more requests for now, so {id} could not be read. Try again in a minute.",
}


def _check_files(hub_id: str, files: Sequence[str]) -> None:
    if any(file.endswith(".safetensors") for file in files):
        return
    raise CheckpointError(
        f"{hub_id} has only pickle weights, which can run code. Not loaded."
        if any(file.endswith(_PICKLES) for file in files)
        else f"{hub_id} has no weights in safetensors format. Not loaded."
    )


def _check_description(hub_id: str, folder: Path) -> None:
    """Refuse a model by what its small files say.

    Raises:
        CheckpointError: it is not to be loaded.
    """
    try:
        said = {n: read_json(folder / n) for n in _DESCRIBING if (folder / n).is_file()}
    except CheckpointError as error:
        raise CheckpointError(f"{hub_id} has a broken configuration: {error}") from error
    if "auto_map" in said.get("config.json", {}):
        raise CheckpointError(f"{hub_id} needs its own code to run. Not loaded.")
    for name in (
        said.get("adapter_config.json", {}).get("base_model_name_or_path"),
        _named(said.get("run.json", {}).get("backbone")),
    ):
        if name is not None and str(name) not in KNOWN_BACKBONES:
            raise CheckpointError(
                f"{hub_id} was trained on {str(name)[:80]!r}, which is none of the backbones that "
                f"are loaded for a model from elsewhere: {', '.join(sorted(KNOWN_BACKBONES))}."
            )
    if "config.json" in said:
        _check_size(hub_id, folder, said["config.json"])


def _named(backbone: object) -> object:
    return backbone.get("name") if isinstance(backbone, dict) else None


def _check_size(hub_id: str, folder: Path, config: dict[str, Any]) -> None:
    """Count the weights on the meta device, which takes shapes and no memory."""
    import torch
    from transformers import AutoConfig, AutoModel

    layers = [config.get(key) for key in ("num_hidden_layers", "n_layer", "n_layers", "num_layers")]
    if any(isinstance(count, int) and count > MAX_LAYERS for count in layers):
        raise CheckpointError(f"{hub_id} has more than {MAX_LAYERS} layers. Not loaded.")
    try:
        with torch.device("meta"):
            network = AutoModel.from_config(AutoConfig.from_pretrained(folder))
    except Exception as error:  # a configuration can be wrong in any way
        raise CheckpointError(
            f"{hub_id}/config.json cannot be used: {first_line(error)}"
        ) from error
    count = sum(parameter.numel() for parameter in network.parameters())
    if count > max_parameters():
        raise CheckpointError(
            f"{hub_id} has {count / 1e9:.1f} B parameters ({4 * count / 2**30:.0f} GB); this "
            f"machine takes up to {max_parameters() / 1e9:.1f} B."
        )
