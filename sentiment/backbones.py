"""Pretrained backbones: find one by bundled name, folder or Hub id, load it and its tokenizer."""

from __future__ import annotations

import copy
import itertools
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoTokenizer,
    PreTrainedModel,
)
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.downloads import download
from sentiment.errors import CheckpointError
from sentiment.folders import hash_files, read_json
from sentiment.hub import HUB_ID

ASSETS = Path(__file__).resolve().parent.parent / "assets"
BUNDLED = ASSETS / "checkpoints"
TRAINED_VARIABLE = "SENTIMENT_CHECKPOINTS"
CARD_FILE = "backbone.json"

# Endings of the architecture a language model's configuration names.
_MASKED = ("ForMaskedLM",)
_LANGUAGE_MODELS = (*_MASKED, "ForCausalLM", "LMHeadModel")

_MARKERS = ("config.json", "adapter_config.json", "baseline.json")  # of a folder that is a model


@dataclass(frozen=True)
class Backbone:
    """A pretrained network without a classifier: float32, eval mode, all weights frozen."""

    name: str  # a name, path or Hub id that `resolve_folder` finds again
    folder: Path
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase

    @cached_property
    def card(self) -> dict[str, Any]:
        """What `backbone.json` says of it: title, size, source, licence, zero-shot method."""
        return read_backbone_card(self.folder)

    @cached_property
    def weights_hash(self) -> str:
        """First 16 hexadecimal digits of the sha256 over its weight files."""
        return hash_files(sorted(self.folder.glob("*.safetensors")))

    @property
    def zero_shot_method(self) -> str | None:
        """`similarity`, `prompt` or `cloze`: what its card says, else what its architecture is."""
        named = self.card.get("zero_shot")
        if named is not None or not self._is_language_model:
            return named
        return "cloze" if self._is_masked else "prompt"

    @property
    def _architecture(self) -> str:
        return str((self.model.config.architectures or [""])[0])

    @property
    def _is_masked(self) -> bool:
        return self._architecture.endswith(_MASKED)

    @property
    def _is_language_model(self) -> bool:
        return self._architecture.endswith(_LANGUAGE_MODELS)

    @cached_property
    def language_model(self) -> PreTrainedModel:
        """The network under the head it was pretrained with; it shares the weights of `model`.

        Raises:
            CheckpointError: the folder holds no language model, or its head is missing.
        """
        if not self._is_language_model:
            raise CheckpointError(
                f"{self.name} is no language model ({self._architecture or 'unknown'}), so it "
                f"cannot be asked by prompt or cloze."
            )
        family = AutoModelForMaskedLM if self._is_masked else AutoModelForCausalLM
        network = _load_frozen(self.folder, family, self.name)
        setattr(network, network.base_model_prefix, self.model)
        network.tie_weights()
        return network

    def shared_model(self) -> PreTrainedModel:
        """A copy of the network's structure that shares every weight with `model`.

        An adapter may rewire the copy; the weights stay in memory once.
        """
        tensors = itertools.chain(self.model.parameters(), self.model.buffers())
        return copy.deepcopy(self.model, {id(tensor): tensor for tensor in tensors})


def trained_directory() -> Path:
    """Where training leaves its checkpoints: `$SENTIMENT_CHECKPOINTS`, else `checkpoints/`."""
    return Path(os.environ.get(TRAINED_VARIABLE) or "checkpoints")


def read_backbone_card(folder: Path) -> dict[str, Any]:
    """The content of `backbone.json`, or an empty dict where the folder has none.

    Raises:
        CheckpointError: the file is not valid JSON.
    """
    return read_json(folder / CARD_FILE) if (folder / CARD_FILE).is_file() else {}


def is_backbone(folder: Path) -> bool:
    """Whether `folder` holds a pretrained network rather than a classifier.

    Raises:
        CheckpointError: its config.json is unreadable.
    """
    if (folder / CARD_FILE).is_file():
        return True
    if not (folder / "config.json").is_file():
        return False
    named = read_json(folder / "config.json").get("architectures") or [""]
    return str(named[0]).endswith(_LANGUAGE_MODELS)


