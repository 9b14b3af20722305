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

from sentiment.backbones import Backbone, load_backbone, load_tokenizer
from sentiment.catalogue import (
    ADAPTER_FILE,
    BASELINE_FILE,
    HEAD_FILE,
    RUN_FILE,
    is_backbone,
    resolve_folder,
    weights_hash,
)
from sentiment.checkpoints import load_adapted, load_whole
from sentiment.encoding import Encoder, TextEncoder, Tokenized, find_pad_id, pad
from sentiment.errors import CheckpointError
from sentiment.folders import read_json
from sentiment.labels import NEGATIVE, POSITIVE, PROBES, positive_index
from sentiment.processes import team
from sentiment.zero_shot import build_zero_shot

logger = logging.getLogger(__name__)

Kind = Literal["zero-shot", "fine-tuned", "baseline"]
MAX_LENGTH = 512  # tokens of a text that are read at most, however many positions a network has


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
    def template(self) -> str:
        """Name of the template it is asked with, empty for none."""
        ...

    @property
    def weights_hash(self) -> str: ...

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """What the network reads of each text."""
        ...

    def shown(self, text: str) -> str:
        """What the network reads of `text`, in words, the template around it included."""
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
    encode: Encoder
    logits: Callable[[Tensor, Tensor], Tensor]
    pad_id: int
    device: torch.device
    template: str = ""
    positive: int = POSITIVE  # which output is the positive one
    embedding: torch.nn.Module | None = None  # from token ids to the vectors the network reads

    def tokenize(self, texts: Sequence[str]) -> list[Tokenized]:
        """Token ids of each text, with the number there was to read."""
        return self.encode(texts)

    def shown(self, text: str) -> str:
        """What the network reads of `text`, in words: the exact prompt, cut as it is read."""
        (tokenized,) = self.encode([text])
        return str(self.tokenizer.decode(tokenized.ids, clean_up_tokenization_spaces=False))

    @torch.inference_mode()
    def predict(self, batch: Sequence[Tokenized]) -> np.ndarray:
        """Probabilities (n, 2) of one padded batch."""
        ids, mask = pad([text.ids for text in batch], pad_id=self.pad_id)
        logits = self.logits(ids.to(self.device), mask.to(self.device))
        probabilities = logits.double().softmax(dim=-1).cpu().numpy()
        return probabilities if self.positive == POSITIVE else probabilities[:, ::-1]


