"""The models as families: which was trained from which, and how accurate it is.

Reads the backbones' cards and saved predictions that were found already; loads no weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sentiment.data.sources import BUNDLED_DATASETS, DATASETS, SENTENCES
from sentiment.errors import SentimentError
from sentiment.evaluation.metrics import wilson_interval
from sentiment.evaluation.results import Result
from sentiment.models.catalogue import ModelInfo, read_backbone_card

FamilyKind = Literal["backbone", "unknown", "baseline", "broken"]


@dataclass(frozen=True)
class Accuracy:
    """Share of correct predictions on one split, with its 95 % Wilson interval."""

    dataset: str
    split: str
    n: int
    value: float
    low: float
    high: float
    zero_shot: float | None = None  # of the backbone on the same texts


@dataclass(frozen=True)
class Member:
    """A trained model, and those that were trained further from it."""

    model: ModelInfo
    accuracy: Accuracy | None
    children: tuple[Member, ...] = ()


@dataclass(frozen=True)
class Family:
    """A backbone and what was trained from it, or models that have no backbone here.

    `kind` says which: "unknown" for classifiers that do not tell their backbone, "broken" for
    models that cannot be used.
    """

    kind: FamilyKind
    title: str  # of the backbone, empty where there is none
    backbone: ModelInfo | None  # None where it is not on this machine
    accuracy: Accuracy | None  # of the backbone, zero-shot
    members: tuple[Member, ...]


def build_families(models: Sequence[ModelInfo], results: Sequence[Result]) -> list[Family]:
    """Group `models` by what they were trained from: backbones first, then all others."""
    backbones = {model.name: model for model in models if model.kind == "zero-shot"}
    groups: dict[tuple[FamilyKind, str], list[ModelInfo]] = {}
    for name, model in backbones.items():
        if not model.error:
            groups[("backbone", name)] = []
    for model in models:
        key = _family_key(model, backbones)
        if key is not None:
            groups.setdefault(key, []).append(model)
    order: list[FamilyKind] = ["backbone", "unknown", "baseline", "broken"]
    return [
        _build_family(kind, name, backbones.get(name), groups[kind, name], results)
        for kind, name in sorted(groups, key=lambda key: order.index(key[0]))
    ]


def _family_key(model: ModelInfo, backbones: dict[str, ModelInfo]) -> tuple[FamilyKind, str] | None:
    """Return kind and backbone of the family that `model` is a member of; None for a backbone."""
    if model.error:
        return "broken", ""
    if model.kind == "zero-shot":
        return None
    if model.kind == "baseline":
        return "baseline", ""
    if model.backbone == model.name and model.name not in backbones:
        return "unknown", ""
    return "backbone", model.backbone


def _build_family(
    kind: FamilyKind,
    name: str,
    backbone: ModelInfo | None,
    models: Sequence[ModelInfo],
    results: Sequence[Result],
) -> Family:
    home = backbone if kind == "backbone" else None
    return Family(
        kind=kind,
        title=find_backbone_title(home) if home else name,
        backbone=home,
        accuracy=find_accuracy(home, results) if home else None,
        members=_build_members(models, results),
    )


def _build_members(models: Sequence[ModelInfo], results: Sequence[Result]) -> tuple[Member, ...]:
    """Hang each of `models` below the one it was trained further from, where that is among them."""
    names = {model.name for model in models}
    placed: set[str] = set()

    def build(model: ModelInfo) -> Member:
        placed.add(model.name)
        further = [m for m in models if m.started_from == model.name and m.name not in placed]
        children = tuple(build(child) for child in further if child.name not in placed)
        return Member(model, find_accuracy(model, results), children)

    first = [m for m in models if m.started_from not in names or m.started_from == m.name]
    members = [build(model) for model in first]
    # Two that name each other as their start, which no training writes, are shown all the same.
    members += [build(model) for model in models if model.name not in placed]
    return tuple(members)


def find_backbone_title(backbone: ModelInfo) -> str:
    """Find what a person calls a backbone: “MiniLM in DistilBERT's layout”, else its name."""
    try:
        card = read_backbone_card(backbone.folder)
    except SentimentError:
        return backbone.name
    return f"{card.get('title', backbone.name)} {card.get('size', '')}".strip()


def find_accuracy(model: ModelInfo, results: Sequence[Result]) -> Accuracy | None:
    """Find the accuracy to show for `model`: on SST-2 validation, else on what it was trained on.

    Returns:
        None where no predictions of it were saved.
    """
    own = [r for r in results if r.info.is_of(model.name) and len(r.gold)]
    if not own:
        return None
    result = min(own, key=lambda r: _rank(r, model))
    n = len(result.gold)
    interval = wilson_interval(round(n * result.accuracy), n)
    is_trained = model.kind == "fine-tuned"
    return Accuracy(
        dataset=result.info.dataset,
        split=result.info.split,
        n=n,
        value=result.accuracy,
        low=interval.low,
        high=interval.high,
        zero_shot=_zero_shot(model, result, results) if is_trained else None,
    )


def _rank(result: Result, model: ModelInfo) -> tuple[bool, ...]:
    """Order results by how well they stand for `model`; the first sorts lowest."""
    dataset, split = result.info.dataset, result.info.split
    is_official = dataset in DATASETS and split == DATASETS[dataset].evaluation_split
    is_sentences = is_official and dataset == SENTENCES
    is_own = dataset == model.dataset
    is_other = dataset in BUNDLED_DATASETS and not is_own
    return not is_sentences, not (is_own and is_official), not is_own, is_other


def _zero_shot(model: ModelInfo, result: Result, results: Sequence[Result]) -> float | None:
    """Find the accuracy of the backbone of `model` on the texts of `result`."""
    rows = (result.info.dataset, result.info.split, result.info.fingerprint)
    for other in results:
        info = other.info
        is_same = (info.dataset, info.split, info.fingerprint) == rows
        if is_same and info.kind == "zero-shot" and info.backbone == model.backbone:
            return other.accuracy
    return None
