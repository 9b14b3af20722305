"""The one reader and writer of a checkpoint folder: weights, tokenizer, configuration, `run.json`.

A LoRA checkpoint holds the adapter, a head checkpoint the head; neither repeats the backbone. One
whose backbone was trained as well holds the whole network. A head alone lies in `head.safetensors`,
not in `model.safetensors`, so that nothing can load it over a backbone of random weights without
noticing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from peft import PeftModel, get_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.backbones import BUNDLED, CARD_FILE, Backbone, read_network, trained_directory
from sentiment.errors import CheckpointError, SentimentError
from sentiment.folders import hash_files, read_json, write_folder, write_json
from sentiment.recipe import POOLINGS, WHOLE, Pooling
from sentiment.tuning import Network, build_network, head_modules, head_state, plain_network

RUN_FILE = "run.json"
BASELINE_FILE = "baseline.json"
HEAD_FILE = "head.safetensors"
ADAPTER_FILE = "adapter_model.safetensors"
MODEL_FILE = "model.safetensors"
_WEIGHT_FILES = (ADAPTER_FILE, HEAD_FILE, MODEL_FILE)


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint folder says of itself, read without loading a weight.

    `problem` is a sentence when the folder cannot be used; the other facts are then empty.
    """

    name: str
    folder: Path
    kind: str  # "zero-shot", "fine-tuned" or "baseline"
    backbone: str
    tuning: str = ""
    dataset: str = ""
    parameters: int = 0
    trainable: int = 0
    size_bytes: int = 0  # of the weights that are its own
    problem: str = ""


def read_info(folder: Path) -> CheckpointInfo:
    """Describe the checkpoint or backbone in `folder`; a broken one is described by its problem."""
    files = {CARD_FILE: _backbone_facts, BASELINE_FILE: _baseline_facts, RUN_FILE: _run_facts}
    source = next((name for name in files if (folder / name).is_file()), RUN_FILE)
    try:
        return CheckpointInfo(
            name=folder.name,
            folder=folder,
            size_bytes=sum(path.stat().st_size for path in folder.glob("*.safetensors")),
            problem=_missing_weights(folder),
            **files[source](folder.name, read_json(folder / source)),
        )
    except SentimentError as error:
        problem = str(error)
    except OSError as error:
        problem = f"{folder.name} cannot be read: {error.strerror}."
    except (KeyError, TypeError, ValueError) as error:
        problem = f"{folder.name}/{source} lacks {error}."
    return CheckpointInfo(
        name=folder.name, folder=folder, kind="fine-tuned", backbone="", problem=problem
    )


def _backbone_facts(name: str, card: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "zero-shot",
        "backbone": name,
        "tuning": "none",
        "parameters": int(card["parameters"]),
    }


def _baseline_facts(name: str, card: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "baseline",
        "backbone": str(card["title"]),
        "tuning": "baseline",
        "dataset": str(card["data"]["dataset"]),
        "parameters": int(card["parameters"]),
        "trainable": int(card["parameters"]),
    }


def _run_facts(name: str, run: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "fine-tuned",
        "backbone": str(run["backbone"]["name"]),
        "tuning": str(run["recipe"]["tuning"]),
        "dataset": str(run["data"]["train"]["dataset"]),
        "parameters": int(run["parameters"]["total"]),
        "trainable": int(run["parameters"]["trainable"]),
    }


def _missing_weights(folder: Path) -> str:
    if any((folder / name).is_file() for name in _WEIGHT_FILES):
        return ""
    return f"{folder.name} has no weights: expected one of {', '.join(_WEIGHT_FILES)}."


def find_checkpoints() -> list[CheckpointInfo]:
    """Every model on this machine, those of one backbone together and the baselines last.

    A bundled name hides a trained folder of the same name, as it does when one is loaded.
    """
    found: dict[str, CheckpointInfo] = {}
    for directory in (BUNDLED, trained_directory()):
        for marker in (CARD_FILE, RUN_FILE, BASELINE_FILE):
            for path in sorted(directory.glob(f"*/{marker}")):
                folder = path.parent
                if not folder.name.startswith("."):
                    found.setdefault(folder.name, read_info(folder))
    order = {"zero-shot": 0, "fine-tuned": 1, "baseline": 2}
    return sorted(
        found.values(),
        key=lambda info: (info.kind == "baseline", info.backbone, order.get(info.kind, 3)),
    )