class ClassifierLoader:
    """Loads classifiers by name and keeps them; one backbone in memory serves all that use it.

    What is kept is known by its folder and the state of the files in it, so that a checkpoint
    trained anew under the same name is loaded anew. Networks go onto the GPU where there is one.
    """

    def __init__(self, device: str | None = None) -> None:
        team()  # each process of a job has its own GPU
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._lock = threading.RLock()
        self._backbones: dict[tuple[object, ...], Backbone] = {}
        self._classifiers: dict[tuple[object, ...], Classifier] = {}

    def load(self, name: str) -> Classifier:
        """The classifier `name`: bundled or trained here, a folder, or a Hub id.

        Raises:
            CheckpointError: there is none, or it cannot or must not be loaded.
        """
        folder = resolve_folder(name)
        if is_backbone(folder):
            return self.load_zero_shot(name)
        with self._lock:
            key = _state(folder) + self._backbone_state(folder)
            if key not in self._classifiers:
                called = folder.name if Path(name).is_dir() else name  # a path is no name
                self._classifiers[key] = self._load_tuned(called, folder)
            return self._classifiers[key]

    def load_zero_shot(self, name: str, *, template: str | None = None) -> Classifier:
        """The backbone `name` as it was pretrained, asked without any training.

        Args:
            template: a name in `sentiment.templates.TEMPLATES`; by default the backbone's own.

        Raises:
            CheckpointError: there is none, or nothing says how it can be asked.
            RecipeError: the template does not exist or does not fit the backbone.
        """
        with self._lock:
            backbone = self.backbone(name)
            key = ("zero-shot", template, *_state(backbone.folder))
            if key not in self._classifiers:
                self._classifiers[key] = _zero_shot(backbone, template)
            return self._classifiers[key]

    def backbone(self, name: str) -> Backbone:
        """The pretrained network `name`, loaded once."""
        with self._lock:
            key = _state(resolve_folder(name))
            if key not in self._backbones:
                self._backbones[key] = load_backbone(name, device=self._device)
            return self._backbones[key]

    def _backbone_state(self, folder: Path) -> tuple[object, ...]:
        """The state of the backbone a checkpoint needs, empty for one that is whole."""
        if not any((folder / name).is_file() for name in (ADAPTER_FILE, HEAD_FILE)):
            return ()
        return _state(resolve_folder(_backbone_name(folder)))

    def _load_tuned(self, called: str, folder: Path) -> Classifier:
        if (folder / BASELINE_FILE).is_file():
            from sentiment.baselines import load_baseline  # scikit-learn; networks do without

            return load_baseline(folder)
        is_adapter = (folder / ADAPTER_FILE).is_file()
        if not is_adapter and not (folder / HEAD_FILE).is_file():
            return _whole(called, folder, self._device)
        backbone = self.backbone(_backbone_name(folder))
        network = load_adapted(folder, backbone)
        tokenizer = load_tokenizer(folder)
        return NetworkClassifier(
            name=called,
            kind="fine-tuned",
            backbone=backbone.name,
            method="trained LoRA" if is_adapter else "trained head",
            weights_hash=weights_hash(folder),
            tokenizer=tokenizer,
            logits=lambda ids, mask: network(input_ids=ids, attention_mask=mask).logits,
            encode=TextEncoder(tokenizer, _max_length(backbone.model.config)),
            pad_id=find_pad_id(backbone.model.config, tokenizer),
            device=backbone.device,
            embedding=network.get_input_embeddings(),
        )


def _state(folder: Path) -> tuple[object, ...]:
    """Changes whenever a file of `folder` that decides its answers changes."""
    files = sorted([*folder.glob("*.safetensors"), *folder.glob("*.json")])
    return (folder.resolve(), *((path.name, path.stat().st_mtime_ns) for path in files))


def _zero_shot(backbone: Backbone, template: str | None) -> Classifier:
    config, tokenizer = backbone.model.config, backbone.tokenizer
    pad_id = find_pad_id(config, tokenizer)
    asked = build_zero_shot(
        backbone, max_length=_max_length(config), pad_id=pad_id, template=template
    )
    return NetworkClassifier(
        name=Path(backbone.name).name if Path(backbone.name).is_dir() else backbone.name,
        kind="zero-shot",
        backbone=backbone.name,
        method=asked.method,
        weights_hash=backbone.weights_hash,
        tokenizer=tokenizer,
        encode=asked.encode,
        logits=asked.logits,
        pad_id=pad_id,
        device=backbone.device,
        template=asked.template.name if asked.template else "",
        embedding=backbone.model.get_input_embeddings(),
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


def _whole(name: str, folder: Path, device: str) -> Classifier:
    network = load_whole(folder, name)
    if network.config.num_labels != 2:
        raise CheckpointError(
            f"{name} has {network.config.num_labels} labels; a sentiment classifier has two."
        )
    tokenizer = load_tokenizer(folder)
    torch.nn.Module.to(network, torch.device(device))
    network.config.pad_token_id = find_pad_id(network.config, tokenizer)
    classifier = NetworkClassifier(
        name=name,
        kind="fine-tuned",
        backbone=_backbone_name(folder) if (folder / RUN_FILE).is_file() else name,
        method="trained as a whole",
        weights_hash=weights_hash(folder),
        tokenizer=tokenizer,
        logits=lambda ids, mask: network(input_ids=ids, attention_mask=mask).logits,
        encode=TextEncoder(tokenizer, _max_length(network.config)),
        pad_id=network.config.pad_token_id,
        device=network.device,
        embedding=network.get_input_embeddings(),
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
