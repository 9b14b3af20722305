"""Saving of a pretrained miniature as a backbone: float16 weights, tokenizer and model cards."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from sentiment.errors import CheckpointError
from sentiment.inference.loader import ClassifierLoader
from sentiment.inference.scoring import score
from sentiment.models.catalogue import CARD_FILE
from sentiment.pretraining.corpus import held_out_texts
from sentiment.pretraining.language_model import LanguageModelling
from sentiment.pretraining.miniatures import END_OF_TEXT, Miniature
from sentiment.probabilities import log_odds
from sentiment.runtime.files import hash_files, write_folder, write_json
from sentiment.runtime.hardware import describe_hardware, move_to
from sentiment.runtime.provenance import commit, now, versions
from sentiment.zero_shot.templates import DEFAULT_TEMPLATES, TEMPLATES

logger = logging.getLogger(__name__)
N_BIAS_TEXTS = 200
PRETRAINING_FILE = "pretraining.json"
LICENSE = "apache-2.0"
HISTORY_POINTS = 100
_README = """---
language: en
library_name: transformers
license: {license_id}
pipeline_tag: text-generation
datasets:
- stanfordnlp/imdb
- stanfordnlp/sst2
---

# {name}

A miniature of {title}: {parameters:,} parameters ({layers} layers, hidden size {hidden_size},
{context} positions), stored in float16. It was pretrained on movie reviews only, by next-token
prediction; no label was used.

It was trained on {tokens:,} tokens ({epochs:.2f} epochs) of IMDb's train and unsupervised reviews
and of SST-2's training phrases, in {hours:.1f} hours on {hardware}. Texts that are also in IMDb's
test split or in SST-2's validation split were removed ({left_out:,} of them). Perplexity on
{held_out:,} held-out reviews, after rounding to float16: {perplexity:.2f} per token.

Its prompt template is `{template}`, the one with the smallest bias: over {n_texts} of the held-out
reviews, the mean log-odds of positive, in standard deviations from review to review, were
{biases}.
No label was used.