def save_checkpoint(
    network: Network,
    tokenizer: PreTrainedTokenizerBase,
    run: dict[str, Any],
    output: Path,
) -> Path:
    """Write a checkpoint folder, whole or not at all, and return its path.

    Args:
        network: a network that `sentiment.tuning.apply_tuning` returned.
        run: everything `run.json` holds; the hash of the weights is added.
        output: a folder that does not exist yet.
    """
    with write_folder(output) as staging:
        plain = plain_network(network)
        if isinstance(network, PeftModel):
            # peft would store the path the backbone was loaded from; its name is what resolves.
            network.peft_config["default"].base_model_name_or_path = run["backbone"]["name"]
            network.save_pretrained(str(staging), save_embedding_layers=False)
            (staging / "README.md").unlink(missing_ok=True)  # peft's stub; ours comes with scores
            weights = staging / ADAPTER_FILE
        elif run["recipe"]["tuning"] in WHOLE:
            weights = staging / MODEL_FILE
            plain.save_pretrained(str(staging))
        else:
            weights = staging / HEAD_FILE
            save_file(head_state(plain), weights, metadata={"format": "pt"})
        plain.config.save_pretrained(staging)
        tokenizer.backend_tokenizer.no_truncation()  # of the training, not of the tokenizer
        tokenizer.backend_tokenizer.no_padding()
        tokenizer.save_pretrained(staging)
        weights.chmod(0o644)
        write_json(staging / RUN_FILE, {**run, "weights_hash": hash_files([weights])})
    return output


def weights_hash(folder: Path) -> str:
    """First 16 hexadecimal digits of the sha256 over the folder's own weights."""
    return hash_files(sorted(folder.glob("*.safetensors")))


def _read_pooling(folder: Path, backbone: Backbone) -> Pooling:
    """What the head was trained to read of `backbone`; adapters from elsewhere do not say."""
    if not (folder / RUN_FILE).is_file():
        return "native"
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
    return cast(Pooling, pooling)


def load_adapted(folder: Path, backbone: Backbone, *, is_trainable: bool = False) -> Network:
    """The tuned network in `folder` on `backbone`, whose weights it shares, in eval mode.

    Args:
        is_trainable: let the adapter or head require gradients, to train it further.

    Raises:
        CheckpointError: the adapter or head is incomplete, or was made for other weights.
    """
    network = build_network(backbone, pooling=_read_pooling(folder, backbone))
    name = ADAPTER_FILE if (folder / ADAPTER_FILE).is_file() else HEAD_FILE
    try:
        if name == ADAPTER_FILE:
            adapted = PeftModel.from_pretrained(network, str(folder), is_trainable=is_trainable)
            expected = get_peft_model_state_dict(adapted, save_embedding_layers=False)
            _check_names(folder / name, expected=set(expected), found=set(load_file(folder / name)))
            return adapted.eval()
        state = load_file(folder / HEAD_FILE)
        _check_names(folder / name, expected=set(head_state(network)), found=set(state))
        network.load_state_dict(state, strict=False)
        for module in head_modules(network).values():
            module.requires_grad_(is_trainable)
        return network
    except SafetensorError as error:
        raise CheckpointError(f"{folder.name}: {name} is incomplete.") from error
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        raise CheckpointError(
            f"{folder.name}: the weights do not match {backbone.name}: {error}"
        ) from error


def _check_names(path: Path, *, expected: set[str], found: set[str]) -> None:
    """Refuse weights that are not exactly those expected: a missing one would stay random."""
    missing, surplus = sorted(expected - found), sorted(found - expected)
    if missing or surplus:
        raise CheckpointError(
            f"{path.parent.name}/{path.name} does not fit: {len(missing)} weights are missing"
            f"{f' (such as {missing[0]})' if missing else ''}, {len(surplus)} are unknown"
            f"{f' (such as {surplus[0]})' if surplus else ''}."
        )


def load_whole(folder: Path) -> PreTrainedModel:
    """A complete classifier (backbone and head in one file) in float32 and in eval mode.

    Raises:
        CheckpointError: the weights are incomplete or do not match, or there is no trained head.
    """
    network, not_held = read_network(folder, AutoModelForSequenceClassification, folder.name)
    if not_held:
        raise CheckpointError(
            f"{folder.name} has no trained classification head; its answers would be random."
        )
    return network
