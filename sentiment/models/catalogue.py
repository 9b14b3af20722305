"""The catalogue of models: their folders, names and metadata.

This module reads JSON files only, no weights, and loads without torch, so that the page opens fast.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sentiment.errors import CheckpointError, InputError, SentimentError
from sentiment.hub_ids import parse_hub_id
from sentiment.limits import MAX_SMALL
from sentiment.models.download import check_folder_format, download
from sentiment.models.label_names import Polarity, is_entailment, read_label_names
from sentiment.paths import BUNDLED, trained_directory
from sentiment.runtime.files import hash_files, read_json, weight_files, weights_size

CARD_FILE = "backbone.json"

# Suffixes of the class names of language models in configurations.
MASKED = ("ForMaskedLM",)
LANGUAGE_MODELS = (*MASKED, "ForCausalLM", "LMHeadModel")

_UNMEASURED_MS = 20.0  # for a text, of a small model

_COMMIT = re.compile(r"[0-9a-f]{40}")
_MARKERS = ("config.json", "adapter_config.json", "baseline.json")  # of a folder that is a model

RUN_FILE = "run.json"
BASELINE_FILE = "baseline.json"
LATENCY_FILE = "latency.json"
HEAD_FILE = "head.safetensors"
ADAPTER_FILE = "adapter_model.safetensors"
MODEL_FILE = "model.safetensors"
_FACTS = {CARD_FILE, RUN_FILE, BASELINE_FILE}  # files with the metadata of a model
_Stamp = frozenset[tuple[str, int, int]]
_WEIGHT_FILES = (ADAPTER_FILE, HEAD_FILE, MODEL_FILE)


def read_backbone_card(folder: Path) -> dict[str, Any]:
    """Read `backbone.json`, an empty dict if the folder has none.

    Raises:
        CheckpointError: the file is not valid JSON.
    """
    return read_json(folder / CARD_FILE) if (folder / CARD_FILE).is_file() else {}


def read_latency(folder: Path) -> dict[str, Any]:
    """Read the latency measured by `sentiment latency`, an empty dict if there is none."""
    try:
        return read_json(folder / LATENCY_FILE)
    except CheckpointError:
        return {}


def read_training_cost(folder: Path) -> dict[str, Any]:
    """Read `seconds` and `peak_memory_bytes` of the training of a checkpoint, if known."""
    try:
        run = read_json(folder / RUN_FILE)
    except CheckpointError:
        return {}
    return {name: run[name] for name in ("seconds", "peak_memory_bytes") if name in run}


def read_seed(folder: Path) -> int | None:
    """Read the seed of the training of a checkpoint; None if it is unknown."""
    try:
        seed = read_json(folder / RUN_FILE).get("recipe", {}).get("seed")
    except CheckpointError:
        return None
    return seed if isinstance(seed, int) else None


def is_zero_shot(folder: Path) -> bool:
    """Return whether the model in `folder` classifies zero-shot, as a fine-tuned one does not.

    That is a pretrained backbone, or a classifier of textual entailment.

    Raises:
        CheckpointError: its config.json is unreadable.
    """
    if (folder / CARD_FILE).is_file():
        return True
    if not (folder / "config.json").is_file():
        return False
    config = read_json(folder / "config.json")
    named = config.get("architectures") or [""]
    if str(named[0]).endswith(LANGUAGE_MODELS):
        return True
    return not is_adapted(folder) and is_entailment(list(read_label_names(config).values()))


def is_adapted(folder: Path) -> bool:
    """Return whether `folder` holds an adapter or a head, without its backbone."""
    return any((folder / name).is_file() for name in (ADAPTER_FILE, HEAD_FILE))


def resolve_model(name: str, *, base: str = "") -> Path:
    """Resolve `name` to the folder of a backbone or checkpoint; download it from the Hub.

    Looked up in this order: bundled, trained on this machine, a folder, the Hugging Face Hub,
    by id, link or well-known name.

    Args:
        base: used instead of the base that an adapter names, which is then not checked.

    Raises:
        CheckpointError: there is no model of that name, or it must not be loaded.
    """
    for directory in (BUNDLED, trained_directory()):
        folder = directory / name
        if name not in ("", ".", "..") and Path(name).name == name and folder.is_dir():
            return folder
    folder = Path(name)
    has_marker = any((folder / marker).is_file() for marker in _MARKERS)
    if folder.is_dir() and not (folder / BASELINE_FILE).is_file():
        check_folder_format(folder)
    if has_marker:
        return folder
    if folder.is_dir():
        raise CheckpointError(
            f"{name!r} has neither config.json nor adapter_config.json, so it is no checkpoint."
        )
    try:
        hub_id = parse_hub_id(name)
    except InputError as error:
        raise CheckpointError(
            f"No model named {name!r} here: `python -m sentiment models` lists them. For a model "
            f"from elsewhere, give its folder or its Hub id. {error}"
        ) from error
    return download(hub_id, is_base_given=bool(base))


def snapshot_commit(folder: Path) -> str:
    """Return the commit of a folder that was downloaded from the Hub, empty for any other.

    huggingface_hub keeps a download in `snapshots/COMMIT`; the folder may lie inside it.
    """
    steps = list(itertools.pairwise(folder.parts))[::-1]
    return next((own for to, own in steps if to == "snapshots" and _COMMIT.fullmatch(own)), "")


def is_snapshot(folder: Path) -> bool:
    """Return whether `folder` was downloaded from the Hub."""
    return bool(snapshot_commit(folder))


def canonical_name(name: str, folder: Path) -> str:
    """Return the name to store, by which `resolve_model` finds the same folder.

    It is the folder's name for bundled and trained models, the Hub id for Hub models, and the path
    for any other folder.
    """
    parent = folder.resolve().parent
    if parent in (BUNDLED, trained_directory().resolve()):
        return folder.name
    return str(folder.resolve()) if Path(name).is_dir() else name


def weights_hash(folder: Path) -> str:
    """Compute 16 hexadecimal digits of the sha256 of the files with weights in `folder`."""
    return hash_files(weight_files(folder))


@dataclass(frozen=True)
class ModelInfo:
    """Metadata of a model, read without loading its weights.

    `error` is a message if the folder cannot be used; the other fields are then empty.
    """

    name: str
    folder: Path
    kind: str  # "zero-shot", "fine-tuned" or "baseline"
    backbone: str
    tuning: str = ""
    dataset: str = ""
    parameters: int = 0
    trainable: int = 0
    size_bytes: int = 0  # of its weights, without the backbone's
    error: str = ""
    started_from: str = ""  # the checkpoint that its training started from
    location: str = ""  # folder or Hub id, if its name cannot be resolved
    labels: tuple[Polarity, ...] = ()  # polarity of each output, where the user said it

    @property
    def source(self) -> str:
        """Return the name for `inference.loader.ClassifierLoader`."""
        return self.location or self.name

    @property
    def is_large(self) -> bool:
        """Return whether it answers slowly, so that no small model may wait for it."""
        return self.parameters > MAX_SMALL


def expected_ms(model: ModelInfo) -> float:
    """Return the median milliseconds per text of `model`, by its size if it was not measured."""
    times_small = max(1.0, model.parameters / MAX_SMALL)
    return float(read_latency(model.folder).get("median_ms", _UNMEASURED_MS * times_small))


def read_info(folder: Path) -> ModelInfo:
    """Read the metadata of the checkpoint or backbone in `folder`; problems are in its `error`."""
    files = {CARD_FILE: _backbone_facts, BASELINE_FILE: _baseline_facts, RUN_FILE: _run_facts}
    source = next((name for name in files if (folder / name).is_file()), RUN_FILE)
    try:
        return ModelInfo(
            name=folder.name,
            folder=folder,
            size_bytes=weights_size(folder),
            error=_missing_weights(folder),
            **files[source](folder.name, read_json(folder / source)),
        )
    except SentimentError as error:
        problem = str(error)
    except OSError as error:
        problem = f"{folder.name} cannot be read: {error.strerror}."
    except (KeyError, TypeError, ValueError) as error:
        problem = f"{folder.name}/{source} lacks {error}."
    return ModelInfo(name=folder.name, folder=folder, kind="fine-tuned", backbone="", error=problem)


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
        "started_from": str((run.get("start") or {}).get("name", "")),
        "parameters": int(run["parameters"]["total"]),
        "trainable": int(run["parameters"]["trainable"]),
    }


def _missing_weights(folder: Path) -> str:
    if any((folder / name).is_file() for name in _WEIGHT_FILES) or any(folder.glob("*.gguf")):
        return ""
    return f"{folder.name} has no weights: expected one of {', '.join(_WEIGHT_FILES)}."


def _stamp(folder: Path) -> _Stamp:
    """List name, size and modification time of the files in `folder`; empty if it is no folder."""
    try:
        with os.scandir(folder) as entries:
            facts = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
    except OSError:
        return frozenset()
    return frozenset((name, fact.st_size, fact.st_mtime_ns) for name, fact in facts)


@lru_cache(maxsize=1024)
def _read_cached(folder: Path, _: _Stamp) -> ModelInfo:
    """Read the metadata of a model, cached until a file in its folder changes."""
    return read_info(folder)


def unique_name(name: str, taken: Collection[str]) -> str:
    """Return `name`, numbered from 2 if it is taken."""
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    return next(free for free in itertools.chain([name], numbered) if free not in taken)


def list_models(more: Sequence[ModelInfo] = ()) -> list[ModelInfo]:
    """List all models on this machine, grouped by backbone, the smallest first, baselines last.

    A bundled model hides a trained one of the same name, as in `resolve_model`.

    Args:
        more: further models.
    """
    by_name: dict[str, ModelInfo] = {}
    for directory in (BUNDLED, trained_directory()):
        for folder in sorted(directory.glob("[!.]*")):
            stamp = _stamp(folder)
            if not _FACTS.isdisjoint(name for name, *_ in stamp):
                by_name.setdefault(folder.name, _read_cached(folder, stamp))
    models = [*by_name.values(), *more]
    sizes = {info.name: info.parameters for info in models if info.kind == "zero-shot"}
    order = {"zero-shot": 0, "fine-tuned": 1, "baseline": 2}

    def rank(info: ModelInfo) -> tuple[bool, int, str, int]:
        size = sizes.get(info.backbone, info.parameters)
        return info.kind == "baseline", size, info.backbone, order.get(info.kind, 3)

    return sorted(models, key=rank)


def backbone_title(model: ModelInfo, models: Sequence[ModelInfo]) -> tuple[str, str]:
    """Return title and size of a model's backbone, such as ("GPT-2", "mini, 5.4 M")."""
    backbone = next((m for m in models if m.name == model.backbone), None)
    if backbone is None:
        return model.backbone or model.name, ""
    try:
        card = read_backbone_card(backbone.folder)
    except SentimentError:
        return backbone.name, ""
    size = f"{card.get('size', '')}, {backbone.parameters / 1e6:.1f} M"
    return str(card.get("title", backbone.name)), size.strip(", ")


def free_output(name: str) -> Path:
    """Find the first unused folder for a trained checkpoint: NAME, NAME-2, NAME-3, …

    Names of bundled models are skipped, because they would hide the checkpoint.
    """
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    names = itertools.chain([name], numbered)
    return next(
        trained_directory() / name
        for name in names
        if not (BUNDLED / name).exists() and not (trained_directory() / name).exists()
    )


def check_output(output: Path) -> None:
    """Check that a new model would not overwrite another or be hidden by one.

    Raises:
        CheckpointError: `output` exists, or has the name of a bundled model.
    """
    if output.exists():
        raise CheckpointError(
            f"{output} exists. Give another --output, or remove it first. Nothing was done."
        )
    is_trained = output.resolve().parent == trained_directory().resolve()
    if is_trained and (BUNDLED / output.name).exists():
        raise CheckpointError(
            f"{output.name} is the name of a bundled model, which would hide the new one. Give "
            f"another --output. Nothing was done."
        )
