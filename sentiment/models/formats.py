"""Recognition of the format of a model folder by its file names; unsupported ones are refused."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sentiment.errors import CheckpointError

_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
_SUPPORTED = "Only transformers models and LoRA adapters with safetensors weights are loaded"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")

# (format, names or endings of files that only occur in it)
_FORMATS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a SetFit model: a sentence encoder with a pickled head", ("config_setfit.json",)),
    ("a SetFit model: a sentence encoder with a pickled head", ("model_head.pkl",)),
    ("a spaCy pipeline", ("config.cfg", ".whl")),
    ("a Flair model: a pickle", ("final-model.pt", "best-model.pt", "loss.tsv")),
    ("a fastText model", ("model.ftz", ".fasttext")),
)
# Formats of weights, refused only if the folder has no safetensors weights.
_WEIGHT_FORMATS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a GGUF file, for llama.cpp", (".gguf",)),
    ("a TensorFlow checkpoint", ("tf_model.h5", ".h5", "saved_model.pb", ".keras")),
    ("a Flax checkpoint", (".msgpack",)),
    ("an ONNX model", (".onnx",)),
)


def check_format(name: str, files: Sequence[str], folders: Sequence[str] = ()) -> None:
    """Check that the files of a model are in a supported format.

    Args:
        name: of the model, for messages.
        files: names of its files, without those in folders.
        folders: names of the folders beside them.

    Raises:
        CheckpointError: they are not; the message names their format.
    """
    found = _find_format(files, _FORMATS)
    if found:
        raise CheckpointError(f"{name} is {found}. {_SUPPORTED}.")
    if any(file.endswith(".safetensors") for file in files):
        return
    if "backbone.json" in files and any(file.endswith(".gguf") for file in files):
        return  # made by `sentiment make fetch-smollm2`
    matches = (_CHECKPOINT.fullmatch(folder) for folder in folders)
    steps = sorted(int(match[1]) for match in matches if match)
    if steps:
        raise CheckpointError(
            f"{name} is the output folder of a training run, with {len(steps)} checkpoints inside. "
            f"Give the newest one: {name}/checkpoint-{steps[-1]}"
        )
    if any(file.endswith(_PICKLES) for file in files):
        raise CheckpointError(
            f"{name} has only pickle weights, which can run code. Not loaded. Save it with "
            f"safetensors first: model.save_pretrained(FOLDER)."
        )
    found = _find_format(files, _WEIGHT_FORMATS)
    if found:
        raise CheckpointError(f"{name} is {found}. {_SUPPORTED}.")
    raise CheckpointError(
        f"{name} has no weights in safetensors format. Choose a model that has a .safetensors file."
    )


def _find_format(
    files: Sequence[str], formats: Sequence[tuple[str, tuple[str, ...]]]
) -> str | None:
    found = (title for title, endings in formats if any(file.endswith(endings) for file in files))
    return next(found, None)
