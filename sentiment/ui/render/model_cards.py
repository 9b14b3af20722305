"""Pure: models and their results -> a card each, and what was found of one to be added."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from sentiment.data.sources import dataset_title, full_title
from sentiment.evaluation.metrics import wilson_interval
from sentiment.evaluation.results import Result
from sentiment.formatting import describe_method
from sentiment.labels import LABELS, PROBES
from sentiment.models.catalogue import ModelInfo, backbone_title, is_snapshot
from sentiment.paths import BUNDLED
from sentiment.recipes import TUNING_TITLES
from sentiment.serving.inspection import Inspection
from sentiment.serving.live_training import is_trained_in_visit
from sentiment.ui.render.html import render_message, render_note, render_weights
from sentiment.ui.text import shared
from sentiment.ui.text import workshop as copy

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_LICENCE = re.compile(r"^license:\s*(.+)$", re.MULTILINE)
_OWN_LICENCE = "apache-2.0"  # of this project, and of what it trained itself
_MAX_CARD = 20_000  # characters
_KINDS = {
    "zero-shot": shared.ZERO_SHOT,
    "fine-tuned": shared.FINE_TUNED,
    "baseline": shared.BASELINE,
}


def render_cards(models: Sequence[ModelInfo], results: Sequence[Result]) -> str:
    """A card for every model, those of one backbone together."""
    cards = "".join(_card(model, models, results) for model in models)
    return f'<div class="s-cards" role="list">{cards}</div>'


def _card(model: ModelInfo, models: Sequence[ModelInfo], results: Sequence[Result]) -> str:
    name = escape(model.name)
    kind = _KINDS.get(model.kind, model.kind)
    opening = (
        f'<article class="s-card" role="listitem" data-model="{name}"><h2>{name}</h2>'
        f'<p class="s-kind">{kind}</p>'
    )
    if model.error:
        return f"{opening}{render_message(model.error, is_alert=True)}</article>"
    card = _read_card(model.folder)
    rows = "".join(
        f"<div><dt>{copy.MODELS_FACTS[fact]}</dt><dd>{value}</dd></div>"
        for fact, value in _facts(model, models, results, card).items()
        if value
    )
    bar = render_weights(model.parameters, model.trainable) if model.trainable else ""
    return f'{opening}<dl class="s-facts">{rows}</dl>{bar}{_details(card)}</article>'


def _facts(
    model: ModelInfo,
    models: Sequence[ModelInfo],
    results: Sequence[Result],
    card: str,
) -> dict[str, str]:
    """What a card says, each as escaped HTML."""
    title, size = backbone_title(model, models)
    megabytes = model.size_bytes / 1e6
    return {
        "source": escape(_source(model)),
        "backbone": escape(f"{title} ({size})" if size else title),
        "tuning": escape(_tuning(model)),
        "data": escape(dataset_title(model.dataset)) if model.dataset else "",
        "parameters": f"{model.parameters:,}",
        "size": f"{megabytes:.1f} MB" if megabytes >= 0.1 else f"{1000 * megabytes:.1f} kB",
        "licence": escape(_licence(model, card)),
        "scores": _scores(model, results),
    }


def _source(model: ModelInfo) -> str:
    if model.folder.parent == BUNDLED:
        return copy.MODELS_SOURCES["bundled"]
    if is_trained_in_visit(model):
        return copy.MODELS_SOURCES["visit"]
    if is_snapshot(model.folder):
        return copy.MODELS_SOURCES["hub"].format(revision=model.folder.name[:7])
    return copy.MODELS_SOURCES["folder" if model.location else "trained"]


def _tuning(model: ModelInfo) -> str:
    if model.kind == "zero-shot":
        return copy.MODELS_ASKED
    if not model.trainable or model.kind == "baseline":
        return "" if model.kind == "baseline" else copy.MODELS_NOT_SAID
    said = TUNING_TITLES.get(model.tuning, model.tuning)
    return said + (copy.MODELS_AFTER.format(start=model.started_from) if model.started_from else "")


def _licence(model: ModelInfo, card: str) -> str:
    """The licence that the model card names."""
    front = _FRONT_MATTER.match(card)
    named = _LICENCE.search(front[1]) if front else None
    if named:
        return named[1].strip()[:80]
    return _OWN_LICENCE if model.folder.parent == BUNDLED else copy.MODELS_NOT_SAID


def _scores(model: ModelInfo, results: Sequence[Result]) -> str:
    """The accuracies of a model with 95 % Wilson intervals, a line each."""
    lines = []
    for result in results:
        if result.info.model == model.name:
            n = len(result.gold)
            interval = wilson_interval(round(n * result.accuracy), n)
            said = copy.MODELS_SCORE.format(
                p=100 * result.accuracy,
                low=100 * interval.low,
                high=100 * interval.high,
                n=n,
                title=full_title(result.info.dataset, result.info.split),
            )
            lines.append(escape(said))
    return "<br>".join(lines) or copy.MODELS_NO_SCORE


def _read_card(folder: Path) -> str:
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as file:
            return file.read(_MAX_CARD)
    except OSError:
        return ""


def _details(card: str) -> str:
    """The card's own words, folded away."""
    body = _FRONT_MATTER.sub("", card).strip()
    if not body:
        return ""
    return (
        f'<details class="s-prompt"><summary>{copy.MODELS_CARD}</summary>'
        f"<pre>{escape(body)}</pre></details>"
    )


def render_found(found: Inspection) -> str:
    """What a model turned out to be, with the answers that tell its labels apart."""
    info = found.info
    form = copy.MODELS_IS_BACKBONE if info.kind == "zero-shot" else copy.MODELS_IS_CLASSIFIER
    what = form.format(parameters=info.parameters, method=describe_method(found.method))
    said = [copy.MODELS_FOUND.format(name=info.name, what=what)]
    if found.labels:
        named = copy.MODELS_NAMED if found.is_named else copy.MODELS_UNNAMED
        said.append(named.format(labels=", ".join(f"“{label}”" for label in found.labels)))
    probes = "".join(
        f'<li class="s-{label}">{escape(copy.MODELS_PROBE.format(text=text, p=p))}</li>'
        for label, text, p in zip(LABELS, PROBES, found.probes, strict=True)
    )
    warning = ""
    if not found.is_sound:
        warning = render_message(copy.MODELS_UNSOUND, is_alert=True)
    elif not found.is_decided:
        warning = render_message(copy.MODELS_UNDECIDED, is_alert=True)
    return f'{render_note(" ".join(said))}<ul class="s-probes">{probes}</ul>{warning}'
