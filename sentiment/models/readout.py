"""Conversion of the outputs of a classification head to P(negative) and P(positive).

A head has one output per label. P(positive) is the probability of the positive labels, normalized
over the negative and positive labels; the probability of neutral labels is reported separately.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from sentiment.errors import CheckpointError, LabelsError
from sentiment.labels import NEGATIVE, POSITIVE, PROBES
from sentiment.models.label_names import (
    POLARITIES,
    Polarity,
    find_topic,
    is_unnamed,
    read_polarities,
    read_polarity,
)

Activation = Literal["softmax", "sigmoid", "scale"]
Outputs = Callable[[Sequence[str]], Tensor]  # texts to the outputs of the head, (texts, labels)

# Probe sentences that show which output is which label if the labels have no names.
_PROBES_BY_POLARITY: dict[Polarity, tuple[str, ...]] = {
    "negative": (PROBES[NEGATIVE], "The service was terrible and the food was awful."),
    "neutral": ("The meeting is on Tuesday at ten.", "The parcel contains two books and a pen."),
    "positive": (PROBES[POSITIVE], "The service was excellent and the food was delicious."),
}
# Target ranges of regression models (one output), tried in this order.
_SCALES = ((0.0, 1.0), (-1.0, 1.0), (1.0, 5.0), (0.0, 10.0))
_TOLERANCE = 0.1  # share of a scale by which predictions may lie outside of it
_EPSILON = 1e-6  # probabilities are clipped to [_EPSILON, 1 - _EPSILON]: log-odds stay finite
_HINT = "Say what they mean with --labels, such as --labels negative,neutral,positive."


@dataclass(frozen=True)
class Readout:
    """Polarity of each output of a head, and how outputs become probabilities."""

    polarities: tuple[Polarity, ...] = ("negative", "positive")  # one per output
    activation: Activation = "softmax"
    scale: tuple[float, float] = (0.0, 1.0)  # lowest and highest output if `activation` is `scale`

    @property
    def has_neutral(self) -> bool:
        """Return whether a label is neutral."""
        return "neutral" in self.polarities

    def __call__(self, outputs: Tensor) -> Tensor:
        """Compute logits of the polarities from the outputs of the head, (batch, labels).

        Returns:
            (batch, 2): negative and positive, whose softmax is P(negative), P(positive); or
            (batch, 3) with neutral last, whose softmax is the probability of each
        """
        if len(self.polarities) == 1:
            return self._read_single(outputs[:, 0])
        if self.activation == "softmax" and sorted(self.polarities) == ["negative", "positive"]:
            return outputs[:, [self.polarities.index(side) for side in ("negative", "positive")]]
        outputs = outputs.double()
        log_probabilities = (
            torch.nn.functional.logsigmoid(outputs)
            if self.activation == "sigmoid"
            else outputs.log_softmax(dim=-1)
        )
        sides: list[Polarity] = ["negative", "positive"]
        if self.has_neutral:
            sides.append("neutral")
        return torch.stack(
            [log_probabilities[:, self._indices(side)].logsumexp(dim=-1) for side in sides], dim=-1
        )

    def _indices(self, side: Polarity) -> list[int]:
        return [i for i, polarity in enumerate(self.polarities) if polarity == side]

    def _read_single(self, output: Tensor) -> Tensor:
        """Read one output: the log-odds of its label, or a value on a scale."""
        if self.activation == "scale":
            low, high = self.scale
            share = ((output.double() - low) / (high - low)).clamp(_EPSILON, 1 - _EPSILON)
            output = share.log() - (1 - share).log()
        zero = torch.zeros_like(output)
        pair = (zero, output) if self.polarities[0] == "positive" else (output, zero)
        return torch.stack(pair, dim=-1)


def find_readout(
    model: str,
    names: Sequence[str],
    outputs: Outputs,
    *,
    problem_type: str | None = None,
    given: Sequence[str] = (),
) -> Readout:
    """Find the polarity of each output from the label names, else from probe sentences.

    Args:
        model: its name, for messages.
        names: of the labels, in the order of the outputs.
        outputs: computes the outputs for texts.
        problem_type: of the transformers configuration.
        given: the polarity of each label from the user, which overrides the names and probes.

    Raises:
        CheckpointError: the labels are not about sentiment, or their polarities are ambiguous.
    """
    checked = _check_given(model, names, given)
    topic = None if checked else find_topic(names)
    if topic:
        raise CheckpointError(
            f"{model} classifies {topic}, not sentiment: its labels are {_list(names)}. Choose a "
            f"model with labels such as negative, neutral and positive."
        )
    if len(names) == 1:
        return _find_single(model, names[0], outputs, problem_type, checked)
    activation: Activation = (
        "sigmoid" if problem_type == "multi_label_classification" else "softmax"
    )
    polarities = checked or read_polarities(names)
    if polarities is None:
        polarities = _infer_polarities(model, names, outputs, activation)
    return Readout(polarities, activation)


def _check_given(model: str, names: Sequence[str], given: Sequence[str]) -> tuple[Polarity, ...]:
    """Check the polarities given by the user.

    Raises:
        CheckpointError: they do not fit the labels, or lack negative or positive.
    """
    known = tuple(side for name in given for side in POLARITIES if side == name)
    if len(known) != len(given) or (given and len(known) != len(names)):
        raise CheckpointError(
            f"{model} has {len(names)} labels ({_list(names)}), and --labels says "
            f"{', '.join(given)}. Give one of {', '.join(POLARITIES)} for each, in their order."
        )
    if given and len(set(known) - {"neutral"}) != min(len(names), 2):
        needed = "both sides are" if len(names) > 1 else "negative or positive is"
        raise CheckpointError(
            f"--labels says {', '.join(given)} for the labels of {model} ({_list(names)}), and "
            f"{needed} needed. Give one of {', '.join(POLARITIES)} for each, in their order."
        )
    return known


def describe_contradiction(names: Sequence[str], said: Sequence[Polarity]) -> str:
    """Describe where what the user said of the labels contradicts their names, empty if nowhere."""
    own: tuple[Polarity | None, ...] | None = read_polarities(names)
    if own is None:  # names of one side: neutral may well be read as the other one
        own = tuple(None if p == "neutral" else p for p in map(read_polarity, names))
    return ", ".join(
        f"{name[:40]} as {side}"
        for name, named, side in zip(names, own, said, strict=True)
        if named and named != side
    )


def _list(names: Sequence[str]) -> str:
    """List label names for a message, the first six of them."""
    shown = ", ".join(name[:40] for name in names[:6])
    return f"{shown}, … ({len(names)} labels)" if len(names) > 6 else shown


def _find_single(
    model: str,
    name: str,
    outputs: Outputs,
    problem_type: str | None,
    given: Sequence[Polarity],
) -> Readout:
    """Find the readout of a single output: log-odds of a label, or regression on a scale."""
    low, high = (float(value) for value in outputs(PROBES)[:, 0])
    named = given or read_polarities([name])
    if problem_type != "regression":
        if named:
            return Readout(tuple(named), "sigmoid")
        _check_unnamed(model, [name])
        if low == high:
            raise _ambiguous_labels(model, [name])
        return Readout(("positive" if high > low else "negative",), "sigmoid")
    for scale in _SCALES:
        tolerance = _TOLERANCE * (scale[1] - scale[0])
        is_on = all(scale[0] - tolerance <= value <= scale[1] + tolerance for value in (low, high))
        if is_on and (named or low < high):
            return Readout(tuple(named or ("positive",)), "scale", scale)
    raise CheckpointError(
        f"{model} is a regression model with one output. It predicts {low:.2f} for a negative and "
        f"{high:.2f} for a positive test sentence, which fits none of the scales "
        f"{', '.join(f'{a:g} to {b:g}' for a, b in _SCALES)}. Choose another model."
    )


def _infer_polarities(
    model: str, names: Sequence[str], outputs: Outputs, activation: Activation
) -> tuple[Polarity, ...]:
    """Infer the polarity of each label from the predictions for probe sentences.

    Two labels with unknown names need one probe of each polarity. Three unnamed labels (`LABEL_0`,
    …) need two: both must get the same label, a different one for each polarity. More are refused.

    Raises:
        CheckpointError: the predictions do not distinguish the labels.
    """
    if len(names) == 2:
        _check_unnamed(model, names)
        scores = _probabilities(outputs(PROBES), activation)
        difference = float(scores[POSITIVE, 1] - scores[NEGATIVE, 1])
        if abs(difference) < 1e-6:
            raise _ambiguous_labels(model, names)
        return ("negative", "positive") if difference > 0 else ("positive", "negative")
    if len(names) == 3 and is_unnamed(names):
        likeliest: dict[int, Polarity] = {}
        for side, texts in _PROBES_BY_POLARITY.items():
            found = {int(i) for i in _probabilities(outputs(texts), activation).argmax(dim=-1)}
            if len(found) != 1 or found & likeliest.keys():
                raise _ambiguous_labels(model, names)
            likeliest[found.pop()] = side
        return tuple(likeliest[i] for i in range(3))
    raise LabelsError(
        f"{model} has {len(names)} labels whose names do not say which are positive: "
        f"{_list(names)}. {_HINT}",
        names,
    )


def _check_unnamed(model: str, names: Sequence[str]) -> None:
    """Check that no name of one or two labels says a polarity, which probes would overrule.

    Raises:
        CheckpointError: one does, such as `neutral` beside `positive`.
    """
    found = [polarity for name in names if (polarity := read_polarity(name))]
    if found:
        lacks = " and no ".join(side for side in ("negative", "positive") if side not in found)
        raise CheckpointError(
            f"{model} has no {lacks} label: its labels are {_list(names)}, so it does not tell "
            f"negative from positive. Take another model, or say how to read them all the same, "
            f"such as --labels negative,positive."
        )


def _probabilities(outputs: Tensor, activation: Activation) -> Tensor:
    return outputs.sigmoid() if activation == "sigmoid" else outputs.softmax(dim=-1)


def _ambiguous_labels(model: str, names: Sequence[str]) -> LabelsError:
    return LabelsError(
        f"The labels of {model} have unknown names ({_list(names)}), and its predictions for test "
        f"sentences do not tell which of them is positive. {_HINT}",
        names,
    )
