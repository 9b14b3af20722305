"""From the outputs of a classification head to the two sides, negative and positive.

A head has one output per label. P(positive) is the mass of the labels on the positive side over
the mass of both sides; the mass of neutral labels is kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from sentiment.errors import CheckpointError
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

# Sentences that settle which output is which where the labels have no names, by side.
_SETTLING: dict[Polarity, tuple[str, ...]] = {
    "negative": (PROBES[NEGATIVE], "The service was terrible and the food was awful."),
    "neutral": ("The meeting is on Tuesday at ten.", "The parcel contains two books and a pen."),
    "positive": (PROBES[POSITIVE], "The service was excellent and the food was delicious."),
}
# Scales of models with one output that were trained by regression, the smallest first.
_SCALES = ((0.0, 1.0), (-1.0, 1.0), (1.0, 5.0), (0.0, 10.0))
_SLACK = 0.1  # of a scale: regression overshoots its ends a little
_CERTAIN = 1e-6  # probabilities closer to 0 or 1, which have no finite log-odds, are cut here
_HINT = "Say what they mean with --labels, such as --labels negative,neutral,positive."


@dataclass(frozen=True)
class Readout:
    """What each output of a head means, and how outputs become probabilities."""

    polarities: tuple[Polarity, ...] = ("negative", "positive")  # one per output
    activation: Activation = "softmax"
    scale: tuple[float, float] = (0.0, 1.0)  # the lowest and highest output of a `scale`

    @property
    def has_neutral(self) -> bool:
        """Return whether a label is on neither side."""
        return "neutral" in self.polarities

    def __call__(self, outputs: Tensor) -> Tensor:
        """Compute logits of the sides from the outputs of the head, (batch, labels).

        Returns:
            (batch, 2): negative and positive, whose softmax is P(negative), P(positive); or
            (batch, 3) with neutral last, whose softmax is the mass of each
        """
        if len(self.polarities) == 1:
            return self._read_single(outputs[:, 0])
        if self.activation == "softmax" and sorted(self.polarities) == ["negative", "positive"]:
            return outputs[:, [self.polarities.index(side) for side in ("negative", "positive")]]
        outputs = outputs.double()
        masses = (
            torch.nn.functional.logsigmoid(outputs)
            if self.activation == "sigmoid"
            else outputs.log_softmax(dim=-1)
        )
        sides: list[Polarity] = ["negative", "positive"]
        if self.has_neutral:
            sides.append("neutral")
        return torch.stack(
            [masses[:, self._indices(side)].logsumexp(dim=-1) for side in sides], dim=-1
        )

    def _indices(self, side: Polarity) -> list[int]:
        return [i for i, polarity in enumerate(self.polarities) if polarity == side]

    def _read_single(self, output: Tensor) -> Tensor:
        """Read one output: the log-odds of its label, or a value on a scale."""
        if self.activation == "scale":
            low, high = self.scale
            share = ((output.double() - low) / (high - low)).clamp(_CERTAIN, 1 - _CERTAIN)
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
    """Find what the outputs of a head mean, from the label names, else from probe sentences.

    Args:
        model: its name, for messages.
        names: of the labels, in the order of the outputs.
        outputs: computes the outputs for texts.
        problem_type: of the transformers configuration.
        given: the polarity of each label, as said by the user; it settles everything.

    Raises:
        CheckpointError: the labels are not about sentiment, or it cannot be settled which is which.
    """
    said = _check_given(model, names, given)
    topic = None if said else find_topic(names)
    if topic:
        raise CheckpointError(
            f"{model} tells {topic}, not sentiment: its labels are {_list(names)}. Take a model "
            f"with labels such as negative, neutral and positive."
        )
    if len(names) == 1:
        return _find_single(model, names[0], outputs, problem_type, said)
    activation: Activation = (
        "sigmoid" if problem_type == "multi_label_classification" else "softmax"
    )
    polarities = said or read_polarities(names)
    if polarities is None:
        polarities = _settle(model, names, outputs, activation)
    return Readout(polarities, activation)


def _check_given(model: str, names: Sequence[str], given: Sequence[str]) -> tuple[Polarity, ...]:
    """Check what the user said of the labels.

    Raises:
        CheckpointError: it does not fit the labels, or leaves out a side.
    """
    said = tuple(side for own in given for side in POLARITIES if side == own)
    if len(said) != len(given) or (given and len(said) != len(names)):
        raise CheckpointError(
            f"{model} has {len(names)} labels ({_list(names)}), and --labels says "
            f"{', '.join(given)}. Give one of {', '.join(POLARITIES)} for each, in their order."
        )
    if given and len(set(said) - {"neutral"}) != min(len(names), 2):
        needed = "both sides are" if len(names) > 1 else "negative or positive is"
        raise CheckpointError(
            f"--labels says {', '.join(given)} for the labels of {model} ({_list(names)}), and "
            f"{needed} needed. Give one of {', '.join(POLARITIES)} for each, in their order."
        )
    return said


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
    """Find what the only output means: log-odds of a label, or a value on a scale."""
    low, high = (float(value) for value in outputs(PROBES)[:, 0])
    named = given or read_polarities([name])
    if problem_type != "regression":
        if named:
            return Readout(tuple(named), "sigmoid")
        _check_unnamed(model, [name])
        if low == high:
            raise _unsettled(model, [name])
        return Readout(("positive" if high > low else "negative",), "sigmoid")
    for scale in _SCALES:
        slack = _SLACK * (scale[1] - scale[0])
        is_on = all(scale[0] - slack <= value <= scale[1] + slack for value in (low, high))
        if is_on and (named or low < high):
            return Readout(tuple(named or ("positive",)), "scale", scale)
    raise CheckpointError(
        f"{model} has one output, a value, and gives {low:.2f} for a negative and {high:.2f} for a "
        f"positive test sentence: that is on none of the scales "
        f"{', '.join(f'{a:g} to {b:g}' for a, b in _SCALES)}. Take another model."
    )


def _settle(
    model: str, names: Sequence[str], outputs: Outputs, activation: Activation
) -> tuple[Polarity, ...]:
    """Settle which label is which by what probe sentences get, where no name says it.

    Two labels of unknown names are told apart by one sentence of each side. Three without names are
    told apart if the sentences of each side agree on a label of their own. More are refused.

    Raises:
        CheckpointError: the sentences do not settle it.
    """
    if len(names) == 2:
        _check_unnamed(model, names)
        scores = _probabilities(outputs(PROBES), activation)
        difference = float(scores[POSITIVE, 1] - scores[NEGATIVE, 1])
        if abs(difference) < 1e-6:
            raise _unsettled(model, names)
        return ("negative", "positive") if difference > 0 else ("positive", "negative")
    if len(names) == 3 and is_unnamed(names):
        likeliest: dict[int, Polarity] = {}
        for side, texts in _SETTLING.items():
            found = {int(i) for i in _probabilities(outputs(texts), activation).argmax(dim=-1)}
            if len(found) != 1 or found & likeliest.keys():
                raise _unsettled(model, names)
            likeliest[found.pop()] = side
        return tuple(likeliest[i] for i in range(3))
    raise CheckpointError(
        f"{model} has {len(names)} labels whose names do not say which are positive: "
        f"{_list(names)}. {_HINT}"
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


def _unsettled(model: str, names: Sequence[str]) -> CheckpointError:
    return CheckpointError(
        f"The labels of {model} have unknown names ({_list(names)}), and its predictions for test "
        f"sentences do not tell which of them is positive. {_HINT}"
    )
