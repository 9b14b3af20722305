"""Loading of pretrained backbones and their tokenizers, by bundled name, folder or Hub id."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
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
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
)
from transformers.activations import NewGELUActivation
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.errors import CheckpointError
from sentiment.hub import first_line
from sentiment.models.attention import replace_flash_attention
from sentiment.models.catalogue import (
    LANGUAGE_MODELS,
    MASKED,
    canonical_name,
    read_backbone_card,
    resolve_model,
    snapshot_commit,
    weights_hash,
)
from sentiment.models.download import check_numbers
from sentiment.models.gguf_file import find_gguf, reading_once
from sentiment.models.label_names import check_label_names, is_entailment, read_label_names
from sentiment.models.weights import (
    check_finite,
    describe_mismatch,
    find_prefix,
    read_shapes,
)
from sentiment.runtime.files import count_weights, read_json
from sentiment.runtime.hardware import move_to

# Files with the vocabulary of a tokenizer.
VOCABULARIES = (
    "tokenizer.json",
    "*vocab*",
    "*.model",
    "*.bpe",
    "bpe.codes",
    "*.tiktoken",
    "*.gguf",
)
_NO_VOCABULARY = (
    "its folder holds no vocabulary, such as tokenizer.json or vocab.txt. Copy the files of the "
    "tokenizer that it was trained with into its folder."
)
_SPARE = 100_000_000  # parameters, such as those of a head, that may be missing in a folder


@dataclass(frozen=True)
class Backbone:
    """A pretrained model without a head, in float32 and eval mode, with frozen parameters."""

    name: str  # a name, path or Hub id for `resolve_model`
    folder: Path
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    lacks_pooler: bool = False  # not in its files: the pooler of `model` is random

    @property
    def device(self) -> torch.device:
        """Return the device of the parameters."""
        return next(self.model.parameters()).device

    @cached_property
    def card(self) -> dict[str, Any]:
        """Read `backbone.json`: title, size, source, licence, zero-shot method."""
        return read_backbone_card(self.folder)

    @cached_property
    def weights_hash(self) -> str:
        """Compute 16 hexadecimal digits of the sha256 of its files with weights."""
        return weights_hash(self.folder)

    @property
    def revision(self) -> str:
        """Return the Hub commit of a downloaded backbone, empty for any other."""
        return snapshot_commit(self.folder)

    @property
    def zero_shot_method(self) -> str | None:
        """Return `similarity`, `prompt`, `cloze` or `entailment`.

        It is the one of the card, else that of the architecture and of the labels.
        """
        named = self.card.get("zero_shot")
        if named is None and is_entailment(list(self._labels.values())):
            return "entailment"
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
        """Load the model with its language modeling head, sharing the parameters of `model`.

        Raises:
            CheckpointError: it is no language model, or its head is missing.
        """
        if not self._is_language_model:
            raise CheckpointError(
                f"{self.name} is no language model ({self._architecture or 'unknown'}), so it "
                f"cannot classify zero-shot by prompt or cloze."
            )
        family = AutoModelForMaskedLM if self._is_masked else AutoModelForCausalLM
        network = self._add_tied_head(family)
        if network is None:
            network, _ = _load_frozen(self.folder, family, self.name)
            setattr(network, network.base_model_prefix, self.model)
            network.tie_weights()
        move_to(network, self.device)
        return network

    def _add_tied_head(self, family: Any) -> PreTrainedModel | None:
        """Add a language modeling head that is the embedding; None if it has weights of its own."""
        with torch.device("meta"):
            network: PreTrainedModel = family.from_config(self.model.config)
        setattr(network, network.base_model_prefix, self.model)
        network.tie_weights()
        has_own = any(parameter.is_meta for parameter in network.parameters())
        return None if has_own else network.requires_grad_(False).eval()

    @property
    def _labels(self) -> dict[int, str]:
        return read_label_names(self.model.config.to_dict())

    @property
    def entailment_index(self) -> int:
        """Return the index of the output for entailment."""
        return next(
            number for number, name in self._labels.items() if name.lower().startswith("entail")
        )

    @cached_property
    def classifier(self) -> PreTrainedModel:
        """Load the model with its classification head, sharing the parameters of `model`.

        Raises:
            CheckpointError: its head is missing.
        """
        network, _ = _load_frozen(self.folder, AutoModelForSequenceClassification, self.name)
        setattr(network, network.base_model_prefix, self.shared_model())
        move_to(network, self.device)
        return network

    def shared_model(self) -> PreTrainedModel:
        """Copy the modules of `model`, sharing its parameters.

        An adapter can change the modules of the copy; the parameters are in memory once.
        """
        tensors = itertools.chain(self.model.parameters(), self.model.buffers())
        return copy.deepcopy(self.model, {id(tensor): tensor for tensor in tensors})


def load_config(folder: Path) -> Any:
    """Load the transformers configuration in `folder`.

    Raises:
        CheckpointError: it is unreadable, of an unknown architecture, or needs custom code.
    """
    config = read_json(folder / "config.json")
    if "auto_map" in config:
        raise CheckpointError(f"{folder.name} needs its own code to run. Not loaded.")
    check_numbers(folder.name, config)
    try:
        loaded = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # a configuration can be wrong in any way
        raise CheckpointError(f"{folder.name}/config.json cannot be used: {error}") from error
    replace_flash_attention(loaded, folder.name)
    check_label_names(folder.name, config)
    names = read_label_names(config)
    if names:  # transformers reads no names from label2id
        loaded.id2label = names
    return loaded


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Load the tokenizer in `folder`.

    Raises:
        CheckpointError: it is missing or unreadable.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=False, gguf_file=find_gguf(folder)
        )
    except Exception as error:  # the tokenizers library raises bare Exception on a broken file
        reason = f"{first_line(error).rstrip('.')}. " if _has_vocabulary(folder) else ""
        raise CheckpointError(
            f"{folder.name} has no usable tokenizer: {reason or _NO_VOCABULARY}"
        ) from error
    # Without a vocabulary file, transformers builds a tokenizer that knows its special tokens only.
    if type(tokenizer).vocab_files_names and not _has_vocabulary(folder):
        raise CheckpointError(f"{folder.name} has no usable tokenizer: {_NO_VOCABULARY}")
    return tokenizer


def _has_vocabulary(folder: Path) -> bool:
    """Return whether `folder` holds a file with the vocabulary of a tokenizer."""
    return any(any(folder.glob(pattern)) for pattern in VOCABULARIES)


def load_backbone(name: str, *, device: str = "cpu") -> Backbone:
    """Load a pretrained model without its head, in float32, onto `device`.

    Raises:
        CheckpointError: it cannot be found or its weights do not fit its configuration.
    """
    folder = resolve_model(name)
    with reading_once(folder):
        model, missing = _load_frozen(folder, AutoModel, name)
        tokenizer = load_tokenizer(folder)
    move_to(model, device)
    return Backbone(
        name=canonical_name(name, folder),
        folder=folder,
        model=model,
        tokenizer=tokenizer,
        lacks_pooler=bool(missing),
    )


def read_network(folder: Path, family: Any, name: str) -> tuple[PreTrainedModel, set[str]]:
    """Load the model in `folder` with the class `family`, in float32 and eval mode.

    Returns:
        (model, names of parameters that are missing in the folder and randomly initialized)

    Raises:
        CheckpointError: the weights are incomplete or do not fit the configuration.
    """
    config = load_config(folder)
    shapes = read_shapes(folder)
    renames = find_prefix(shapes)
    _check_shapes(folder, family, config, name, shapes)
    try:
        model, loading = family.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            output_loading_info=True,
            key_mapping=renames,
            gguf_file=find_gguf(folder),
        )
    except SafetensorError as error:
        raise CheckpointError(f"{name}: model.safetensors is incomplete.") from error
    except Exception as error:  # a file beside the weights can be wrong in any way
        raise CheckpointError(f"The weights of {name} cannot be loaded: {error}") from error
    check_finite(name, dict(model.named_parameters()))
    _fuse_activations(model)
    return model.eval(), set(loading["missing_keys"])


def _fuse_activations(model: nn.Module) -> None:
    """Replace GPT-2's GELU by the fused tanh approximation, equal up to rounding."""
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, NewGELUActivation):
                setattr(module, name, nn.GELU(approximate="tanh"))


