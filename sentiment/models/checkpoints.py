"""Saving and loading of checkpoint folders: weights, tokenizer, configuration and `run.json`.

A LoRA checkpoint holds the adapter, a head checkpoint the head, both without the backbone. After
full fine-tuning or tuning of the top layers, it holds the whole model. A head is saved as
`head.safetensors`, not `model.safetensors`, so that it is not loaded onto a random backbone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from peft import PeftModel, get_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModelForSequenceClassification, PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.errors import CheckpointError, SentimentError
from sentiment.models.adapters import (
    find_head,
    load_embedding,
    load_head,
    plain_name,
    read_labels,
)
from sentiment.models.backbones import Backbone, read_network
from sentiment.models.catalogue import (
    ADAPTER_FILE,
    HEAD_FILE,
    MODEL_FILE,
    RUN_FILE,
    canonical_name,
    is_snapshot,
)
from sentiment.models.tuning import Network, build_network, head_modules, head_state, plain_network
from sentiment.models.weights import advise_training, check_complete, check_finite, read_shapes
from sentiment.recipes import FULL_WEIGHTS, POOLINGS, Pooling
from sentiment.runtime.files import hash_files, read_json, write_folder, write_json


def save_checkpoint(
    network: Network,
    tokenizer: PreTrainedTokenizerBase,
    run: dict[str, Any],
    output: Path,
) -> Path:
    """Write a checkpoint folder atomically and return its path.

    Args:
        network: a network that `sentiment.models.tuning.apply_tuning` returned.
        run: content of `run.json`; the hash of the weights is added.
        output: a folder that does not exist yet.
    """
    with write_folder(output) as staging:
        plain = plain_network(network)
        if isinstance(network, PeftModel):
            # peft would store the local path of the backbone; its name can be resolved elsewhere.
            network.peft_config["default"].base_model_name_or_path = run["backbone"]["name"]
            network.save_pretrained(str(staging), save_embedding_layers=False)
            (staging / "README.md").unlink(missing_ok=True)  # of peft; the model card replaces it
            weights = staging / ADAPTER_FILE
        elif run["recipe"]["tuning"] in FULL_WEIGHTS:
            weights = staging / MODEL_FILE
            plain.save_pretrained(str(staging))
        else:
            weights = staging / HEAD_FILE
            save_file(head_state(plain), weights, metadata={"format": "pt"})
        plain.config.save_pretrained(staging)
        if run["recipe"]["tuning"] in FULL_WEIGHTS:  # an adapter or head has its backbone's
            tokenizer.backend_tokenizer.no_truncation()  # settings of the training
            tokenizer.backend_tokenizer.no_padding()
            tokenizer.save_pretrained(staging)
        if run["recipe"].get("weights_type") == "float16":
            halved = {name: value.half() for name, value in load_file(weights).items()}
            save_file(halved, weights, metadata={"format": "pt"})
        weights.chmod(0o644)
        write_json(staging / RUN_FILE, {**run, "weights_hash": hash_files([weights])})
    return output


def _read_head_input(folder: Path, backbone: Backbone) -> tuple[Pooling, int | None]:
    """Read pooling and layer of the head, those of transformers without `run.json`."""
    if not (folder / RUN_FILE).is_file():
        return "native", None
    run = read_json(folder / RUN_FILE)
    trained_on = run.get("backbone", {}).get("weights_hash")
    if trained_on != backbone.weights_hash:
        raise CheckpointError(
            f"{folder.name} was trained on other weights of {backbone.name} ({trained_on}, here "
            f"{backbone.weights_hash}). Train it again, or bring the old backbone back."
        )
    pooling = run.get("recipe", {}).get("pooling", "native")
    if pooling not in POOLINGS:
        raise CheckpointError(f"{folder.name} was trained with an unknown pooling, {pooling!r}.")
    return cast(Pooling, pooling), run["recipe"].get("layer")


def load_adapted(folder: Path, backbone: Backbone, *, is_trainable: bool = False) -> Network:
    """Load the adapter or head in `folder` onto `backbone`, sharing its parameters, in eval mode.

    Args:
        is_trainable: whether the adapter or head requires gradients.

    Raises:
        CheckpointError: the adapter or head is incomplete, or was made for other weights.
    """
    pooling, layer = _read_head_input(folder, backbone)
    name = ADAPTER_FILE if (folder / ADAPTER_FILE).is_file() else HEAD_FILE
    try:
        state = load_file(folder / name)
        check_finite(folder.name, state)
        if name == ADAPTER_FILE:
            return _load_adapter(folder, state, backbone, pooling, layer, is_trainable=is_trainable)
        network = build_network(backbone, pooling=pooling, layer=layer)
        _check_names(folder / name, expected=set(head_state(network)), found=set(state))
        network.load_state_dict(state, strict=False)
        for module in head_modules(network).values():
            module.requires_grad_(is_trainable)
        return network
    except SafetensorError as error:
        raise CheckpointError(f"{folder.name}: {name} is incomplete.") from error
    except SentimentError:
        raise
    except Exception as error:  # an adapter's configuration can be wrong in any way
        raise CheckpointError(
            f"{folder.name}: the weights do not match {backbone.name}: {error}"
        ) from error


def _load_adapter(
    folder: Path,
    state: dict[str, Tensor],
    backbone: Backbone,
    pooling: Pooling,
    layer: int | None,
    *,
    is_trainable: bool,
) -> Network:
    """Load the adapter with the weights `state`, its head and its labels onto `backbone`."""
    head = find_head(state, backbone)
    labels = read_labels(folder, backbone, head)
    network = build_network(backbone, pooling=pooling, layer=layer, labels=labels)
    load_head(network, head, folder.name, backbone)
    loaded = {*head, *load_embedding(network, state)}
    adapted = PeftModel.from_pretrained(network, str(folder), is_trainable=is_trainable)
    expected = set(get_peft_model_state_dict(adapted, save_embedding_layers=False))
    found = {own for own in state if own in expected or plain_name(own) not in loaded}
    found = {own for own in found if ".original_module." not in own}  # what training replaced
    _check_names(folder / ADAPTER_FILE, expected=expected, found=found)
    return adapted.eval()


def _check_names(path: Path, *, expected: set[str], found: set[str]) -> None:
    """Check that the names of the weights are exactly those expected."""
    missing, surplus = sorted(expected - found), sorted(found - expected)
    if missing or surplus:
        raise CheckpointError(
            f"{path.parent.name}/{path.name} does not fit: {len(missing)} weights are missing"
            f"{f' (such as {missing[0]})' if missing else ''}, {len(surplus)} are unknown"
            f"{f' (such as {surplus[0]})' if surplus else ''}."
        )


def load_whole(folder: Path, name: str) -> PreTrainedModel:
    """Load a complete classifier (backbone and head in one file) in float32 and eval mode.

    Raises:
        CheckpointError: the weights are incomplete or do not match, or there is no trained head.
    """
    network, missing_keys = read_network(folder, AutoModelForSequenceClassification, name)
    reference = name if is_snapshot(folder) else canonical_name(str(folder), folder)
    stored = read_shapes(folder)
    check_complete(name, network, missing_keys, stored=stored, advice=advise_training(reference))
    return network