The tokenizer is a byte-level BPE of {vocabulary:,} tokens, trained on the same texts in lower
case. `pretraining.json` holds the settings, the learning curve, versions and commit.
"""


@dataclass(frozen=True)
class LabelBias:
    """Bias of a template: log-odds of the positive label over unlabelled texts."""

    mean: float
    spread: float  # standard deviation over the texts

    @property
    def standardized(self) -> float:
        """Return the mean in standard deviations."""
        return self.mean / self.spread if self.spread else float("inf")


def measure_label_bias(folder: Path, texts: Sequence[str]) -> dict[str, LabelBias]:
    """Measure the label bias of the backbone in `folder` on `texts`, by prompt template.

    Templates that are too long for the backbone are skipped.
    """
    loader = ClassifierLoader()
    biases = {}
    for template in TEMPLATES.values():
        if template.kind == "prompt":
            classifier = loader.load_zero_shot(str(folder), template=template.name)
            try:
                p = score(classifier, texts).p_positive
            except CheckpointError as error:
                logger.warning("%s", error)
                continue
            odds = log_odds(p)
            biases[template.name] = LabelBias(float(odds.mean()), float(odds.std()))
    return biases


def choose_template(biases: dict[str, LabelBias]) -> str:
    """Choose the name of the template with the smallest bias."""
    return min(
        biases, key=lambda name: abs(biases[name].standardized), default=DEFAULT_TEMPLATES["prompt"]
    )


@dataclass(frozen=True)
class SavedBackbone:
    """Size and perplexity of a saved backbone, measured on the saved weights."""

    parameters: int
    size_bytes: int
    perplexity: float  # on the held-out reviews, per token, in float32
    template: str  # its default prompt template


def build_tokenizer(tokenizer: Tokenizer, miniature: Miniature) -> PreTrainedTokenizerFast:
    """Build the transformers tokenizer from the corpus's tokenizer.

    As in the original models, Llama's adds a beginning-of-text token, and GPT-2's does not.
    """
    if miniature.architecture == "llama":
        begin = tokenizer.token_to_id(END_OF_TEXT)
        tokenizer.post_processor = TemplateProcessing(
            single=f"{END_OF_TEXT} $A",
            pair=f"{END_OF_TEXT} $A {END_OF_TEXT} $B",
            special_tokens=[(END_OF_TEXT, begin)],
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=END_OF_TEXT,
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        model_max_length=miniature.context,
    )


def save_backbone(run: LanguageModelling, output: Path) -> SavedBackbone:
    """Write the backbone `run` has trained to `output`, a folder that does not exist yet.

    Raises:
        CheckpointError: `output` exists, or cannot be written.
    """
    miniature = run.miniature
    training_precision, run.precision = run.precision, "fp32"  # for the perplexity below
    with write_folder(output) as staging:
        move_to(run.model, "cpu")
        run.model.half().save_pretrained(staging)
        weights = staging / "model.safetensors"
        weights.chmod(0o644)
        build_tokenizer(run.corpus.tokenizer, miniature).save_pretrained(staging)
        run.model = AutoModelForCausalLM.from_pretrained(staging, dtype=torch.float32)
        move_to(run.model, run.device)
        write_json(staging / CARD_FILE, {"zero_shot": "prompt"})
        biases = measure_label_bias(staging, held_out_texts(run.corpus)[:N_BIAS_TEXTS])
        saved = SavedBackbone(
            template=choose_template(biases),
            parameters=sum(p.numel() for p in run.model.parameters()),
            size_bytes=weights.stat().st_size,
            perplexity=run.perplexity(),
        )
        metadata = {
            **_describe(run, saved),
            "precision": training_precision,
            "weights_hash": hash_files([weights]),
        }
        write_cards(staging, metadata, biases)
    return saved


def write_cards(folder: Path, metadata: dict[str, Any], biases: dict[str, LabelBias]) -> str:
    """Write the cards of the backbone in `folder`; return its default template.

    Args:
        metadata: the content of `pretraining.json`, without the label bias.
        biases: the label bias by template.
    """
    miniature = metadata["miniature"]
    template = choose_template(biases)
    card = {
        "name": miniature["name"],
        "title": miniature["title"],
        "size": "mini",
        "parameters": metadata["parameters"],
        "zero_shot": "prompt",
        "template": template,
        "license": LICENSE,
        "source": "pretrained by this project",
    }
    unlabelled = {name: asdict(bias) for name, bias in biases.items()}
    write_json(folder / CARD_FILE, card)
    write_json(folder / PRETRAINING_FILE, {**metadata, "unlabelled_log_odds": unlabelled})
    readme = _render_readme(metadata, biases, template)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    return template


def _describe(run: LanguageModelling, saved: SavedBackbone) -> dict[str, Any]:
    history = run.progress.history
    every = max(1, math.ceil(len(history) / HISTORY_POINTS))
    last = len(history) - 1
    return {
        "format": 1,
        "date": now(),
        "miniature": asdict(run.miniature),
        "budget": asdict(run.budget),
        "corpus": run.corpus.facts,
        "tokens": run.tokens,
        "epochs": round(run.epochs, 4),
        "seconds": round(run.progress.seconds, 1),
        "held_out_perplexity": round(saved.perplexity, 4),
        "parameters": saved.parameters,
        "history": [
            point
            for i, point in enumerate(history)
            if i % every == 0 or i == last or "perplexity" in point
        ],
        "hardware": describe_hardware(),
        "versions": versions(),
        "commit": commit(),
    }


def _render_readme(metadata: dict[str, Any], biases: dict[str, LabelBias], template: str) -> str:
    machine, miniature, corpus = metadata["hardware"], metadata["miniature"], metadata["corpus"]
    return _README.format(
        license_id=LICENSE,
        name=miniature["name"],
        title=miniature["title"],
        parameters=metadata["parameters"],
        layers=miniature["layers"],
        hidden_size=miniature["hidden_size"],
        context=miniature["context"],
        vocabulary=miniature["vocabulary"],
        tokens=metadata["tokens"],
        epochs=metadata["epochs"],
        hours=metadata["seconds"] / 3600,
        hardware=machine.get("accelerator", f"{machine['cores']} cores of {machine['processor']}"),
        left_out=corpus["left_out_as_test_texts"],
        held_out=corpus["held_out_reviews"],
        perplexity=metadata["held_out_perplexity"],
        template=template,
        n_texts=min(N_BIAS_TEXTS, corpus["held_out_reviews"]),
        biases=", ".join(f"{bias.standardized:+.2f} ({name})" for name, bias in biases.items()),
    )