def _check_shapes(
    folder: Path, family: Any, config: Any, name: str, shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Check that a configuration describes the weights in the files.

    Missing parameters would be initialized in memory, so there must not be far more of them than
    the files hold. The network is built on the meta device, which allocates no memory.
    """
    try:
        with torch.device("meta"):
            network = family.from_config(config)
    except Exception as error:  # a configuration can be wrong in any way
        raise CheckpointError(
            f"{name}: config.json cannot be used: {type(error).__name__}: {error}"
        ) from error
    count = sum(parameter.numel() for parameter in network.parameters())
    stored = count_weights(folder)
    if stored and count > 2 * stored + _SPARE:
        raise CheckpointError(
            f"{name}: weights do not match config.json: it describes {count:,} of them, and "
            f"{stored:,} are there."
        )
    problem = describe_mismatch(network, shapes)
    if problem:
        raise CheckpointError(f"{name}: weights do not match config.json: {problem}")


def _load_frozen(folder: Path, family: Any, name: str) -> tuple[PreTrainedModel, set[str]]:
    """Load the model, frozen; return it and the names of its missing pooler parameters."""
    model, missing_keys = read_network(folder, family, name)
    missing = sorted(key for key in missing_keys if not key.startswith("pooler."))
    if missing:
        parts = {AutoModel: "body", AutoModelForSequenceClassification: "classification head"}
        part = parts.get(family, "language model head")
        raise CheckpointError(
            f"{name}: weights do not match config.json: {len(missing)} of its {part} are missing "
            f"(such as {missing[0]}), and its answers would be random."
        )
    model.requires_grad_(False)
    return model, missing_keys


def find_pad_id(config: Any, tokenizer: PreTrainedTokenizerBase) -> int:
    """Find the padding token id, by which the head of a decoder also finds the last token."""
    candidates = (config.pad_token_id, tokenizer.pad_token_id, tokenizer.eos_token_id, 0)
    return next(int(found) for found in candidates if found is not None and found >= 0)
