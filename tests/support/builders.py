"""Ready-made parts for tests: a fake classifier, tiny random networks, small data sets.

Every text here was written for the tests.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertForMaskedLM,
    DistilBertForSequenceClassification,
    DistilBertModel,
    DistilBertTokenizer,
)

from sentiment.data.examples import Examples
from sentiment.errors import SentimentError
from sentiment.method import Kind, Method
from sentiment.models.encoding import Tokenized
from sentiment.pretraining.corpus import train_tokenizer
from sentiment.pretraining.language_model import build_language_model
from sentiment.pretraining.miniatures import Architecture, Miniature
from sentiment.pretraining.save import build_tokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
GOOD = ("great", "lovely", "superb", "charming")
BAD = ("awful", "dull", "clumsy", "hollow")
NOUNS = ("film", "story", "cast", "ending")
FRAMES = ("a {} {} .", "the {} {} made my evening .")
WORDS = sorted(
    {word for frame in FRAMES for word in frame.split() if word != "{}"}
    | {*GOOD, *BAD, *NOUNS}
    | {"it", "was", "terrible", "dreadful", "wonderful", "n", "/"}
)


VOCABULARY = len(SPECIAL) + len(WORDS)


def attempt(work: Callable[..., Any], *arguments: Any) -> tuple[Any, str]:
    """(what `work` returns, empty), or (None, the sentence that refuses it)."""
    try:
        return work(*arguments), ""
    except SentimentError as error:
        return None, str(error)


def labelled_texts() -> list[tuple[str, int]]:
    """64 short texts, half of them positive, no two alike."""
    return [
        (frame.format(word, noun), label)
        for label, words in enumerate((BAD, GOOD))
        for frame, word, noun in product(FRAMES, words, NOUNS)
    ]


def labelled_examples() -> Examples:
    """`labelled_texts` as a training takes them."""
    texts, labels = zip(*labelled_texts(), strict=True)
    return Examples("written", "train", texts, np.array(labels), np.arange(len(texts)))


def write_sst2(folder: Path) -> Path:
    """A data folder with `sst2/train.parquet` and `sst2/validation.parquet` in the Hub's schema."""
    (folder / "sst2").mkdir(parents=True)
    rows = labelled_texts()
    others = [(text.replace(" .", " n ."), label) for text, label in rows[::3]]
    for split, part in (("train", rows), ("validation", others)):
        frame = pd.DataFrame(part, columns=["sentence", "label"])
        frame.insert(0, "idx", range(len(frame)))
        frame.to_parquet(folder / "sst2" / f"{split}.parquet")
    return folder


def write_imdb(folder: Path) -> Path:
    """A data folder with `imdb/` in the Hub's schema, next to `write_sst2`'s; texts are longer."""
    (folder / "imdb").mkdir(parents=True)
    rows = [
        (f"{text} <br /><br />{other} and then {text} {other} {text}", label)
        for (text, label), (other, _) in zip(labelled_texts(), labelled_texts()[1:], strict=False)
    ]
    parts = {"train": rows[::2], "test": rows[1::2], "unsupervised": rows[::-2] + rows[1:5]}
    for split, part in parts.items():
        frame = pd.DataFrame(part, columns=["text", "label"])
        if split == "unsupervised":
            frame["label"] = -1
        frame.to_parquet(folder / "imdb" / f"{split}.parquet")
    return folder


def tiny_miniature(**settings: Any) -> Miniature:
    """A decoder of one layer, 16 wide, that trains in no time."""
    shape = {
        "hidden_size": 16,
        "layers": 1,
        "heads": 2,
        "intermediate_size": 32,
        "vocabulary": 300,
        "context": 16,
    }
    run = {"sequences_per_step": 4, "warmup_tokens": 640}
    name = {"name": "tiny", "title": "Tiny", "architecture": "gpt2"}
    return Miniature(**{**name, **shape, **run, **settings})


def tiny_tokenizer(folder: Path) -> DistilBertTokenizer:
    """A WordPiece tokenizer over the words of these tests, saved to `folder`."""
    tokenizer = DistilBertTokenizer(
        vocab={token: i for i, token in enumerate((*SPECIAL, *WORDS))}, model_max_length=32
    )
    tokenizer.save_pretrained(folder)
    return tokenizer


def tiny_bert(seed: int = 0) -> BertModel:
    """A BERT encoder of random weights, two layers of width 16."""
    torch.manual_seed(seed)
    return BertModel(
        BertConfig(
            vocab_size=VOCABULARY,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=32,
            max_position_embeddings=32,
            initializer_range=0.5,
            pad_token_id=0,
        )
    ).eval()


