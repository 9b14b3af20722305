"""Every full-size recipe trains a tiny network of its backbone's architecture, end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForPreTraining,
)

import train_model
from sentiment.accounting import CONFIGS
from sentiment.backbone_writer import build_tokenizer
from sentiment.classifier import ClassifierLoader
from sentiment.corpus import train_tokenizer
from sentiment.recipes import RECIPES
from sentiment.scoring import score
from tests.builders import (
    VOCABULARY,
    labelled_texts,
    tiny_miniature,
    tiny_tokenizer,
    write_imdb,
    write_sst2,
)

FULL_SIZE = [name for name, recipe in RECIPES.items() if "/" in recipe.backbone]
TEXTS = ["a great film .", "the dull story made my evening . a clumsy cast"]
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


def _backbone(folder: Path, hub_id: str) -> Path:
    """A random network of the architecture of `hub_id`, as a download from the Hub would lie."""
    described = json.loads((CONFIGS / f"{hub_id.replace('/', '--')}.json").read_text())
    kind = described["model_type"]
    config = AutoConfig.for_model(**{**described, **SMALL[kind], "pad_token_id": 0})
    torch.manual_seed(0)
    FAMILIES.get(kind, AutoModelForCausalLM).from_config(config).save_pretrained(folder)
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


@pytest.fixture(params=FULL_SIZE, scope="module")
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    backbone = _backbone(folder / "tiny", RECIPES[request.param].backbone)
    data = write_imdb(write_sst2(folder / "data"))
    options = ["--epochs", "2", "--batch-size", "8", "--max-length", "32"]
    paths = ["--backbone", str(backbone), "--data", str(data), "--output", str(folder / "out")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIMENT_CHECKPOINTS", str(folder / "trained"))
        assert train_model.main([request.param, *paths, *options]) == 0
    return folder / "out"


def test_its_settings_are_the_recipes(trained: Path) -> None:
    run = json.loads((trained / "run.json").read_text())
    recipe = RECIPES[run["recipe"]["name"]]
    for setting in ("tuning", "learning_rate", "freeze_layers", "lora_rank", "test_share", "seed"):
        assert run["recipe"][setting] == getattr(recipe, setting)
    assert run["parameters"]["trainable"] < run["parameters"]["total"] or recipe.tuning == "full"
    assert run["peak_memory_bytes"] > 1e6
    assert sum("evaluation_loss" in entry for entry in run["history"]) == 2


def test_the_backbone_was_asked_first(trained: Path) -> None:
    run = json.loads((trained / "run.json").read_text())
    method = "cloze" if "bert" in run["recipe"]["name"] else "prompt"
    scored = json.loads((trained / "metrics.json").read_text())["evaluations"]
    assert len(scored) == 1 + (run["recipe"]["test_share"] > 0)
    for sides in scored:
        assert sides["zero-shot"]["n"] == sides["fine-tuned"]["n"] > 0
    card = (trained / "README.md").read_text()
    assert f"without any training: {method}" in card
    assert "## Epoch by epoch" in card


def test_its_folder_loads_without_this_project(trained: Path) -> None:
    code = (trained / "README.md").read_text().split("```python\n")[1].split("```")[0]
    code = code.replace('"out"', repr(str(trained)))
    is_pipeline = "pipeline" in code
    asked = repr(TEXTS) if is_pipeline else f"{TEXTS!r}, padding=True"
    names: dict[str, Any] = {}
    exec(code.replace('"What a film!"', asked), names)
    if is_pipeline:
        expected = [
            {entry["label"]: entry["score"] for entry in answer}["positive"]
            for answer in names["scores"]
        ]
    else:
        expected = names["scores"][:, 1].tolist()
    found = score(ClassifierLoader().load(str(trained)), TEXTS).p_positive
    assert found == pytest.approx(expected, abs=1e-5)
