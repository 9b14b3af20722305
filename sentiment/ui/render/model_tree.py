"""Pure: families of models -> a tree with branches as thick as the trained share of parameters."""

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

# Heights are in pixels, widths in per cent of the tree, which is as wide as the page leaves it.
ROW = 42
GAP = 12  # between two families
TOP = 30  # for the titles of the axis
TRUNK = 19.0  # where the branches of a backbone begin
FIRST = 25.0  # where they end
STEP = 4.0  # further right, a model that was trained further from another
DEEPEST = 3  # levels that are drawn further right
THICKEST, PER_TENFOLD, THINNEST = 14.0, 2.4, 1.5  # of branches
_SHAPES: dict[FamilyKind, str] = {"baseline": "square", "broken": "cross"}


@dataclass(frozen=True)
class Mark:
    """An accuracy on the axis, in per cent of its width."""

    left: float
    low: float
    high: float
    before: float | None
    value: str
    value_before: str
    is_rising: bool
    data: str
    title: str
    said: str


@dataclass(frozen=True)
class Node:
    """A model in the tree."""

    name: str
    title: str
    note: str
    x: float
    y: float
    level: int
    shape: str
    thickness: float
    path: str  # of the branch that leads to it, empty for a backbone
    mark: Mark | None
    is_dashed: bool = False  # how much of it was trained is not known


@dataclass(frozen=True)
class Root:
    """The beginning of a family: a backbone, or words in its place."""

    name: str  # of the model, empty where none can be pressed
    title: str
    note: str
    y: float
    mark: Mark | None
    nodes: tuple[Node, ...]


def branch_thickness(share: float) -> float:
    """Compute the pixels of a branch: `THICKEST` for all parameters, less for each tenfold."""
    if share <= 0:
        return THINNEST
    return max(THINNEST, THICKEST + PER_TENFOLD * math.log10(min(1.0, share)))


def render_tree(families: Sequence[Family], opened: str = "") -> Markup:
    """Draw the tree.

    Args:
        opened: name of the model whose facts are shown beside the tree.
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
        trunk=TRUNK,
        opened=opened,
        keys=keys,
        ticks=ticks,
        copy=copy,
    )


def _walk(members: Sequence[Member], level: int = 1) -> Iterator[tuple[Member, Member | None, int]]:
    """List members with the one each was trained further from and their level, from the top."""
    for member in members:
        yield member, None, level
        for child, parent, deeper in _walk(member.children, level + 1):
            yield child, parent or member, deeper


def _lowest(families: Sequence[Family]) -> int:
    """Return the left end of the axis in per cent: 50, or the ten below the lowest accuracy."""
    found = [family.accuracy for family in families if not family.members]
    found += [member.accuracy for f in families for member, _, _ in _walk(f.members)]
    shown = [a for a in found if a is not None]
    values = [v for a in shown for v in (a.low, a.zero_shot) if v is not None]
    return min([50, *(10 * math.floor(10 * value) for value in values)])


def _place(value: float, lowest: int) -> float:
    """Place an accuracy on the axis, in per cent of its width."""
    return round(100 * (100 * value - lowest) / (100 - lowest), 2)


def _lay_out(family: Family, top: float, rows: int, lowest: int) -> Root:
    """Place a family's nodes below each other, and its root at their middle."""
    middle = top + rows * ROW / 2
    nodes: list[Node] = []
    placed: dict[str, Node] = {}
    for i, (member, parent, level) in enumerate(_walk(family.members)):
        start = placed.get(parent.model.name) if parent else None
        y = top + i * ROW + ROW / 2
        x = FIRST + STEP * (min(level, DEEPEST) - 1)
        node = _build_node(member, parent, family, x, y, level, lowest)
        begin = (start.x, start.y) if start else (TRUNK, middle)
        placed[node.name] = node = _add_branch(node, begin, is_further=start is not None)
        nodes.append(node)
    home = family.backbone
    note = copy.FAMILY_NOTES["absent" if family.kind == "backbone" and not home else family.kind]
    is_alone = not family.members and family.accuracy is not None
    return Root(
        name=home.name if home else "",
        title=family.title or copy.FAMILY_TITLES[family.kind],
        note=note.format(parameters=home.parameters if home else 0),
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


def _add_branch(node: Node, begin: tuple[float, float], *, is_further: bool) -> Node:
    """Draw the curve from `begin` to `node`."""
    x, y = begin
    middle = (x + node.x) / 2
    if is_further and x != node.x:  # down from another model, then to the right
        curve = f"M{x:g} {y:g}C{x:g} {node.y:g} {x:g} {node.y:g} {node.x:g} {node.y:g}"
    else:
        curve = f"M{x:g} {y:g}C{middle:g} {y:g} {middle:g} {node.y:g} {node.x:g} {node.y:g}"
    return Node(**{**vars(node), "path": curve})


def describe_model(model: ModelInfo, start: ModelInfo | None = None) -> tuple[str, str]:
    """Describe a trained model in the tree: how and on what, and how much of it was trained.

    A model that is not part of the app keeps its name, by which its owner knows it.

    Args:
        start: the model that it was trained further from.
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
    said_before = copy.SCORE_BEFORE.format(p=100 * before) if before is not None else ""
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
        said=copy.SCORE.format(before=said_before, p=100 * accuracy.value, data=data),
    )