def tiny_config(**settings: Any) -> DistilBertConfig:
    """DistilBERT with two layers of width 16 over the words of these tests."""
    shape = {"dim": 16, "n_layers": 2, "n_heads": 4, "hidden_dim": 32}
    size = {"vocab_size": VOCABULARY, "max_position_embeddings": 32, "pad_token_id": 0}
    return DistilBertConfig(**{**shape, **size, "initializer_range": 0.2, **settings})


def tiny_backbone(folder: Path, seed: int = 0, **settings: Any) -> Path:
    """A DistilBERT backbone of random weights with its backbone.json, as a folder."""
    torch.manual_seed(seed)
    model = DistilBertModel(tiny_config(**settings))
    model.save_pretrained(folder)
    tiny_tokenizer(folder)
    card = {
        "name": folder.name,
        "title": "Tiny",
        "size": "test",
        "parameters": sum(p.numel() for p in model.parameters()),
        "zero_shot": "similarity",
        "license": "apache-2.0",
        "source": "nobody/tiny",
    }
    (folder / "backbone.json").write_text(json.dumps(card))
    return folder


def tiny_decoder(
    folder: Path, architecture: Architecture = "gpt2", seed: int = 0, **settings: Any
) -> Path:
    """A causal language model of random weights with its backbone.json, as a folder."""
    miniature = tiny_miniature(architecture=architecture, context=160, seed=seed, **settings)
    model = build_language_model(miniature)
    with torch.no_grad():  # the usual start is so flat that every text would score alike
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(12)
    model.save_pretrained(folder)
    texts = [text for text, _ in labelled_texts()]
    tokenizer = train_tokenizer(texts, vocabulary=miniature.vocabulary)
    build_tokenizer(tokenizer, miniature).save_pretrained(folder)
    card = {
        "name": folder.name,
        "title": "Tiny decoder",
        "size": "test",
        "parameters": sum(p.numel() for p in model.parameters()),
        "zero_shot": "prompt",
        "template": "review",
        "license": "apache-2.0",
        "source": "pretrained by this project",
    }
    (folder / "backbone.json").write_text(json.dumps(card))
    return folder


def tiny_masked_lm(folder: Path, seed: int = 0) -> Path:
    """A masked language model of random weights without a card, as one from the Hub would be."""
    torch.manual_seed(seed)
    DistilBertForMaskedLM(tiny_config(initializer_range=0.5)).save_pretrained(folder)
    tiny_tokenizer(folder)
    return folder


def tiny_whole(
    folder: Path, id2label: dict[int, str], *, flip: bool = False, labels: int = 2
) -> Path:
    """A complete classifier of random weights; `flip` swaps its two outputs."""
    torch.manual_seed(5)
    config = tiny_config(initializer_range=0.5, num_labels=labels, id2label=id2label)
    network = DistilBertForSequenceClassification(config)
    if flip:
        with torch.no_grad():
            network.classifier.weight.copy_(network.classifier.weight.flip(0))
            network.classifier.bias.copy_(network.classifier.bias.flip(0))
    network.save_pretrained(folder)
    tiny_tokenizer(folder)
    return folder


@dataclass
class FakeClassifier:
    """The classifier contract without a network: positive when a text holds a good word.

    `batches` records the texts' lengths of every call, for tests of the scoring engine.
    """

    name: str = "fake"
    kind: Kind = "fine-tuned"
    backbone: str = "fake"
    method: Method = Method(kind="full")
    label_tokens: tuple[int, ...] = ()
    threshold: float = 0.0
    weights_hash: str = "0" * 16
    revision: str = ""
    max_length: int = 16
    batches: list[list[int]] = field(default_factory=list)

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """One token per word: 1 for a good word, 0 for any other."""
        tokenized = []
        for text in texts:
            ids = [int(word in GOOD) for word in text.split()]
            tokenized.append(Tokenized(ids=ids[: self.max_length], total=len(ids)))
        return tokenized

    def decode_prompt(self, text: str) -> str:
        """The text itself."""
        return text

    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        """0.9 for positive texts, otherwise 0.1 and a little more the longer the text."""
        self.batches.append([len(text.ids) for text in batch])
        positive = np.array([0.9 if any(t.ids) else 0.1 + 0.001 * len(t.ids) for t in batch])
        return np.stack([1 - positive, positive], axis=1)
