"""The line-up: the models shown side by side, and their answers to one text."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sentiment.catalogue import BUNDLED, CheckpointInfo, find_checkpoints, read_backbone_card
from sentiment.data import DATASETS, dataset_title
from sentiment.errors import InputError, SentimentError
from sentiment.hub import is_gpu_lent
from sentiment.labels import LABELS, POSITIVE, PROBES
from sentiment.limits import MAX_MODELS
from sentiment.results import find_results

if TYPE_CHECKING:  # stands beside torch, which the page does not wait for
    from sentiment.classifier import ClassifierLoader

logger = logging.getLogger(__name__)

TUNING_TITLES = {
    "full": "Fine-tuning",
    "partial": "Upper layers",
    "lora": "LoRA",
    "head": "New head",
}
SENTENCES = "sst2"  # the data set of single sentences


@dataclass(frozen=True)
class Answer:
    """What one model says of one text; `problem` is a sentence where it could not answer."""

    model: str
    kind: str
    backbone: str
    label: str = ""
    p_negative: float = 0.0
    p_positive: float = 0.0
    ms: float = 0.0  # tokenizing and computing, without loading
    tokens_read: int = 0
    tokens_total: int = 0
    method: str = ""
    prompt: str = ""  # what the network read, where a template stands around the text
    problem: str = ""


class LineUp:
    """The models on this machine, loaded when they are first asked, and torch with the first."""

    def __init__(self, loader: ClassifierLoader | None = None) -> None:
        self._given_loader = loader
        self._lock = threading.Lock()

    @property
    def _loader(self) -> ClassifierLoader:
        with self._lock:
            if self._given_loader is None:
                from sentiment.classifier import ClassifierLoader

                self._given_loader = ClassifierLoader()
            return self._given_loader

    def prepare(self) -> None:
        """Do what people would wait for: load the bundled models shown, measure predictions.

        A model that fails says so when it is asked, and predictions when they are shown. Where a
        GPU is lent for single answers, networks are left to the process that has it.
        """
        for model in self.shown():
            if model.folder.parent == BUNDLED and not is_gpu_lent():
                self.answer(model, PROBES[POSITIVE])
        for result in find_results()[0]:
            with suppress(SentimentError):
                _ = result.metrics  # kept with the predictions

    def models(self) -> list[CheckpointInfo]:
        """All models there are now, each backbone's zero-shot side before its tuned ones."""
        return find_checkpoints()

    def shown(self) -> list[CheckpointInfo]:
        """The models of a comparison for which none were chosen.

        Every pretrained model, of the bundled models trained from each the one most often right
        about single sentences, which is what people type, and all that was trained here.
        """
        models = self.models()
        bundled = [m for m in models if m.kind == "fine-tuned" and m.folder.parent == BUNDLED]
        accuracies = _sentence_accuracies()
        best: dict[str, CheckpointInfo] = {}
        for model in sorted(bundled, key=lambda m: accuracies.get(m.name, 0.0)):
            best[model.backbone] = model
        return [
            model
            for model in models
            if model.kind != "baseline" and (model not in bundled or model in best.values())
        ]

    def choose(self, names: Sequence[str] | None) -> list[CheckpointInfo]:
        """The models called `names`, in the order of the line-up; without names, `shown`.

        Names are looked up in the line-up only: nothing a visitor sends becomes a path or a
        download.

        Raises:
            InputError: a name is not in the line-up.
        """
        if not names:
            return self.shown()
        models = self.models()
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            raise InputError("The models must be a list of names.")
        if len(names) > MAX_MODELS:
            raise InputError(f"{len(names)} models were named; the limit is {MAX_MODELS}.")
        known = {model.name for model in models}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise InputError(
                f"No model named {unknown[0][:80]!r} here. Choose from: {', '.join(sorted(known))}."
            )
        return [model for model in models if model.name in names]

    def answer(self, model: CheckpointInfo, text: str) -> Answer:
        """What `model` says of `text`; a model that fails answers with its problem."""
        if model.problem:
            return _failed(model, model.problem)
        from sentiment.scoring import score

        try:
            classifier = self._loader.load(model.name)
            started = time.perf_counter()
            scores = score(classifier, [text])
            ms = 1000 * (time.perf_counter() - started)
        except SentimentError as error:
            return _failed(model, str(error))
        except Exception as error:  # one broken model must not take the others down
            logger.exception("%s failed", model.name)
            return _failed(model, f"{model.name} failed: {type(error).__name__}.")
        p_negative, p_positive = (float(p) for p in scores.probabilities[0])
        return Answer(
            model=model.name,
            kind=model.kind,
            backbone=model.backbone,
            label=LABELS[int(scores.predictions[0])],
            p_negative=p_negative,
            p_positive=p_positive,
            ms=round(ms, 2),
            tokens_read=int(scores.tokens_read[0]),
            tokens_total=int(scores.tokens_total[0]),
            method=_describe(model, classifier.method),
            prompt=classifier.shown(text) if classifier.template else "",
        )


def _sentence_accuracies() -> dict[str, float]:
    """Accuracy on `SENTENCES` of every model with saved predictions there."""
    split = DATASETS[SENTENCES].evaluation_split
    return {
        result.info.model: result.accuracy
        for result in find_results()[0]
        if (result.info.dataset, result.info.split) == (SENTENCES, split)
    }


def _failed(model: CheckpointInfo, problem: str) -> Answer:
    return Answer(model=model.name, kind=model.kind, backbone=model.backbone, problem=problem)


def _describe(model: CheckpointInfo, method: str) -> str:
    """How the answer came about, in a few words that fit under it."""
    if model.kind == "zero-shot":
        return method
    if model.kind == "baseline":
        return f"{method}, trained on {dataset_title(model.dataset)}"
    tuned = TUNING_TITLES.get(model.tuning, model.tuning)
    share = 100 * model.trainable / max(1, model.parameters)
    shown = f"{share:.2f}" if share < 100 else "100"
    said = f"{tuned}, {shown} % of weights trained on {dataset_title(model.dataset)}"
    return f"{said}, after {model.start}" if model.start else said


def backbone_title(model: CheckpointInfo, models: Sequence[CheckpointInfo]) -> tuple[str, str]:
    """Title and size of a model's backbone, such as ("DistilBERT", "mini, 22.6 M")."""
    home = next((m for m in models if m.name == model.backbone), None)
    if home is None:
        return model.backbone or model.name, ""
    try:
        card = read_backbone_card(home.folder)
    except SentimentError:
        return home.name, ""
    size = f"{card.get('size', '')}, {home.parameters / 1e6:.1f} M"
    return str(card.get("title", home.name)), size.strip(", ")
