"""Render the details of a model: metadata, results and model card; and of a model to be added."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from sentiment.data.sources import dataset_title, full_title
from sentiment.errors import SentimentError
from sentiment.evaluation.layers import load_layers
from sentiment.evaluation.metrics import wilson_interval
from sentiment.evaluation.results import Result
from sentiment.formatting import describe_method
from sentiment.labels import LABELS, PROBES
from sentiment.models.catalogue import ModelInfo, is_snapshot, read_backbone_card
from sentiment.paths import BUNDLED
from sentiment.recipes import TUNING_TITLES
from sentiment.serving.inspection import Inspection
from sentiment.serving.live_training import is_trained_in_visit
from sentiment.ui.render.html import render_message, render_note, render_parameters
from sentiment.ui.render.layers import render_layers
from sentiment.ui.render.markup import render_template
from sentiment.ui.text import models as copy
from sentiment.ui.text import shared

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_LICENCE = re.compile(r"^license:\s*(.+)$", re.MULTILINE)
_PROJECT_LICENCE = "apache-2.0"  # also of the models that it trained
_KINDS = {
    "zero-shot": shared.ZERO_SHOT,
    "fine-tuned": shared.FINE_TUNED,
    "baseline": shared.BASELINE,
}


def is_own_card(model: ModelInfo) -> bool:
    """Return whether this project wrote the model card, so that it embeds no external image."""
    return not model.location or is_trained_in_visit(model)


def card_body(card: str, name: str = "") -> str:
    """Return the text of a model card without front matter and without the heading `name`."""
    return _FRONT_MATTER.sub("", card).strip().removeprefix(f"# {name}\n").strip()


def render_facts(
    model: ModelInfo,
    results: Sequence[Result],
    *,
    backbone: str,
    card: str = "",
    link: str = "",
    n_train: int = 0,
) -> Markup:
    """Render the details of a model for the side panel.

    Args:
        backbone: title of its backbone.
        card: its model card; shown as plain text if another author wrote it.
        link: URL of the model in Compare, empty for none.
        n_train: number of texts it was trained on, 0 if that is unknown.
    """
    title = model.name
    if model.error:
        problem = Markup(render_message(model.error, is_alert=True))
        return render_template(
            "model_facts", model=model, title=title, kind="", problem=problem, copy=copy
        )
    bar = Markup(render_parameters(model.parameters, model.trainable)) if model.trainable else ""
    return render_template(
        "model_facts",
        model=model,
        title=title,
        kind=_KINDS.get(model.kind, model.kind),
        problem="",
        facts=_facts(model, results, backbone, card, n_train),
        bar=bar,
        layers=_layers(model),
        body="" if is_own_card(model) else card_body(card, model.name),
        link=link,
        copy=copy,
    )


def _layers(model: ModelInfo) -> Markup:
    """Render the accuracy by layer of a backbone for which it was measured."""
    measured = load_layers(model.folder) if model.kind == "zero-shot" else None
    if measured is None:
        return Markup()
    is_decoder = read_backbone_card(model.folder).get("zero_shot") == "prompt"
    return Markup(render_layers(measured, is_decoder=is_decoder))


def _facts(
    model: ModelInfo, results: Sequence[Result], backbone: str, card: str, n_train: int
) -> list[tuple[str, list[str]]]:
    """Return the known facts as names with lines."""
    megabytes = model.size_bytes / 1e6
    has_no_backbone = model.backbone == model.name and model.kind == "fine-tuned"
    facts = {
        "source": [_source(model), *_origin(model)],
        "backbone": [copy.NOT_STATED if has_no_backbone else backbone],
        "tuning": [_tuning(model)],
        "start": [model.started_from],
        "data": [dataset_title(model.dataset) if model.dataset else ""],
        "n_train": [f"{n_train:,}" if n_train else ""],
        "parameters": [f"{model.parameters:,}"],
        "size": [f"{megabytes:.1f} MB" if megabytes >= 0.1 else f"{1000 * megabytes:.1f} kB"],
        "weights": _weights(model),
        "licence": [_licence(model, card)],
        "scores": _scores(model, results),
    }
    return [(copy.FACTS[name], lines) for name, lines in facts.items() if any(lines)]


def _source(model: ModelInfo) -> str:
    if model.folder.parent == BUNDLED:
        return copy.SOURCES["bundled"]
    if is_trained_in_visit(model):
        return copy.SOURCES["visit"]
    if is_snapshot(model.folder):
        return copy.SOURCES["hub"].format(revision=model.folder.name[:7])
    return copy.SOURCES["folder" if model.location else "trained"]


def _origin(model: ModelInfo) -> list[str]:
    """List where the weights of a backbone come from, by its `backbone.json`."""
    card = _backbone_card(model)
    return [str(card[name]) for name in ("source", "file_source") if name in card]


def _weights(model: ModelInfo) -> list[str]:
    """Say how the weights of a backbone are quantized; empty if they are not."""
    quantization = _backbone_card(model).get("quantization")
    return [copy.QUANTIZED.format(quantization=quantization)] if quantization else []


def _backbone_card(model: ModelInfo) -> dict[str, Any]:
    try:
        return read_backbone_card(model.folder)
    except SentimentError:
        return {}


def describe_source(model: ModelInfo) -> str:
    """Describe the source of a model; empty for a bundled one."""
    return "" if model.folder.parent == BUNDLED else _source(model)


def _tuning(model: ModelInfo) -> str:
    if model.kind == "zero-shot":
        return copy.NO_TUNING
    if model.kind == "baseline":
        return ""
    return TUNING_TITLES.get(model.tuning, model.tuning) if model.trainable else copy.NOT_STATED


def _licence(model: ModelInfo, card: str) -> str:
    """Return the licence in the front matter of the model card."""
    front = _FRONT_MATTER.match(card)
    licence = _LICENCE.search(front[1]) if front else None
    if licence:
        return licence[1].strip()[:80]
    return _PROJECT_LICENCE if model.folder.parent == BUNDLED else copy.NOT_STATED


def _scores(model: ModelInfo, results: Sequence[Result]) -> list[str]:
    """Return the accuracies of a model with 95 % Wilson intervals, one line each."""
    lines = []
    for result in results:
        if result.info.is_of(model.name) and len(result.gold):
            n = len(result.gold)
            interval = wilson_interval(round(n * result.accuracy), n)
            lines.append(
                copy.ACCURACY.format(
                    p=100 * result.accuracy,
                    low=100 * interval.low,
                    high=100 * interval.high,
                    n=n,
                    title=full_title(result.info.dataset, result.info.split),
                )
            )
    return [*lines, copy.INTERVALS] if lines else [copy.NOT_EVALUATED]


def render_inspection(inspection: Inspection) -> Markup:
    """Render the result of checking a model, with its predictions for two test sentences."""
    info = inspection.info
    form = copy.IS_BACKBONE if info.kind == "zero-shot" else copy.IS_CLASSIFIER
    what = form.format(parameters=info.parameters, method=describe_method(inspection.method))
    notes = [copy.INSPECTED.format(name=info.name, what=what)]
    if inspection.labels:
        form = copy.LABELS_NAMED if inspection.is_named else copy.LABELS_UNNAMED
        notes.append(form.format(labels=", ".join(f"“{label}”" for label in inspection.labels)))
    probes = [
        (label, copy.PROBE.format(text=text, p=p))
        for label, text, p in zip(LABELS, PROBES, inspection.probes, strict=True)
    ]
    warning = ""
    if not inspection.is_sound:
        warning = render_message(copy.UNSOUND, is_alert=True)
    elif not inspection.is_decided:
        warning = render_message(copy.UNDECIDED, is_alert=True)
    return render_template(
        "model_inspection",
        note=Markup(render_note(" ".join(notes))),
        probes=probes,
        warning=Markup(warning),
    )
