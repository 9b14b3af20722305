"""The table of recipes: backbone, tuning, data set and hyperparameters of each training run.

This module loads without torch, so that `--help` and `--list` are fast.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal

from sentiment.errors import RecipeError

Tuning = Literal["full", "partial", "lora", "head"]
TUNINGS: tuple[Tuning, ...] = ("full", "partial", "lora", "head")
FULL_WEIGHTS: tuple[Tuning, ...] = ("full", "partial")  # train parameters of the backbone
Pooling = Literal["native", "mean"]
POOLINGS: tuple[Pooling, ...] = ("native", "mean")
WeightsType = Literal["float32", "float16"]
WEIGHTS_TYPES: tuple[WeightsType, ...] = ("float32", "float16")
# LoRA target modules by the `model_type` of the configuration.
LORA_TARGETS: dict[str, tuple[str, ...]] = {
    "bert": ("query", "value"),
    "distilbert": ("q_lin", "k_lin", "v_lin", "out_lin", "lin1", "lin2"),
    "gpt2": ("c_attn",),
    "llama": ("q_proj", "v_proj"),
}
_LLAMA_LINEAR = (
    *LORA_TARGETS["llama"],
    "k_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
)
TUNING_TITLES = {
    "full": "Full fine-tuning",
    "partial": "Top layers",
    "lora": "LoRA",
    "head": "Head (frozen backbone)",
}


def _setting(default: Any, help: str) -> Any:
    """Define a setting with its default and its description for `--help` and the docs."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Backbone, tuning, data set and hyperparameters of a training run."""

    name: str
    summary: str
    backbone: str = _setting(
        "distilbert-mini", "pretrained model: a bundled name, a Hub id, or a folder"
    )
    tuning: Tuning = _setting(
        "lora",
        "what is trained: full, all parameters; partial, the layers above the frozen ones; lora, "
        "low-rank matrices and the head; head, the head alone",
    )
    pooling: Pooling = _setting(
        "native",
        "input of the head: native, the token that the architecture names, or mean, the average "
        "of all tokens",
    )
    layer: int | None = _setting(
        None,
        "layer that the head reads, counted from 1; those above it are dropped, and the "
        "normalization that ends the backbone follows it (default: the last)",
    )
    start_from: str | None = _setting(
        None,
        "checkpoint of the same backbone and tuning whose adapter or head is trained further, "
        "instead of a new one",
    )
    freeze_layers: int = _setting(
        0, "with partial tuning: the embeddings and this many of the lowest layers stay frozen"
    )
    dataset: str = _setting("sst2", "data set to train and evaluate on")
    epochs: int = _setting(3, "passes over the training examples")
    batch_size: int = _setting(64, "examples per optimizer step")
    learning_rate: float = _setting(1e-3, "peak learning rate")
    weight_decay: float = _setting(0.01, "AdamW weight decay")
    warmup: float = _setting(0.06, "share of the steps over which the learning rate rises")
    dropout: float | None = _setting(
        None,
        "dropout of the backbone's own layers during training (default: as in pretraining); on "
        "a CPU, 0 halves the time",
    )
    max_length: int = _setting(128, "maximum number of tokens of a training text")
    seed: int = _setting(42, "seed of the head, the adapter, dropout and the order of examples")
    lora_rank: int = _setting(16, "rank of the LoRA matrices")
    lora_alpha: int = _setting(32, "LoRA scale: updates are multiplied by alpha / rank")
    lora_dropout: float = _setting(0.1, "dropout in front of the LoRA matrices")
    lora_targets: tuple[str, ...] = _setting(
        LORA_TARGETS["distilbert"], "linear layers that get LoRA matrices, separated by commas"
    )
    weights_type: WeightsType = _setting(
        "float32", "type of the saved numbers of an adapter or head; float16 halves the file"
    )
    test_share: float = _setting(
        0.0,
        "share of the training examples that is held out at random, stratified by label, and "
        "evaluated as well",
    )
    watched_examples: int = _setting(
        2000, "evaluated after every epoch: a seeded sample of this many evaluation texts"
    )
    min_words: int = _setting(1, "train only on texts of at least this many words")
    max_train_examples: int | None = _setting(
        None, "train on a seeded sample of this many examples, stratified by label"
    )

    def __post_init__(self) -> None:
        _check(self)


_AT_LEAST_ONE = ("epochs", "batch_size", "lora_rank", "lora_alpha", "min_words")
LORA_SETTINGS = ("lora_rank", "lora_alpha", "lora_dropout", "lora_targets")


