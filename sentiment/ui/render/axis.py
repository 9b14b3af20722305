"""Render the predictions for one text: a row per backbone, a dot per model, arrows for tuning."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sentiment.data.sources import dataset_title
from sentiment.labels import LABELS, NEGATIVE, POSITIVE
from sentiment.method import UNTRAINED
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import Prediction
from sentiment.ui.render.html import render_message
from sentiment.ui.render.markup import render_template
from sentiment.ui.render.methods import describe_prediction
from sentiment.ui.text import compare as copy

LANE = 58  # height of a lane in pixels
_DOT = 34  # y of the dots in a lane, in pixels
_MARGIN = 3.0  # per cent of the width on both sides, so that no dot is clipped
_MIN_LABEL_GAP = 8.0  # per cent between two dots with labels on the same side
_MIN_ARROW = 3.5  # per cent between two dots joined by an arrow
_UNDECIDED = (0.25, 0.75)  # probabilities of positive that count as undecided


@dataclass(frozen=True)
class Dot:
    """Prediction of a model on the axis."""

    model: ModelInfo
    prediction: Prediction
    x: float  # per cent of the width
    lane: int
    is_below: bool = False  # its label is below it, so that labels do not overlap
    arrow_from: float | None = None  # x of the zero-shot dot; None without an arrow

    @property
    def y(self) -> int:
        """Return y of its centre in pixels."""
        return self.lane * LANE + _DOT


@dataclass(frozen=True)
class Lane:
    """Zero-shot model, fine-tuned model, or both, whose predictions are shown in one lane."""

    zero_shot: ModelInfo | None
    tuned: ModelInfo | None
    name: str  # how it was fine-tuned


@dataclass(frozen=True)
class Row:
    """Backbone with its models."""

    title: str
    size: str
    lanes: tuple[Lane, ...]
    dots: tuple[Dot, ...]
    models: tuple[ModelInfo, ...]

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return LANE * len(self.lanes)


@dataclass(frozen=True)
class BackboneTitle:
    """Title and size of a backbone, from `catalogue.backbone_title`."""

    title: str
    size: str


def render_axis(
    models: Sequence[ModelInfo],
    predictions: Mapping[str, Prediction],
    *,
    titles: Mapping[str, BackboneTitle],
    medians: Mapping[str, float],
    gold: int | None = None,
    loaded: Collection[str] = (),
) -> str:
    """Render the predictions of one text; a model without one is shown as predicting or loading.

    Args:
        loaded: names of models in memory, among the large ones.
        titles: title by backbone.
        medians: median milliseconds per text, by model.
        gold: label of the text, or the label that the user chose; None if unlabelled.
    """
    if not models:
        return render_message(copy.NO_MODELS, is_alert=True)
    rows = [
        _build_row(backbone, [m for m in models if m.backbone == backbone], predictions, titles)
        for backbone in dict.fromkeys(model.backbone for model in models)
    ]
    is_done = is_answered(models, predictions)
    kinds = {predictions[m.name].kind if m.name in predictions else m.kind for m in models}
    axis = render_template(
        "axis",
        copy=copy,
        rows=rows,
        predictions=predictions,
        gold=gold,
        labels=LABELS,
        kinds=kinds,
        untrained=[copy.KINDS[kind] for kind in UNTRAINED if kind in kinds],
        lane_height=LANE,
        medians=medians,
        loaded=loaded,
        describe=describe_prediction,
        sentence=_summarize(rows, predictions, gold) if is_done else "",
        note=_note(models, predictions) if is_done else "",
    )
    return str(axis)


def is_answered(models: Sequence[ModelInfo], predictions: Mapping[str, Prediction]) -> bool:
    """Return whether all small models have answered; large ones join later."""
    small = [model.name for model in models if not model.is_large]
    return bool(predictions) and all(name in predictions for name in small)


def _build_row(
    backbone: str,
    models: Sequence[ModelInfo],
    predictions: Mapping[str, Prediction],
    titles: Mapping[str, BackboneTitle],
) -> Row:
    zero_shot = next((m for m in models if m.kind == "zero-shot"), None)
    tuned = [model for model in models if model is not zero_shot]
    lanes = [Lane(zero_shot, model, _name(model, tuned)) for model in tuned]
    lanes = lanes or [Lane(zero_shot, None, "")]
    title = titles.get(backbone, BackboneTitle(backbone, ""))
    return Row(
        title.title, title.size, tuple(lanes), _place_dots(lanes, predictions), tuple(models)
    )


def _name(model: ModelInfo, siblings: Sequence[ModelInfo]) -> str:
    """Name a model by its fine-tuning method and data, or by its name if these are ambiguous."""
    how = copy.TUNED_WITH.get(model.tuning, "") if model.kind == "fine-tuned" else ""
    if len(siblings) < 2 or not how:
        return how or model.name
    same = [m for m in siblings if (m.tuning, m.dataset) == (model.tuning, model.dataset)]
    if len(same) > 1 or not model.dataset:
        return model.name
    return f"{how}, {dataset_title(model.dataset)}"


def _place_dots(lanes: Sequence[Lane], predictions: Mapping[str, Prediction]) -> tuple[Dot, ...]:
    def find(model: ModelInfo | None) -> Prediction | None:
        prediction = predictions.get(model.name) if model else None
        return None if prediction is None or prediction.error else prediction

    dots = []
    zero_shot = lanes[0].zero_shot
    before = find(zero_shot)
    start = _position(before) if before else None
    for lane, entry in enumerate(lanes):
        prediction = find(entry.tuned)
        if prediction is None or entry.tuned is None:
            continue
        x = _position(prediction)
        has_arrow = start is not None and abs(x - start) >= _MIN_ARROW
        dots.append(Dot(entry.tuned, prediction, x, lane, arrow_from=start if has_arrow else None))
    if before and zero_shot and start is not None:
        gap = _MIN_LABEL_GAP * (2 if before.kind == "few-shot" else 1)  # its label is longer
        is_close = any(dot.lane == 0 and abs(dot.x - start) < gap for dot in dots)
        dots.insert(0, Dot(zero_shot, before, start, 0, is_below=is_close))
    return tuple(dots)


def _position(prediction: Prediction) -> float:
    return _MARGIN + (100 - 2 * _MARGIN) * prediction.p_positive


def _summarize(
    rows: Sequence[Row], predictions: Mapping[str, Prediction], gold: int | None
) -> Markup:
    """Summarize which predictions fine-tuning changed and how many models are correct."""
    changed: dict[str, list[str]] = {label: [] for label in LABELS}
    labels, kinds = [], {kind: [0, 0] for kind in copy.KINDS}
    for row in rows:
        answers = {m.name: predictions[m.name] for m in row.models if m.name in predictions}
        valid = {name: answer for name, answer in answers.items() if not answer.error}
        for model in row.models:
            if model.name in valid:
                labels.append(valid[model.name].label)
                count = kinds[valid[model.name].kind]
                count[1] += 1
                count[0] += gold is not None and labels[-1] == LABELS[gold]
        for lane in row.lanes:
            before, after = (valid.get(m.name) if m else None for m in (lane.zero_shot, lane.tuned))
            is_changed = before and after and before.label != after.label
            if is_changed and after and row.title not in changed[after.label]:
                changed[after.label].append(row.title)
    correct = [
        copy.CORRECT.format(right=right, count=count, kind=copy.KINDS[kind])
        for kind, (right, count) in kinds.items()
        if gold is not None and count
    ]
    return render_template(
        "summary",
        copy=copy,
        changed={label: names for label, names in changed.items() if names},
        agreed=labels[0] if len(labels) > 1 and len(set(labels)) == 1 else "",
        has_both=any(kinds[kind][1] for kind in UNTRAINED) and kinds["fine-tuned"][1] > 0,
        correct="; ".join(correct),
    )


def _note(models: Sequence[ModelInfo], predictions: Mapping[str, Prediction]) -> str:
    """Return a note on models to come, or if most fine-tuned ones are undecided, else ""."""
    late = [m.name for m in models if m.name not in predictions]
    if late:
        return copy.NOT_COUNTED.format(names=", ".join(late))
    low, high = _UNDECIDED
    tuned = [predictions[m.name] for m in models if m.kind == "fine-tuned"]
    undecided = [p for p in tuned if not p.error and low < p.p_positive < high]
    if not tuned or 2 * len(undecided) <= len(tuned):
        return ""
    return copy.UNDECIDED.format(count=len(undecided), of=len(tuned))


def parse_label(label: str | None) -> int | None:
    """Parse the label that the user chose; None if there is none."""
    return {LABELS[NEGATIVE]: NEGATIVE, LABELS[POSITIVE]: POSITIVE}.get(label or "")
