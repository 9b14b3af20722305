"""Tiny random networks of the full-size backbones' architectures, for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForPreTraining,
)

from sentiment.paths import CONFIGS
from sentiment.pretraining.corpus import train_tokenizer
from sentiment.pretraining.save import build_tokenizer
from tests.support.builders import VOCABULARY, labelled_texts, tiny_miniature, tiny_tokenizer

# The same shape, small; six layers where the recipe freezes four.
SMALL: dict[str, dict[str, Any]] = {
    "distilbert": {"dim": 16, "n_heads": 2, "hidden_dim": 32, "vocab_size": VOCABULARY},
    "bert": {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "vocab_size": VOCABULARY,
    },
    "gpt2": {"n_embd": 16, "n_layer": 2, "n_head": 2, "vocab_size": 300},
    "llama": {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 4,
        "intermediate_size": 32,
        "vocab_size": 300,
    },
}
FAMILIES = {"distilbert": AutoModelForMaskedLM, "bert": AutoModelForPreTraining}
SMALL["gemma3_text"] = {**SMALL["llama"], "layer_types": ["sliding_attention", "full_attention"]}


def write_backbone(folder: Path, hub_id: str, *, has_pooler: bool = True) -> Path:
    """A random network of the architecture of `hub_id`, as a download from the Hub would lie."""
    described = json.loads((CONFIGS / f"{hub_id.replace('/', '--')}.json").read_text())
    kind = described["model_type"]
    config = AutoConfig.for_model(**{**described, **SMALL[kind], "pad_token_id": 0})
    torch.manual_seed(0)
    family = FAMILIES.get(kind, AutoModelForCausalLM) if has_pooler else AutoModelForMaskedLM
    family.from_config(config).save_pretrained(folder)
    if kind in FAMILIES:
        # BERT's files say so, too, though they hold more.
        stored = json.loads((folder / "config.json").read_text())
        masked = stored["architectures"][0].replace("ForPreTraining", "ForMaskedLM")
        (folder / "config.json").write_text(json.dumps({**stored, "architectures": [masked]}))
        tiny_tokenizer(folder)
    else:
        tokenizer = train_tokenizer([text for text, _ in labelled_texts()], vocabulary=300)
        build_tokenizer(tokenizer, tiny_miniature()).save_pretrained(folder)
    return folder
