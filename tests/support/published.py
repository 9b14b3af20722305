"""Checkpoints as other people publish them: tiny random classifiers and adapters of every kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
)

from tests.support.builders import SPECIAL, VOCABULARY, tiny_backbone, tiny_tokenizer

NAMES = {0: "NEGATIVE", 1: "POSITIVE"}
TEXTS = ["a great film .", "the dull story made my evening .", "it was", "a"]

_BERT = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 32,
}
_DECODER = {**_BERT, "num_key_value_heads": 2, "head_dim": 8}
_PAIR = {
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "max_position_embeddings": 32,
    "bos_token_id": 2,
    "eos_token_id": 3,
    "decoder_start_token_id": 3,
}
# Tiny shapes of the architectures that classifiers on the Hub have, by transformers' names.
SHAPES: dict[str, dict[str, Any]] = {
    "bert": _BERT,
    "albert": {**_BERT, "embedding_size": 8},
    "electra": {**_BERT, "embedding_size": 8},
    "deberta-v2": {**_BERT, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "roberta": {**_BERT, "type_vocab_size": 1},
    "xlm-roberta": {**_BERT, "type_vocab_size": 1},
    "camembert": {**_BERT, "type_vocab_size": 1},
    "mpnet": _BERT,
    "xlnet": {"d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 32},
    "gpt2": {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 32},
    "llama": _DECODER,
    "opt": {**_BERT, "ffn_dim": 32, "word_embed_proj_dim": 16},
    "bloom": {"hidden_size": 16, "n_layer": 2, "n_head": 2},
    "bart": _PAIR,
    "t5": {
        "d_model": 16,
        "d_kv": 8,
        "d_ff": 32,
        "num_layers": 1,
        "num_heads": 2,
        "decoder_start_token_id": 0,
        "eos_token_id": 3,
    },
}


def write_classifier(
    folder: Path, architecture: str, names: dict[int, str] = NAMES, **settings: Any
) -> PreTrainedModel:
    """A whole classifier of an architecture, of random weights, and its tokenizer, as a folder."""
    torch.manual_seed(3)
    shape = {"vocab_size": VOCABULARY, "pad_token_id": 0, **SHAPES[architecture], **settings}
    config = AutoConfig.for_model(architecture, **shape)
    config.id2label = names
    config.label2id = {name: number for number, name in names.items()}
    network = AutoModelForSequenceClassification.from_config(config).eval()
    sharpen(network)
    network.save_pretrained(folder)
    tiny_tokenizer(folder)
    return network


def sharpen(network: torch.nn.Module) -> None:
    """Enlarge the matrices: the usual start is so flat that all texts would score alike."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.5)


def plain_outputs(
    network: torch.nn.Module, folder: Path, texts: list[str], **options: Any
) -> torch.Tensor:
    """What transformers alone computes for each text by itself, (texts, labels)."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        rows = [
            network(**tokenizer(text, return_tensors="pt", **options)).logits[0] for text in texts
        ]
    return torch.stack(rows).double()


def change_config(folder: Path, name: str = "config.json", **changes: Any) -> None:
    """Change entries of a JSON file in `folder`; None removes one."""
    content = json.loads((folder / name).read_text()) | changes
    kept = {key: value for key, value in content.items() if value is not None}
    (folder / name).write_text(json.dumps(kept))


def write_adapter(
    folder: Path,
    base: Path | None = None,
    *,
    labels: int = 2,
    is_classifier: bool = False,
    **settings: Any,
) -> PeftModel:
    """An adapter of random weights as peft saves it, without config.json or tokenizer.

    Args:
        base: folder of its base; by default a backbone is written beside `folder`.
        is_classifier: whether its base is loaded with its own head.
        settings: of the LoRA configuration.
    """
    base = base or tiny_backbone(folder.parent / "base")
    torch.manual_seed(7)
    known = {} if is_classifier else {"num_labels": labels}
    network = AutoModelForSequenceClassification.from_pretrained(base, **known)
    lora = {"r": 4, "target_modules": ["q_lin", "v_lin"], "init_lora_weights": False, **settings}
    adapted = get_peft_model(network, LoraConfig(**lora)).eval()
    adapted.save_pretrained(str(folder))
    (folder / "README.md").unlink(missing_ok=True)
    change_config(folder, "adapter_config.json", base_model_name_or_path=str(base))
    return adapted


def frame_texts(folder: Path, frame: str, **settings: Any) -> None:
    """Change the special tokens around a text, such as `$A:0 [SEP]:0 [CLS]:2`.

    Args:
        settings: further entries of tokenizer_config.json.
    """
    tokenizer = AutoTokenizer.from_pretrained(folder)
    special = [(token, SPECIAL.index(token)) for token in SPECIAL if token in frame]
    processor = TemplateProcessing(single=frame, special_tokens=special)
    tokenizer.backend_tokenizer.post_processor = processor
    tokenizer.save_pretrained(folder)
    generic = {"tokenizer_class": "PreTrainedTokenizerFast"}  # others set their own frame
    change_config(folder, "tokenizer_config.json", **generic, **settings)
