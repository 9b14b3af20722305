"""Conversion of a BERT encoder to DistilBERT's architecture with the same hidden states.

    python -m sentiment convert sentence-transformers/all-MiniLM-L6-v2 OUTPUT --name NAME

DistilBERT is BERT without token types and pooler. All tokens here have token type 0, whose
embedding is therefore added to every position embedding.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    AutoModel,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    DistilBertTokenizer,
)

from sentiment.errors import CheckpointError
from sentiment.models.backbones import load_config
from sentiment.models.catalogue import CARD_FILE, resolve_model
from sentiment.runtime.files import write_folder, write_json

TOLERANCE = 1e-5  # maximum difference of a hidden state

_EMBEDDINGS = "embeddings."
_LAYER = {
    "attention.self.query": "attention.q_lin",
    "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin",
    "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm",
    "intermediate.dense": "ffn.lin1",
    "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}
_README = """---
base_model: {source}
language: en
library_name: transformers
license: {license_id}
pipeline_tag: feature-extraction
---

# {name}

The encoder of [{source}](https://huggingface.co/{source}) in DistilBERT's architecture:
{parameters:,} parameters, stored in float16. All credit for the weights goes to its authors; the
licence ({license_id}) is theirs too.

DistilBERT's layout is BERT's without token types and pooler. The embedding of token type 0 was
added to every position embedding; no parameter was trained. In float32 no hidden state of any layer
differs from the source's by more than {difference:.1e}; rounding to float16 moves one by
{rounding:.1e} at most. This backbone has no classification head.

sha256 of the source's weights:

{hashes}
"""

# Settings of a call that tokenizer files may hold, removed here.
_CALL_SETTINGS = (
    "is_local",
    "local_files_only",
    "max_length",
    "pad_to_multiple_of",
    "pad_token_type_id",
    "stride",
    "truncation_side",
    "truncation_strategy",
)


@dataclass(frozen=True)
class Conversion:
    """Size and numerical differences of a conversion."""

    parameters: int
    largest_difference: float  # of a hidden state, both models in float32
    rounding_difference: float  # of a hidden state, after rounding to float16


def convert_bert(bert: BertModel) -> DistilBertModel:
    """Convert `bert` to a DistilBERT model with the same hidden states for token type 0.

    Raises:
        CheckpointError: `bert` has features that DistilBERT does not support.
    """
    config = bert.config
    position_type = getattr(config, "position_embedding_type", None) or "absolute"
    if position_type != "absolute" or config.layer_norm_eps != 1e-12:
        raise CheckpointError(
            "Only a BERT with absolute positions and layer_norm_eps 1e-12 has an exact DistilBERT "
            f"twin; this one has {position_type} positions and eps {config.layer_norm_eps}."
        )
    distilbert = DistilBertModel(
        DistilBertConfig(
            vocab_size=config.vocab_size,
            max_position_embeddings=config.max_position_embeddings,
            n_layers=config.num_hidden_layers,
            n_heads=config.num_attention_heads,
            dim=config.hidden_size,
            hidden_dim=config.intermediate_size,
            dropout=config.hidden_dropout_prob,
            attention_dropout=config.attention_probs_dropout_prob,
            activation=config.hidden_act,
            pad_token_id=config.pad_token_id,
        )
    )
    source = bert.state_dict()
    weights = {
        f"{_EMBEDDINGS}word_embeddings.weight": source[f"{_EMBEDDINGS}word_embeddings.weight"],
        f"{_EMBEDDINGS}position_embeddings.weight": (
            source[f"{_EMBEDDINGS}position_embeddings.weight"]
            + source[f"{_EMBEDDINGS}token_type_embeddings.weight"][0]
        ),
    }
    for part in ("weight", "bias"):
        weights[f"{_EMBEDDINGS}LayerNorm.{part}"] = source[f"{_EMBEDDINGS}LayerNorm.{part}"]
        for layer in range(config.num_hidden_layers):
            for theirs, ours in _LAYER.items():
                weights[f"transformer.layer.{layer}.{ours}.{part}"] = source[
                    f"encoder.layer.{layer}.{theirs}.{part}"
                ]
    distilbert.load_state_dict(weights, strict=True)
    return distilbert.eval()


@torch.inference_mode()
def largest_difference(bert: BertModel, distilbert: DistilBertModel, *, seed: int = 0) -> float:
    """Compute the largest absolute difference between the hidden states of any layer.

    The input is a batch of random tokens with mixed lengths, padded on the right; states of padding
    tokens are left out.
    """
    generator = torch.Generator().manual_seed(seed)
    longest = min(64, bert.config.max_position_embeddings)
    ids = torch.randint(bert.config.vocab_size, (8, longest), generator=generator)
    lengths = torch.linspace(2, longest, 8).long()
    mask = (torch.arange(longest)[None, :] < lengths[:, None]).long()  # (batch, tokens)
    ours, theirs = (
        model.eval()(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        for model in (distilbert, bert)
    )
    return max(
        float(((a - b).abs() * mask[..., None]).max()) for a, b in zip(ours, theirs, strict=True)
    )


def convert_folder(
    source: str,
    output: Path,
    *,
    name: str,
    license_id: str,
    title: str = "BERT",
    origin: str | None = None,
) -> Conversion:
    """Convert the BERT encoder in `source` and write it to `output` in float16.

    Args:
        source: a Hub id or a folder.
        output: a folder that does not exist yet.
        name, title: name of the backbone, and its title in the app.
        license_id: the Hub's identifier of the licence of the weights (`apache-2.0`).
        origin: the Hub id the weights come from, by default `source`.

    Raises:
        CheckpointError: the source is no BERT encoder, a hidden state differs by more than
            `TOLERANCE`, or `output` exists.
    """
    folder = resolve_model(source)
    bert = _load_bert(source, folder)
    distilbert = convert_bert(bert)
    difference = largest_difference(bert, distilbert)
    if difference > TOLERANCE:
        raise CheckpointError(
            f"The conversion of {source} is not exact: a hidden state differs by {difference:.1e}, "
            f"more than {TOLERANCE:.0e}."
        )
    with write_folder(output) as staging:
        distilbert.half().save_pretrained(staging)
        (staging / "model.safetensors").chmod(0o644)
        _save_tokenizer(folder, staging)
        rounded = DistilBertModel.from_pretrained(staging, dtype=torch.float32)
        result = Conversion(
            parameters=sum(p.numel() for p in distilbert.parameters()),
            largest_difference=difference,
            rounding_difference=largest_difference(bert, rounded),
        )
        card = {
            "name": name,
            "title": title,
            "size": "in DistilBERT's layout",
            "zero_shot": "similarity",
            "license": license_id,
            "source": origin or source,
        }
        _write_cards(staging, card, _hashes(folder), result)
    return result


def _load_bert(source: str, folder: Path) -> BertModel:
    if load_config(folder).model_type != "bert":
        raise CheckpointError(f"{source} is no BERT encoder, so it cannot be converted.")
    try:
        bert = AutoModel.from_pretrained(folder, dtype=torch.float32, use_safetensors=True)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"The weights of {source} cannot be loaded: {error}") from error
    return bert.eval()


def _save_tokenizer(source: Path, output: Path) -> None:
    tokenizer = DistilBertTokenizer.from_pretrained(source)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    for setting in _CALL_SETTINGS:
        tokenizer.init_kwargs.pop(setting, None)
    tokenizer.save_pretrained(output)


def _hashes(folder: Path) -> dict[str, str]:
    """Compute the sha256 of every weight file in `folder`."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.safetensors"))
    }


def _write_cards(
    folder: Path, card: dict[str, Any], hashes: dict[str, str], result: Conversion
) -> None:
    """Write the backbone's card and README with the results of the conversion."""
    measured = {
        "parameters": result.parameters,
        "source_sha256": hashes,
        "conversion": {
            "from": "bert",
            "largest_hidden_state_difference": result.largest_difference,
            "after_rounding_to_float16": result.rounding_difference,
        },
    }
    write_json(folder / CARD_FILE, {**card, **measured})
    readme = _README.format(
        name=card["name"],
        source=card["source"],
        license_id=card["license"],
        parameters=result.parameters,
        difference=result.largest_difference,
        rounding=result.rounding_difference,
        hashes="\n".join(f"- `{name}`: `{digest}`" for name, digest in hashes.items()),
    )
    (folder / "README.md").write_text(readme, encoding="utf-8")
