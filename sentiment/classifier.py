"""The contract every model fulfils, texts in and probabilities out, and how to load one by name."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.backbones import (
    CARD_FILE,
    Backbone,
    load_backbone,
    load_tokenizer,
    read_json,
    resolve_folder,
)
from sentiment.checkpoints import (
    ADAPTER_FILE,
    HEAD_FILE,
    RUN_FILE,
    load_adapted,
    load_whole,
    weights_hash,
)
from sentiment.errors import CheckpointError
from sentiment.labels import NEGATIVE, POSITIVE, PROBES, positive_index
from sentiment.zero_shot import build_zero_shot

logger = logging.getLogger(__name__)

Kind = Literal["zero-shot", "fine-tuned"]
MAX_LENGTH = 512  # tokens of a text that are read at most, however many positions a network has


@dataclass(frozen=True)
class Tokenized:
    """One text as a network reads it; special tokens count."""

    ids: list[int]
    total: int  # tokens the whole text has; more than len(ids) where it was truncated


class Classifier(Protocol):
    """Texts in, probabilities out. `sentiment.scoring.score` drives it over any number of texts.

    Anything with these members can be scored, compared and explained; tests use a ready fake.
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def backbone(self) -> str: ...

    @property
    def method(self) -> str:
        """How it answers, in a few words: the label descriptions, the template, the head."""
        ...

    @property
    def weights_hash(self) -> str: ...

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """What the network reads of each text."""
        ...

    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        """Probabilities (n, 2) float64: negative, positive; each row adds up to 1."""
        ...


@dataclass(frozen=True)
class NetworkClassifier:
    """The contract over a torch network that maps (ids, mask) to two logits."""

    name: str
    kind: Kind
    backbone: str
    method: str
    weights_hash: str
    tokenizer: PreTrainedTokenizerBase
    logits: Callable[[Tensor, Tensor], Tensor]
    max_length: int
    positive: int = POSITIVE  # which output is the positive one

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """Token ids, cut on the right at `max_length`, with the number there was to read."""
        if not texts:
            return []
        whole = self.tokenizer(list(texts), verbose=False)["input_ids"]
        totals = [len(ids) for ids in whole]
        long = [i for i, total in enumerate(totals) if total > self.max_length]
        if long:
            cut = self.tokenizer(
                [texts[i] for i in long], truncation=True, max_length=self.max_length
            )["input_ids"]
            for i, ids in zip(long, cut, strict=True):
                whole[i] = ids
        return [Tokenized(ids=ids, total=total) for ids, total in zip(whole, totals, strict=True)]

    @torch.inference_mode()
    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        """Probabilities (n, 2) of one padded batch."""
        longest = max(len(text.ids) for text in batch)
        ids = torch.full((len(batch), longest), int(self.tokenizer.pad_token_id or 0))
        mask = torch.zeros((len(batch), longest), dtype=torch.long)
        for row, text in enumerate(batch):
            ids[row, : len(text.ids)] = torch.tensor(text.ids)
            mask[row, : len(text.ids)] = 1
        probabilities = self.logits(ids, mask).double().softmax(dim=-1).numpy()
        return probabilities if self.positive == POSITIVE else probabilities[:, ::-1]


