"""The one table of recipes: every system that this project trains is an entry of pure data.

Loads without torch, so that `--help` and `--list` answer at once.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from sentiment.errors import RecipeError
from sentiment.recipe import LORA_TARGETS, Recipe

_GPT2_LORA: dict[str, Any] = {
    "lora_rank": 8,
    "lora_alpha": 16,
    "lora_dropout": 0.1,
    "lora_targets": LORA_TARGETS["gpt2"],
    "pooling": "mean",
    "learning_rate": 3e-3,
}
_DECODER_HEAD: dict[str, Any] = {"tuning": "head", "epochs": 20, "batch_size": 256}

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="distilbert-mini-sst2-lora",
            summary="DistilBERT (mini) with LoRA on every linear layer, on SST-2",
        ),
        Recipe(
            name="distilbert-mini-sst2-head",
            summary="DistilBERT (mini) frozen, a new head on top, on SST-2",
            tuning="head",
            pooling="mean",
            epochs=5,
            batch_size=256,
        ),
        Recipe(
            name="distilbert-mini-imdb-lora",
            summary="DistilBERT (mini) with LoRA on every linear layer, on IMDb",
            dataset="imdb",
            pooling="mean",
            max_length=512,
            batch_size=16,
            learning_rate=7e-4,
            epochs=1,
            dropout=0.0,
            lora_dropout=0.0,
        ),
        Recipe(
            name="distilbert-mini-imdb-sst2-lora",
            summary="DistilBERT (mini) with LoRA, on IMDb first and then on SST-2",
            start_from="distilbert-mini-imdb-lora",
            pooling="mean",
            batch_size=32,
            learning_rate=5e-4,
            epochs=2,
            lora_dropout=0.0,
        ),
        Recipe(
            name="gpt2-mini-sst2-lora",
            summary="GPT-2 (mini) with LoRA on its attention, on SST-2",
            backbone="gpt2-mini",
            epochs=5,
            **_GPT2_LORA,
        ),
        Recipe(
            name="gpt2-mini-imdb-lora",
            summary="GPT-2 (mini) with LoRA on its attention, on IMDb",
            backbone="gpt2-mini",
            dataset="imdb",
            max_length=512,
            epochs=2,
            **_GPT2_LORA,
        ),
        Recipe(
            name="llama-mini-sst2-head",
            summary="Llama (mini) frozen, a new head on top, on 80 % of SST-2",
            backbone="llama-mini",
            pooling="mean",
            test_share=0.2,
            **_DECODER_HEAD,
        ),
        Recipe(
            name="llama-mini-imdb-head",
            summary="Llama (mini) frozen, a new head on top, on IMDb",
            backbone="llama-mini",
            pooling="mean",
            dataset="imdb",
            max_length=512,
            **_DECODER_HEAD,
        ),
        Recipe(
            name="distilbert-imdb",
            summary="DistilBERT fine-tuned as a whole on IMDb, as published (0.9329)",
            backbone="distilbert/distilbert-base-uncased",
            tuning="full",
            dataset="imdb",
            epochs=5,
            batch_size=16,
            learning_rate=2e-5,
            weight_decay=0.0,
            warmup=0.0,
            max_length=512,
            watched_examples=25_000,
        ),
        Recipe(
            name="distilbert-imdb-frozen",
            summary="DistilBERT with its embeddings and four of six layers frozen, on IMDb",
            backbone="distilbert/distilbert-base-uncased",
            tuning="partial",
            freeze_layers=4,
            dataset="imdb",
            epochs=3,
            batch_size=16,
            learning_rate=5e-5,
            max_length=512,
        ),
        Recipe(
            name="distilbert-sst2",
            summary="DistilBERT fine-tuned as a whole on SST-2",
            backbone="distilbert/distilbert-base-uncased",
            tuning="full",
            batch_size=32,
            learning_rate=2e-5,
        ),
        Recipe(
            name="gpt2-sst2-lora",
            summary="GPT-2 with LoRA on its attention, on SST-2",
            backbone="openai-community/gpt2",
            batch_size=32,
            learning_rate=5e-4,
            lora_rank=8,
            lora_alpha=16,
            lora_targets=LORA_TARGETS["gpt2"],
        ),
        Recipe(
            name="bert-imdb-lora",
            summary="BERT with LoRA on its queries and values, on IMDb",
            backbone="google-bert/bert-base-cased",
            dataset="imdb",
            batch_size=16,
            learning_rate=5e-4,
            max_length=512,
            lora_rank=8,
            lora_alpha=16,
            lora_targets=LORA_TARGETS["bert"],
        ),
        Recipe(
            name="llama-sst2-head",
            summary="Llama 3.2 1B frozen, a new head on top, on 80 % of SST-2",
            backbone="meta-llama/Llama-3.2-1B",
            test_share=0.2,
            **_DECODER_HEAD,
        ),
        Recipe(
            name="llama-sst2-lora",
            summary="Llama 3.2 1B with LoRA on its queries and values, on SST-2",
            backbone="meta-llama/Llama-3.2-1B",
            epochs=2,
            batch_size=32,
            learning_rate=2e-4,
            lora_rank=8,
            lora_alpha=16,
            lora_targets=LORA_TARGETS["llama"],
        ),
        Recipe(
            name="gemma-sst2-head",
            summary="Gemma 3 1B frozen, a new head on top, on 80 % of SST-2",
            backbone="google/gemma-3-1b-pt",
            test_share=0.2,
            **_DECODER_HEAD,
        ),
    )
}


def find_recipe(name: str) -> Recipe:
    """The recipe called `name`.

    Raises:
        RecipeError: there is none; the message lists those there are, the nearest one first.
    """
    if name in RECIPES:
        return RECIPES[name]
    near = get_close_matches(name, RECIPES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise RecipeError(f"Unknown recipe {name!r}.{hint} Choose from: {', '.join(RECIPES)}.")
