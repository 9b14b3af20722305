"""Pretrained backbones: find one by bundled name, folder or Hub id, load it and its tokenizer."""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoTokenizer,
    PreTrainedModel,
)
from transformers.activations import NewGELUActivation
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.errors import CheckpointError
from sentiment.models.catalogue import (
    LANGUAGE_MODELS,
    MASKED,
    canonical_name,
    is_snapshot,
    read_backbone_card,
    resolve_model,
)
from sentiment.models.download import check_numbers
from sentiment.runtime.files import count_weights, hash_files, read_json
from sentiment.runtime.hardware import move_to

_SPARE = 100_000_000  # weights, such as those of a head, that a folder may lack


@dataclass(frozen=True)
class Backbone:
    """A pretrained network without a classifier: float32, eval mode, all weights frozen."""

    name: str  # a name, path or Hub id that `resolve_model` finds again
    folder: Path
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    lacks_pooler: bool = False  # its files hold none: that of `model` is random

    @property
    def device(self) -> torch.device:
        """Return the device of the weights."""
        return next(self.model.parameters()).device

    @cached_property
    def card(self) -> dict[str, Any]:
        """Read `backbone.json`: title, size, source, licence, zero-shot method."""
        return read_backbone_card(self.folder)

    @cached_property
    def weights_hash(self) -> str:
        """Compute 16 hexadecimal digits of the sha256 over its weight files."""
        return hash_files(sorted(self.folder.glob("*.safetensors")))

    @property
    def revision(self) -> str:
        """Return the Hub commit of a downloaded backbone, empty for any other."""
        return self.folder.name if is_snapshot(self.folder) else ""

    @property
    def zero_shot_method(self) -> str | None:
        """Return `similarity`, `prompt` or `cloze`, from the card or else the architecture."""
        named = self.card.get("zero_shot")
        if named is not None or not self._is_language_model:
            return named
        return "cloze" if self._is_masked else "prompt"

    @property
    def _architecture(self) -> str:
        return str((self.model.config.architectures or [""])[0])

    @property
    def _is_masked(self) -> bool:
        return self._architecture.endswith(MASKED)

    @property
    def _is_language_model(self) -> bool:
        return self._architecture.endswith(LANGUAGE_MODELS)

    @cached_property
    def language_model(self) -> PreTrainedModel:
        """Load the network under its pretrained head, sharing the weights of `model`.

        Raises:
            CheckpointError: the folder holds no language model, or its head is missing.
        """
        if not self._is_language_model:
            raise CheckpointError(
                f"{self.name} is no language model ({self._architecture or 'unknown'}), so it "
                f"cannot classify zero-shot by prompt or cloze."
            )
        family = AutoModelForMaskedLM if self._is_masked else AutoModelForCausalLM
        network, _ = _load_frozen(self.folder, family, self.name)
        setattr(network, network.base_model_prefix, self.model)
        network.tie_weights()
        move_to(network, self.device)
        return network

    def shared_model(self) -> PreTrainedModel:
        """Copy the network's structure, sharing every weight with `model`.

        An adapter may rewire the copy; the weights stay in memory once.
        """
        tensors = itertools.chain(self.model.parameters(), self.model.buffers())
        return copy.deepcopy(self.model, {id(tensor): tensor for tensor in tensors})


def load_config(folder: Path) -> Any:
    """Load the transformers configuration in `folder`.

    Raises:
        CheckpointError: it is unreadable, of an unknown architecture, or needs its own code.
    """
    said = read_json(folder / "config.json")
    if "auto_map" in said:
        raise CheckpointError(f"{folder.name} needs its own code to run. Not loaded.")
    check_numbers(folder.name, said)
    try:
        return AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # a configuration can be wrong in any way
        raise CheckpointError(f"{folder.name}/config.json cannot be used: {error}") from error


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Load the tokenizer in `folder`.

    Raises:
        CheckpointError: it is missing or unreadable.
    """
    try:
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # the tokenizers library raises bare Exception on a broken file
        raise CheckpointError(f"{folder.name} has no usable tokenizer: {error}") from error


def load_backbone(name: str, *, device: str = "cpu") -> Backbone:
    """Load a pretrained network without its head, in float32, onto `device`.

    Raises:
        CheckpointError: it cannot be found or its weights do not fit its configuration.
    """
    folder = resolve_model(name)
    model, not_held = _load_frozen(folder, AutoModel, name)
    move_to(model, device)
    return Backbone(
        name=canonical_name(name, folder),
        folder=folder,
        model=model,
        tokenizer=load_tokenizer(folder),
        lacks_pooler=bool(not_held),
    )


def read_network(folder: Path, family: Any, name: str) -> tuple[PreTrainedModel, set[str]]:
    """Load the network in `folder` with the class `family`, in float32 and eval mode.

    Returns:
        (network, names of its weights that the folder does not hold and that are random now)

    Raises:
        CheckpointError: the weights are incomplete or do not fit the configuration.
    """
    config = load_config(folder)
    _check_held(folder, family, config, name)
    try:
        model, loading = family.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            output_loading_info=True,
        )
    except SafetensorError as error:
        raise CheckpointError(f"{name}: model.safetensors is incomplete.") from error
    except Exception as error:  # a file beside the weights can be wrong in any way
        raise CheckpointError(f"The weights of {name} cannot be loaded: {error}") from error
    _fuse_activations(model)
    return model.eval(), set(loading["missing_keys"])


def _fuse_activations(model: nn.Module) -> None:
    """Have GPT-2's GELU computed in one operation in place of eight: the same but for rounding."""
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, NewGELUActivation):
                setattr(module, name, nn.GELU(approximate="tanh"))


def _check_held(folder: Path, family: Any, config: Any, name: str) -> None:
    """Refuse a configuration of far more weights than there are: they would be made up, in memory.

    They are counted on the meta device, which takes shapes and no memory.
    """
    try:
        with torch.device("meta"):
            network = family.from_config(config)
    except Exception as error:  # a configuration can be wrong in any way
        raise CheckpointError(
            f"{name}: config.json cannot be used: {type(error).__name__}: {error}"
        ) from error
    count = sum(parameter.numel() for parameter in network.parameters())
    held = count_weights(folder)
    if held and count > 2 * held + _SPARE:
        raise CheckpointError(
            f"{name}: weights do not match config.json: it describes {count:,} of them, and "
            f"{held:,} are there."
        )


def _load_frozen(folder: Path, family: Any, name: str) -> tuple[PreTrainedModel, set[str]]:
    """Load the network and list the weights that may be missing, such as those of a pooler."""
    model, not_held = read_network(folder, family, name)
    missing = sorted(key for key in not_held if not key.startswith("pooler."))
    if missing:
        part = "body" if family is AutoModel else "language model head"
        raise CheckpointError(
            f"{name}: weights do not match config.json: {len(missing)} of its {part} are missing "
            f"(such as {missing[0]}), and its predictions would be random."
        )
    model.requires_grad_(False)
    return model, not_held


def find_pad_id(config: Any, tokenizer: PreTrainedTokenizerBase) -> int:
    """Find the padding id; a decoder's head finds the last token by the same id."""
    candidates = (config.pad_token_id, tokenizer.pad_token_id, tokenizer.eos_token_id, 0)
    return int(next(candidate for candidate in candidates if candidate is not None))
