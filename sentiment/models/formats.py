"""Recognition of model folders by their file names: which form they are in, and which is loaded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sentiment.errors import CheckpointError

_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
_LOADED = "Only transformers models and LoRA adapters with safetensors weights are loaded"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")

# Forms by what only their folders hold: a file of one of these names or endings.
_FORMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a SetFit model: a sentence encoder with a pickled head", ("config_setfit.json",)),
    ("a SetFit model: a sentence encoder with a pickled head", ("model_head.pkl",)),
    ("a spaCy pipeline", ("config.cfg", ".whl")),
    ("a Flair model: a pickle", ("final-model.pt", "best-model.pt", "loss.tsv")),
    ("a fastText model", ("model.ftz", ".fasttext")),
)
# The same, where there are no safetensors weights beside them.
_OTHER_WEIGHTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a GGUF file, for llama.cpp", (".gguf",)),
    ("a TensorFlow checkpoint", ("tf_model.h5", ".h5", "saved_model.pb", ".keras")),
    ("a Flax checkpoint", (".msgpack",)),
    ("an ONNX model", (".onnx",)),
)


def check_format(name: str, files: Sequence[str], folders: Sequence[str] = ()) -> None:
    """Check that the files of a model are in a form that is loaded.

    Args:
        name: of the model, for messages.
        files: names of its files, without those in folders.
        folders: names of the folders beside them.

    Raises:
        CheckpointError: they are in another form, which the message names.
    """
    form = _find_form(files, _FORMS)
    if form:
        raise CheckpointError(f"{name} is {form}. {_LOADED}.")
    if any(file.endswith(".safetensors") for file in files):
        return
    steps = sorted(int(found[1]) for own in folders if (found := _CHECKPOINT.fullmatch(own)))
    if steps:
        raise CheckpointError(
            f"{name} is the output folder of a training, with {len(steps)} checkpoints inside. "
            f"Give the newest one: {name}/checkpoint-{steps[-1]}"
        )
    if any(file.endswith(_PICKLES) for file in files):
        raise CheckpointError(
            f"{name} has only pickle weights, which can run code. Not loaded. Save it with "
            f"safetensors first: model.save_pretrained(FOLDER)."
        )
    form = _find_form(files, _OTHER_WEIGHTS)
    if form:
        raise CheckpointError(f"{name} is {form}. {_LOADED}.")
    raise CheckpointError(f"{name} has no weights in safetensors format. Not loaded.")


def _find_form(files: Sequence[str], forms: Sequence[tuple[str, tuple[str, ...]]]) -> str | None:
    found = (form for form, marks in forms if any(file.endswith(marks) for file in files))
    return next(found, None)
