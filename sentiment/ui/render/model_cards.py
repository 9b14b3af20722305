"""Pure: one model, what its folder says and its results -> its facts; one to be added likewise."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup

from sentiment.data.sources import dataset_title, full_title
from sentiment.evaluation.metrics import wilson_interval
from sentiment.evaluation.results import Result
from sentiment.formatting import describe_method
from sentiment.labels import LABELS, PROBES
from sentiment.models.catalogue import ModelInfo, is_snapshot
from sentiment.paths import BUNDLED
from sentiment.recipes import TUNING_TITLES
from sentiment.serving.inspection import Inspection
from sentiment.serving.live_training import is_trained_in_visit
from sentiment.ui.render.html import render_message, render_note, render_parameters
from sentiment.ui.render.markup import render_template
from sentiment.ui.text import models as copy
from sentiment.ui.text import shared

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_LICENCE = re.compile(r"^license:\s*(.+)$", re.MULTILINE)
_OWN_LICENCE = "apache-2.0"  # of this project, and of what it trained itself
_KINDS = {
    "zero-shot": shared.ZERO_SHOT,
    "fine-tuned": shared.FINE_TUNED,
    "baseline": shared.BASELINE,
}


def is_own_card(model: ModelInfo) -> bool:
    """Return whether this project wrote the model card, so that no image in it is from outside."""
    return not model.location or is_trained_in_visit(model)


def card_body(card: str, name: str = "") -> str:
    """Return the text of a model card without its front matter and a heading that is `name`."""
    return _FRONT_MATTER.sub("", card).strip().removeprefix(f"# {name}\n").strip()


def render_facts(
    model: ModelInfo,
    results: Sequence[Result],
    *,
    backbone: str,
    card: str = "",
    link: str = "",
) -> Markup:
    """What is known of a model, as the drawer shows it.

    Args:
        backbone: what a person calls its backbone.
        card: its model card; one from elsewhere is shown as plain text.
        link: to the model in Compare, empty for none.
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
        facts=_facts(model, results, backbone, card),
        bar=bar,
        body="" if is_own_card(model) else card_body(card, model.name),
        link=link,
        copy=copy,
    )


def _facts(
    model: ModelInfo, results: Sequence[Result], backbone: str, card: str
) -> list[tuple[str, list[str]]]:
    """The facts that are known, each a name and lines."""
    megabytes = model.size_bytes / 1e6
    is_whole = model.backbone == model.name and model.kind == "fine-tuned"
    found = {
        "source": [_source(model)],
        "backbone": [copy.NOT_STATED if is_whole else backbone],
        "tuning": [_tuning(model)],
        "start": [model.started_from],
        "data": [dataset_title(model.dataset) if model.dataset else ""],
        "parameters": [f"{model.parameters:,}"],
        "size": [f"{megabytes:.1f} MB" if megabytes >= 0.1 else f"{1000 * megabytes:.1f} kB"],
        "licence": [_licence(model, card)],
        "scores": _scores(model, results),
    }
    return [(copy.FACTS[name], lines) for name, lines in found.items() if any(lines)]


def _source(model: ModelInfo) -> str:
    if model.folder.parent == BUNDLED:
        return copy.SOURCES["bundled"]
    if is_trained_in_visit(model):
        return copy.SOURCES["visit"]
    if is_snapshot(model.folder):
        return copy.SOURCES["hub"].format(revision=model.folder.name[:7])
    return copy.SOURCES["folder" if model.location else "trained"]


def describe_source(model: ModelInfo) -> str:
    """Say where a model that is not part of the app comes from; empty for a bundled one."""
    return "" if model.folder.parent == BUNDLED else _source(model)


def _tuning(model: ModelInfo) -> str:
    if model.kind == "zero-shot":
        return copy.NO_TUNING
    if model.kind == "baseline":
        return ""
    return TUNING_TITLES.get(model.tuning, model.tuning) if model.trainable else copy.NOT_STATED


def _licence(model: ModelInfo, card: str) -> str:
    """The licence that the model card names."""
    front = _FRONT_MATTER.match(card)
    named = _LICENCE.search(front[1]) if front else None
    if named:
        return named[1].strip()[:80]
    return _OWN_LICENCE if model.folder.parent == BUNDLED else copy.NOT_STATED


def _scores(model: ModelInfo, results: Sequence[Result]) -> list[str]:
    """The accuracies of a model with 95 % Wilson intervals, a line each."""
    lines = []
    for result in results:
        if result.info.model == model.name and len(result.gold):
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


def render_found(found: Inspection) -> Markup:
    """What a model turned out to be, with the answers that tell its labels apart."""
    info = found.info
    form = copy.IS_BACKBONE if info.kind == "zero-shot" else copy.IS_CLASSIFIER
    what = form.format(parameters=info.parameters, method=describe_method(found.method))
    said = [copy.FOUND.format(name=info.name, what=what)]
    if found.labels:
        named = copy.LABELS_NAMED if found.is_named else copy.LABELS_UNNAMED
        said.append(named.format(labels=", ".join(f"“{label}”" for label in found.labels)))
    probes = [
        (label, copy.PROBE.format(text=text, p=p))
        for label, text, p in zip(LABELS, PROBES, found.probes, strict=True)
    ]
    warning = ""
    if not found.is_sound:
        warning = render_message(copy.UNSOUND, is_alert=True)
    elif not found.is_decided:
        warning = render_message(copy.UNDECIDED, is_alert=True)
    return render_template(
        "model_found",
        note=Markup(render_note(" ".join(said))),
        probes=probes,
        warning=Markup(warning),
    )