def _check(recipe: Recipe) -> None:
    if recipe.tuning not in TUNINGS:
        raise RecipeError(f"Unknown tuning {recipe.tuning!r}. Choose from: {', '.join(TUNINGS)}.")
    if recipe.pooling not in POOLINGS:
        raise RecipeError(
            f"Unknown pooling {recipe.pooling!r}. Choose from: {', '.join(POOLINGS)}."
        )
    if recipe.layer is not None and recipe.layer < 1:
        raise RecipeError(f"layer must be at least 1, the lowest, not {recipe.layer!r}.")
    if recipe.weights_type not in WEIGHTS_TYPES:
        raise RecipeError(
            f"Unknown weights_type {recipe.weights_type!r}. Choose from: "
            f"{', '.join(WEIGHTS_TYPES)}."
        )
    if recipe.tuning in FULL_WEIGHTS and recipe.weights_type != "float32":
        raise RecipeError("weights_type goes with LoRA and head tuning: whole models are float32.")
    if (recipe.freeze_layers > 0) != (recipe.tuning == "partial"):
        raise RecipeError(
            f"freeze_layers goes with partial tuning, where it is at least 1; it is "
            f"{recipe.freeze_layers} and the tuning is {recipe.tuning}."
        )
    if recipe.tuning in FULL_WEIGHTS and recipe.pooling != "native":
        raise RecipeError(
            f"Mean pooling goes with LoRA and head tuning: {recipe.tuning} tuning saves a whole "
            f"model, which plain transformers must load as it is."
        )
    if recipe.tuning in FULL_WEIGHTS and recipe.start_from:
        raise RecipeError("start_from goes with LoRA and head tuning only.")
    for name in _AT_LEAST_ONE:
        if getattr(recipe, name) < 1:
            raise RecipeError(f"{name} must be at least 1, not {getattr(recipe, name)!r}.")
    if not recipe.learning_rate > 0:
        raise RecipeError(f"learning_rate must be above 0, not {recipe.learning_rate!r}.")
    if not 0 <= recipe.warmup < 1:
        raise RecipeError(f"warmup is a share of the steps, 0 to below 1, not {recipe.warmup!r}.")
    if not 0 <= recipe.lora_dropout < 1:
        raise RecipeError(f"lora_dropout must be 0 to below 1, not {recipe.lora_dropout!r}.")
    if recipe.dropout is not None and not 0 <= recipe.dropout < 1:
        raise RecipeError(f"dropout must be 0 to below 1, not {recipe.dropout!r}.")
    if not 0 <= recipe.seed < 2**32:
        raise RecipeError(f"seed must be 0 to {2**32 - 1}, not {recipe.seed!r}.")
    if recipe.max_length < 8:
        raise RecipeError(f"max_length must be at least 8 tokens, not {recipe.max_length!r}.")
    if not 0 <= recipe.test_share < 1:
        raise RecipeError(f"test_share must be 0 to below 1, not {recipe.test_share!r}.")
    if recipe.watched_examples < 2:
        raise RecipeError(
            f"watched_examples must be at least 2, one per label, not {recipe.watched_examples!r}."
        )
    if recipe.max_train_examples is not None and recipe.max_train_examples < 2:
        raise RecipeError(
            f"max_train_examples must be at least 2, one per label, not "
            f"{recipe.max_train_examples!r}."
        )


