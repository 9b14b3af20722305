"""Turn a finished pretraining into a backbone folder: half-precision weights, tokenizer, cards."""

from __future__ import annotations

import logging
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from sentiment.backbones import CARD_FILE
from sentiment.classifier import ClassifierLoader
from sentiment.corpus import held_out_texts
from sentiment.errors import CheckpointError
from sentiment.folders import hash_files, write_folder, write_json
from sentiment.hardware import describe_hardware
from sentiment.language_modelling import LanguageModelling
from sentiment.miniatures import END_OF_TEXT, Miniature
from sentiment.provenance import commit, now, versions
from sentiment.scoring import score
from sentiment.templates import DEFAULT_TEMPLATES, TEMPLATES

logger = logging.getLogger(__name__)

PRETRAINING_FILE = "pretraining.json"
LICENSE = "apache-2.0"
ASKED_TEXTS = 200  # held-out reviews that every template is tried on, without labels
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

A miniature of {title}: {parameters:,} parameters ({layers} layers, {width} wide, {context}
positions), stored in float16. It learned to predict the next token of movie reviews and nothing
else; no label was used.

It read {tokens:,} tokens ({passes:.2f} passes) of IMDb's train and unsupervised reviews and of
SST-2's training phrases, in {hours:.1f} hours on {hardware}. Texts that also stand in IMDb's test
split or in SST-2's validation split were taken out ({left_out:,} of them). Perplexity on
{held_out:,} reviews kept back, after rounding to float16: {perplexity:.2f} per token.

It is asked with the template `{template}`, which of all templates leans least: over {asked} of the
reviews kept back, the mean log-odds of positive were {odds}. No label was used.

The tokenizer is a byte-level BPE of {vocabulary:,} tokens, trained on the same texts in lower
case. `pretraining.json` holds the settings, the learning curve, versions and commit.
"""


@dataclass(frozen=True)
class SavedBackbone:
    """What was written, measured on the weights as they were saved."""

    parameters: int
    size_bytes: int
    perplexity: float  # on the held-out reviews, per token, in float32
    answers: dict[str, float]  # mean log-odds of positive that each template gives them
    template: str  # the most even one


def build_tokenizer(tokenizer: Tokenizer, miniature: Miniature) -> PreTrainedTokenizerFast:
    """The corpus's tokenizer as transformers knows it.

    Like its big sibling, Llama's begins every text with the beginning-of-text token, and GPT-2's
    does not.
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
        CheckpointError: `output` exists, or the disk refuses.
    """
    miniature = run.miniature
    trained_in, run.precision = run.precision, "fp32"  # measured is what the saved weights compute
    with write_folder(output) as staging:
        torch.nn.Module.to(run.model, "cpu")
        run.model.half().save_pretrained(staging)
        weights = staging / "model.safetensors"
        weights.chmod(0o644)
        build_tokenizer(run.corpus.tokenizer, miniature).save_pretrained(staging)
        run.model = AutoModelForCausalLM.from_pretrained(staging, dtype=torch.float32)
        torch.nn.Module.to(run.model, run.device)
        answers = _ask_unlabelled(staging, run)
        saved = SavedBackbone(
            answers=answers,
            template=min(
                answers, key=lambda name: abs(answers[name]), default=DEFAULT_TEMPLATES["prompt"]
            ),
            parameters=sum(p.numel() for p in run.model.parameters()),
            size_bytes=weights.stat().st_size,
            perplexity=run.perplexity(),
        )
        write_json(
            staging / CARD_FILE,
            {
                "name": miniature.name,
                "title": miniature.title,
                "size": "mini",
                "parameters": saved.parameters,
                "zero_shot": "prompt",
                "template": saved.template,
                "license": LICENSE,
                "source": "pretrained by this project",
            },
        )
        facts = {**_describe(run, saved), "precision": trained_in}
        write_json(staging / PRETRAINING_FILE, {**facts, "weights_hash": hash_files([weights])})
        (staging / "README.md").write_text(_render_readme(run, facts, saved), encoding="utf-8")
    return saved


def _ask_unlabelled(folder: Path, run: LanguageModelling) -> dict[str, float]:
    """Mean log-odds of positive by template over held-out reviews, whose labels are not known here.

    Some templates lean to one label whatever the text, because its words are the more frequent
    ones. The one that leans least is the backbone's own.
    """
    write_json(folder / CARD_FILE, {"zero_shot": "prompt"})
    texts = held_out_texts(run.corpus)[:ASKED_TEXTS]
    loader = ClassifierLoader()
    answers = {}
    for template in TEMPLATES.values():
        if template.method == "prompt":
            classifier = loader.load_zero_shot(str(folder), template=template.name)
            try:
                p = score(classifier, texts).p_positive
            except CheckpointError as error:  # longer than so small a network reads
                logger.warning("%s", error)
                continue
            answers[template.name] = float(np.mean(np.log(p) - np.log1p(-p)))
    return answers


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
        "passes": round(run.passes, 4),
        "seconds": round(run.progress.seconds, 1),
        "held_out_perplexity": round(saved.perplexity, 4),
        "unlabelled_log_odds": {name: round(odds, 4) for name, odds in saved.answers.items()},
        "history": [
            point
            for i, point in enumerate(history)
            if i % every == 0 or i == last or "perplexity" in point
        ],
        "hardware": describe_hardware(),
        "versions": versions(),
        "commit": commit(),
    }


def _render_readme(run: LanguageModelling, facts: dict[str, Any], saved: SavedBackbone) -> str:
    machine = facts["hardware"]
    return _README.format(
        license_id=LICENSE,
        name=run.miniature.name,
        title=run.miniature.title,
        parameters=saved.parameters,
        layers=run.miniature.layers,
        width=run.miniature.width,
        context=run.miniature.context,
        vocabulary=run.miniature.vocabulary,
        tokens=run.tokens,
        passes=run.passes,
        hours=run.progress.seconds / 3600,
        hardware=machine.get("accelerator", f"{machine['cores']} cores of {machine['processor']}"),
        left_out=run.corpus.facts["left_out_as_test_texts"],
        held_out=run.corpus.facts["held_out_reviews"],
        perplexity=saved.perplexity,
        template=saved.template,
        asked=min(ASKED_TEXTS, run.corpus.facts["held_out_reviews"]),
        odds=", ".join(f"{odds:+.2f} ({name})" for name, odds in saved.answers.items()),
    )
