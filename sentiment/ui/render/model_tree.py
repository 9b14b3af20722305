"""Render the tree of models; the width of a branch is the share of trainable parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sentiment.data.sources import dataset_title, full_title
from sentiment.formatting import share_of
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.family import Accuracy, Family, FamilyKind, Member
from sentiment.ui.render.markup import render_template
from sentiment.ui.render.model_cards import describe_source
from sentiment.ui.text import models as copy

# Heights are in pixels, widths in per cent of the tree.
ROW = 42
GAP = 12  # between two families
TOP = 30  # for the axis labels
ROOT_X = 19.0  # x of a backbone
FIRST_X = 25.0  # x of the models fine-tuned from it
INDENT = 4.0  # of each further level
MAX_LEVEL = 3  # deeper levels are not indented further
MAX_WIDTH, WIDTH_PER_DECADE, MIN_WIDTH = 14.0, 2.4, 1.5  # of branches
_SHAPES: dict[FamilyKind, str] = {"baseline": "square", "broken": "cross"}


@dataclass(frozen=True)
class Mark:
    """Accuracy with its interval on the axis; positions are in per cent of its width."""

    left: float
    low: float
    high: float
    before: float | None
    value: str
    value_before: str
    is_rising: bool
    data: str
    title: str
    description: str


@dataclass(frozen=True)
class Node:
    """Model in the tree."""

    name: str
    title: str
    note: str
    x: float
    y: float
    level: int
    shape: str
    thickness: float
    path: str  # SVG path of its branch, empty for a backbone
    mark: Mark | None
    is_dashed: bool = False  # the number of trainable parameters is unknown


@dataclass(frozen=True)
class Root:
    """Root of a family: a backbone, or a title if there is none."""

    name: str  # of the model, empty if there is none
    title: str
    note: str
    y: float
    mark: Mark | None
    nodes: tuple[Node, ...]


def branch_thickness(share: float) -> float:
    """Compute the width of a branch in pixels from the log share of trainable parameters."""
    if share <= 0:
        return MIN_WIDTH
    return max(MIN_WIDTH, MAX_WIDTH + WIDTH_PER_DECADE * math.log10(min(1.0, share)))


def render_tree(families: Sequence[Family], opened: str = "") -> Markup:
    """Render the tree.

    Args:
        opened: name of the model shown in the side panel.
    """
    lowest = _lowest(families)
    roots: list[Root] = []
    y = float(TOP)
    for family in families:
        rows = max(1, sum(1 for _ in _walk(family.members)))
        roots.append(_lay_out(family, y, rows, lowest))
        y += rows * ROW + GAP
    keys = [(label, branch_thickness(share)) for label, share in copy.BRANCH_SHARES]
    ticks = [(percent, _place(percent / 100, lowest)) for percent in range(lowest, 101, 10)]
    return render_template(
        "model_tree",
        roots=roots,
        height=round(y),
        row=ROW,
        trunk=ROOT_X,
        opened=opened,
        keys=keys,
        ticks=ticks,
        copy=copy,
    )


def _walk(members: Sequence[Member], level: int = 1) -> Iterator[tuple[Member, Member | None, int]]:
    """Yield each member with its parent and its level, depth first."""
    for member in members:
        yield member, None, level
        for child, parent, child_level in _walk(member.children, level + 1):
            yield child, parent or member, child_level


def _lowest(families: Sequence[Family]) -> int:
    """Return the start of the axis in per cent: 50, or less if an accuracy is lower."""
    accuracies = [family.accuracy for family in families if not family.members]
    accuracies += [member.accuracy for f in families for member, _, _ in _walk(f.members)]
    values = [v for a in accuracies if a is not None for v in (a.low, a.zero_shot) if v is not None]
    return min([50, *(10 * math.floor(10 * value) for value in values)])


def _place(value: float, lowest: int) -> float:
    """Return the position of an accuracy on the axis, in per cent of its width."""
    return round(100 * (100 * value - lowest) / (100 - lowest), 2)


def _lay_out(family: Family, top: float, rows: int, lowest: int) -> Root:
    """Lay out the nodes of a family below each other, with the root at their centre."""
    middle = top + rows * ROW / 2
    nodes: list[Node] = []
    placed: dict[str, Node] = {}
    for i, (member, parent, level) in enumerate(_walk(family.members)):
        start = placed.get(parent.model.name) if parent else None
        y = top + i * ROW + ROW / 2
        x = FIRST_X + INDENT * (min(level, MAX_LEVEL) - 1)
        node = _build_node(member, parent, family, x, y, level, lowest)
        begin = (start.x, start.y) if start else (ROOT_X, middle)
        placed[node.name] = node = _add_branch(node, begin, is_nested=start is not None)
        nodes.append(node)
    backbone = family.backbone
    is_absent = family.kind == "backbone" and not backbone
    note = copy.FAMILY_NOTES["absent" if is_absent else family.kind]
    is_alone = not family.members and family.accuracy is not None
    return Root(
        name=backbone.name if backbone else "",
        title=family.title or copy.FAMILY_TITLES[family.kind],
        note=note.format(parameters=backbone.parameters if backbone else 0),
        y=middle,
        mark=_build_mark(family.accuracy, lowest) if is_alone and family.accuracy else None,
        nodes=tuple(nodes),
    )


def _build_node(
    member: Member,
    parent: Member | None,
    family: Family,
    x: float,
    y: float,
    level: int,
    lowest: int,
) -> Node:
    model = member.model
    title, note = describe_model(model, parent.model if parent else None)
    return Node(
        name=model.name,
        title=title,
        note=note,
        x=x,
        y=y,
        level=level,
        shape=_SHAPES.get(family.kind, "dot"),
        thickness=branch_thickness(model.trainable / max(1, model.parameters)),
        path="",
        mark=_build_mark(member.accuracy, lowest) if member.accuracy else None,
        is_dashed=not model.trainable,
    )


def _add_branch(node: Node, begin: tuple[float, float], *, is_nested: bool) -> Node:
    """Return `node` with the SVG path from `begin` to it."""
    x, y = begin
    middle = (x + node.x) / 2
    if is_nested and x != node.x:  # down from another model, then to the right
        curve = f"M{x:g} {y:g}C{x:g} {node.y:g} {x:g} {node.y:g} {node.x:g} {node.y:g}"
    else:
        curve = f"M{x:g} {y:g}C{middle:g} {y:g} {middle:g} {node.y:g} {node.x:g} {node.y:g}"
    return Node(**{**vars(node), "path": curve})


def describe_model(model: ModelInfo, start: ModelInfo | None = None) -> tuple[str, str]:
    """Return title and note of a model: its fine-tuning, data and trainable parameters.

    The title of a model that is not bundled is its name.

    Args:
        start: the fine-tuned model that its training started from.
    """
    if model.error:
        return model.name, copy.BROKEN
    how = _describe_training(model, start)
    source = describe_source(model)
    if source:
        return model.name, copy.WITH_SOURCE.format(how=how, source=source)
    if not model.trainable:
        return how, copy.PARAMETERS.format(parameters=model.parameters)
    share = share_of(model.trainable, model.parameters)
    return how, copy.TRAINABLE.format(trainable=model.trainable, share=share)


def _describe_training(model: ModelInfo, start: ModelInfo | None) -> str:
    tuning = copy.TUNINGS.get(model.tuning, model.tuning)
    if not model.dataset:
        return tuning
    data = dataset_title(model.dataset)
    if start is None or not start.dataset:
        return copy.TUNING_ON.format(tuning=tuning, data=data)
    return copy.TUNING_AFTER.format(tuning=tuning, first=dataset_title(start.dataset), data=data)


def _build_mark(accuracy: Accuracy, lowest: int) -> Mark:
    before = accuracy.zero_shot
    value = f"{100 * accuracy.value:.1f}"
    value_before = f"{100 * before:.1f}" if before is not None else ""
    data = dataset_title(accuracy.dataset)
    description_before = copy.SCORE_BEFORE.format(p=100 * before) if before is not None else ""
    return Mark(
        left=_place(accuracy.value, lowest),
        low=_place(accuracy.low, lowest),
        high=_place(accuracy.high, lowest),
        before=_place(before, lowest) if before is not None else None,
        value=value,
        value_before=value_before,
        is_rising=before is None or accuracy.value >= before,
        data=data,
        title=copy.ACCURACY.format(
            p=100 * accuracy.value,
            low=100 * accuracy.low,
            high=100 * accuracy.high,
            n=accuracy.n,
            title=full_title(accuracy.dataset, accuracy.split),
        ),
        description=copy.SCORE.format(before=description_before, p=100 * accuracy.value, data=data),
    )