def override(recipe: Recipe, **changes: Any) -> Recipe:
    """Return `recipe` with the settings in `changes` that are not None.

    Raises:
        RecipeError: a setting is out of range, or does not apply to the tuning.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if recipe.tuning != "lora":
        foreign = [name for name in LORA_SETTINGS if name in given]
        if foreign:
            raise RecipeError(
                f"{foreign[0]} belongs to LoRA, but {recipe.name!r} trains the "
                f"{recipe.tuning} only. Leave it out, or choose a LoRA recipe."
            )
    return replace(recipe, **given)


_GPT2_LORA: dict[str, Any] = {
    "lora_rank": 8,
    "lora_alpha": 16,
    "lora_dropout": 0.1,
    "lora_targets": LORA_TARGETS["gpt2"],
    "pooling": "mean",
    "learning_rate": 3e-3,
}
_LLAMA_LORA: dict[str, Any] = {
    "epochs": 2,
    "batch_size": 32,
    "learning_rate": 2e-4,
    "lora_rank": 8,
    "lora_alpha": 16,
    "lora_targets": LORA_TARGETS["llama"],
}
_SMOLLM2_LORA: dict[str, Any] = {
    "pooling": "mean",
    "epochs": 1,
    "batch_size": 32,
    "learning_rate": 5e-4,
    "lora_dropout": 0.0,
    "min_words": 4,
}
_DECODER_HEAD: dict[str, Any] = {"tuning": "head", "epochs": 20, "batch_size": 256}

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="distilbert-mini-sst2-lora",
            summary="MiniLM in DistilBERT's layout, LoRA on every linear layer, on SST-2",
        ),
        Recipe(
            name="distilbert-mini-sst2-head",
            summary="MiniLM in DistilBERT's layout, head on the frozen backbone, on SST-2",
            tuning="head",
            pooling="mean",
            epochs=5,
            batch_size=256,
        ),
        Recipe(
            name="distilbert-mini-imdb-lora",
            summary="MiniLM in DistilBERT's layout, LoRA on every linear layer, on IMDb",
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
            summary="MiniLM in DistilBERT's layout, LoRA on IMDb first and then on SST-2",
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
            summary="Llama (mini), head on the frozen backbone, on 80 % of SST-2",
            backbone="llama-mini",
            pooling="mean",
            test_share=0.2,
            **_DECODER_HEAD,
        ),
        Recipe(
            name="llama-mini-imdb-head",
            summary="Llama (mini), head on the frozen backbone, on IMDb",
            backbone="llama-mini",
            pooling="mean",
            dataset="imdb",
            max_length=512,
            **_DECODER_HEAD,
        ),
        Recipe(
            name="smollm2-135m-sst2-lora",
            summary="SmolLM2 135M with LoRA on every linear layer, on SST-2",
            backbone="smollm2-135m",
            layer=24,
            lora_targets=_LLAMA_LINEAR,
            weights_type="float16",
            **_SMOLLM2_LORA,
        ),
        Recipe(
            name="smollm2-135m-sst2-head",
            summary="SmolLM2 135M, head on a middle layer of the frozen backbone, on SST-2",
            backbone="smollm2-135m",
            pooling="mean",
            layer=15,
            weights_type="float16",
            **_DECODER_HEAD,
        ),
        Recipe(
            name="distilbert-imdb",
            summary="DistilBERT, full fine-tuning on IMDb, as published (0.9329)",
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
            summary="DistilBERT, top two of six layers fine-tuned, on IMDb",
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
            summary="DistilBERT, full fine-tuning on SST-2",
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
            summary="Llama 3.2 1B, head on the frozen backbone, on 80 % of SST-2",
            backbone="meta-llama/Llama-3.2-1B",
            test_share=0.2,
            **_DECODER_HEAD,
        ),
        Recipe(
            name="llama-sst2-lora",
            summary="Llama 3.2 1B with LoRA on its queries and values, on SST-2",
            backbone="meta-llama/Llama-3.2-1B",
            **_LLAMA_LORA,
        ),
        Recipe(
            name="llama-instruct-sst2-lora",
            summary="Llama 3.2 1B Instruct with LoRA on its queries and values, on SST-2",
            backbone="meta-llama/Llama-3.2-1B-Instruct",
            **_LLAMA_LORA,
        ),
        Recipe(
            name="smollm2-360m-sst2-lora",
            summary="SmolLM2 360M with LoRA on every linear layer, on SST-2",
            backbone="HuggingFaceTB/SmolLM2-360M-Instruct",
            lora_targets=_LLAMA_LINEAR,
            **_SMOLLM2_LORA,
        ),
        Recipe(
            name="smollm2-360m-sst2-head",
            summary="SmolLM2 360M, head on a middle layer of the frozen backbone, on SST-2",
            backbone="HuggingFaceTB/SmolLM2-360M-Instruct",
            pooling="mean",
            layer=21,
            **_DECODER_HEAD,
        ),
        Recipe(
            name="gemma-270m-sst2-head",
            summary="Gemma 3 270M, head on a middle layer of the frozen backbone, on SST-2",
            backbone="google/gemma-3-270m",
            pooling="mean",
            layer=9,
            **_DECODER_HEAD,
        ),
        Recipe(
            name="gemma-sst2-head",
            summary="Gemma 3 1B, head on the frozen backbone, on 80 % of SST-2",
            backbone="google/gemma-3-1b-pt",
            test_share=0.2,
            **_DECODER_HEAD,
        ),
    )
}


def find_recipe(name: str) -> Recipe:
    """Find the recipe called `name`.

    Raises:
        RecipeError: there is none; the message suggests a similar name.
    """
    if name in RECIPES:
        return RECIPES[name]
    near = get_close_matches(name, RECIPES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise RecipeError(f"Unknown recipe {name!r}.{hint} Choose from: {', '.join(RECIPES)}.")