def resolve_folder(name: str) -> Path:
    """The local folder of a backbone or checkpoint, downloaded first where `name` is a Hub id.

    Looked up in this order: bundled, trained on this machine, a folder, the Hugging Face Hub.

    Raises:
        CheckpointError: nothing of that name can be had, or it must not be loaded.
    """
    for directory in (BUNDLED, trained_directory()):
        folder = directory / name
        if name not in ("", ".", "..") and Path(name).name == name and folder.is_dir():
            return folder
    folder = Path(name)
    if any((folder / marker).is_file() for marker in _MARKERS):
        return folder
    if folder.is_dir():
        raise CheckpointError(
            f"{name!r} has neither config.json nor adapter_config.json, so it is no checkpoint."
        )
    if HUB_ID.fullmatch(name) and ".." not in name:
        return download(name)
    raise CheckpointError(
        f"No model named {name!r}. Give a name that `python -m sentiment models` lists, a folder, "
        f"or a Hub id such as owner/name."
    )


def lasting_name(name: str, folder: Path) -> str:
    """What to write down so that `resolve_folder` finds the same folder again.

    A bundled or trained model keeps its bare name, wherever the project lies; any other folder
    is known by its path, and a Hub model by its id.
    """
    home = folder.resolve().parent
    if home in (BUNDLED, trained_directory().resolve()):
        return folder.name
    return str(folder.resolve()) if Path(name).is_dir() else name


def load_config(folder: Path) -> Any:
    """The transformers configuration in `folder`.

    Raises:
        CheckpointError: it is unreadable, of an unknown architecture, or needs its own code.
    """
    if "auto_map" in read_json(folder / "config.json"):
        raise CheckpointError(f"{folder.name} needs its own code to run. Not loaded.")
    try:
        return AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise CheckpointError(f"{folder.name}/config.json cannot be used: {error}") from error


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer in `folder`.

    Raises:
        CheckpointError: it is missing or unreadable.
    """
    try:
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # the tokenizers library raises bare Exception on a broken file
        raise CheckpointError(f"{folder.name} has no usable tokenizer: {error}") from error


def load_backbone(name: str) -> Backbone:
    """Load a pretrained network without its head, in float32.

    Raises:
        CheckpointError: it cannot be found or its weights do not fit its configuration.
    """
    folder = resolve_folder(name)
    model = _load_frozen(folder, AutoModel, name)
    return Backbone(
        name=lasting_name(name, folder),
        folder=folder,
        model=model,
        tokenizer=load_tokenizer(folder),
    )


def read_network(folder: Path, family: Any, name: str) -> tuple[PreTrainedModel, set[str]]:
    """The network in `folder` as `family` builds it, in float32 and in eval mode.

    Returns:
        (network, names of its weights that the folder does not hold and that are random now)

    Raises:
        CheckpointError: the weights are incomplete or do not fit the configuration.
    """
    try:
        model, loading = family.from_pretrained(
            folder,
            config=load_config(folder),
            dtype=torch.float32,
            use_safetensors=True,
            output_loading_info=True,
        )
    except SafetensorError as error:
        raise CheckpointError(f"{name}: model.safetensors is incomplete.") from error
    except (ValueError, OSError, RuntimeError, KeyError) as error:
        raise CheckpointError(f"The weights of {name} cannot be loaded: {error}") from error
    return model.eval(), set(loading["missing_keys"])


def _load_frozen(folder: Path, family: Any, name: str) -> PreTrainedModel:
    model, not_held = read_network(folder, family, name)
    # What a body alone may lack: the pooler, which only some heads read.
    missing = sorted(key for key in not_held if not key.startswith("pooler."))
    if missing:
        part = "body" if family is AutoModel else "language model head"
        raise CheckpointError(
            f"{name}: weights do not match config.json: {len(missing)} of its {part} are missing "
            f"(such as {missing[0]}), and its answers would be random."
        )
    model.requires_grad_(False)
    return model