class ClassifierLoader:
    """Loads classifiers by name and keeps them; one backbone in memory serves all that use it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._backbones: dict[str, Backbone] = {}
        self._classifiers: dict[str, Classifier] = {}

    def load(self, name: str) -> Classifier:
        """The classifier `name`: bundled or trained here, a folder, or a Hub id.

        Raises:
            CheckpointError: there is none, or it cannot or must not be loaded.
        """
        with self._lock:
            if name not in self._classifiers:
                self._classifiers[name] = self._load(name)
            return self._classifiers[name]

    def backbone(self, name: str) -> Backbone:
        """The pretrained network `name`, loaded once."""
        with self._lock:
            if name not in self._backbones:
                self._backbones[name] = load_backbone(name)
            return self._backbones[name]

    def _load(self, name: str) -> Classifier:
        folder = resolve_folder(name)
        called = folder.name if Path(name).is_dir() else name  # a path is no name
        if (folder / CARD_FILE).is_file():
            return self._zero_shot(name, called)
        if (folder / ADAPTER_FILE).is_file() or (folder / HEAD_FILE).is_file():
            return self._adapted(called, folder)
        return _whole(called, folder)

    def _zero_shot(self, name: str, called: str) -> Classifier:
        backbone = self.backbone(name)
        asked = build_zero_shot(backbone)
        return NetworkClassifier(
            name=called,
            kind="zero-shot",
            backbone=called,
            method="similarity, to “{}” and “{}”".format(*asked.descriptions),
            weights_hash=backbone.weights_hash,
            tokenizer=backbone.tokenizer,
            logits=asked.logits,
            max_length=_max_length(backbone.model.config),
        )

    def _adapted(self, name: str, folder: Path) -> Classifier:
        backbone_name = _backbone_name(folder)
        backbone = self.backbone(backbone_name)
        network = load_adapted(folder, backbone)
        tuned = "LoRA" if (folder / ADAPTER_FILE).is_file() else "head"
        return NetworkClassifier(
            name=name,
            kind="fine-tuned",
            backbone=backbone_name,
            method=f"trained {tuned}",
            weights_hash=weights_hash(folder),
            tokenizer=load_tokenizer(folder),
            logits=lambda ids, mask: network(input_ids=ids, attention_mask=mask).logits,
            max_length=_max_length(backbone.model.config),
        )


def _backbone_name(folder: Path) -> str:
    """The backbone a checkpoint was trained on, from `run.json` or the adapter's configuration."""
    if (folder / RUN_FILE).is_file():
        named = read_json(folder / RUN_FILE).get("backbone", {}).get("name")
    else:
        named = read_json(folder / "adapter_config.json").get("base_model_name_or_path")
    if not isinstance(named, str) or not named:
        raise CheckpointError(f"{folder.name} does not say which backbone it was trained on.")
    return named


def _max_length(config: object) -> int:
    return min(MAX_LENGTH, int(getattr(config, "max_position_embeddings", MAX_LENGTH)))


def _whole(name: str, folder: Path) -> Classifier:
    network = load_whole(folder)
    if network.config.num_labels != 2:
        raise CheckpointError(
            f"{name} has {network.config.num_labels} labels; a sentiment classifier has two."
        )
    tokenizer = load_tokenizer(folder)
    if network.config.pad_token_id is None:
        network.config.pad_token_id = tokenizer.pad_token_id or tokenizer.eos_token_id
    classifier = NetworkClassifier(
        name=name,
        kind="fine-tuned",
        backbone=name,
        method="trained as a whole",
        weights_hash=weights_hash(folder),
        tokenizer=tokenizer,
        logits=lambda ids, mask: network(input_ids=ids, attention_mask=mask).logits,
        max_length=_max_length(network.config),
    )
    id2label = {int(number): name for number, name in (network.config.id2label or {}).items()}
    positive = positive_index(id2label)
    if positive is None:
        positive = _probe_positive(classifier)
        names = ", ".join(id2label.values())
        logger.warning(
            "%s calls its labels %s; two probe sentences say that %s is the positive one.",
            name,
            names,
            id2label[positive],
        )
    return replace(classifier, positive=positive)


def _probe_positive(classifier: NetworkClassifier) -> int:
    """Which output rises from the negative to the positive probe sentence.

    Raises:
        CheckpointError: it gives both sentences the same scores.
    """
    scores = classifier.predict(classifier.tokenize(PROBES))
    rise = float(scores[POSITIVE, POSITIVE] - scores[NEGATIVE, POSITIVE])
    if abs(rise) < 1e-6:
        raise CheckpointError(
            f"{classifier.name} does not name its labels and answers both probe sentences alike, "
            f"so it cannot be told which label is positive."
        )
    return POSITIVE if rise > 0 else NEGATIVE
