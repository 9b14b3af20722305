"""A training under way -> what the page shows of it: accuracy, curves and moving sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Any

import numpy as np
from markupsafe import Markup

from sentiment.evaluation.comparison import compare
from sentiment.evaluation.results import Result
from sentiment.formatting import share_of
from sentiment.labels import LABELS
from sentiment.probabilities import is_positive
from sentiment.recipes import Recipe
from sentiment.serving.live_training import Sentence, TrainingStarted, ZeroShotScored
from sentiment.training.history import EpochReport, StepReport
from sentiment.ui.render.html import render_sentence
from sentiment.ui.render.markup import SIGNS, render_template, show_probability
from sentiment.ui.text import train as copy

Point = tuple[float, float]
TrainingReport = TrainingStarted | ZeroShotScored | StepReport | EpochReport


@dataclass(frozen=True)
class Frame:
    """The size of a drawing, in its own units, and the margins around its axes."""

    width: int
    height: int = 150
    left: int = 44
    right: int = 26
    top: int = 26
    bottom: int = 30
    inset: int = 0  # between the left end of the lines and the first point

    def place(self, x: float, y: float) -> Point:
        """Place a point, given as shares of both axes, in the drawing."""
        across = self.width - self.left - self.inset - self.right
        down = self.height - self.top - self.bottom
        return self.left + self.inset + across * x, self.top + down * (1 - y)


_ACCURACY, _LOSS = Frame(560, inset=24), Frame(300)


@dataclass
class TrainingView:
    """What is known of a training under way."""

    recipe: Recipe
    sentences: tuple[Sentence, ...]
    begun: TrainingStarted | None = None
    before: ZeroShotScored | None = None
    last: StepReport | None = None
    losses: list[Point] = field(default_factory=list)  # (step, loss)
    epochs: list[EpochReport] = field(default_factory=list)

    def take(self, report: TrainingReport) -> None:
        """Take a report into account."""
        if isinstance(report, TrainingStarted):
            self.begun, self.sentences = report, report.sentences
        elif isinstance(report, ZeroShotScored):
            self.before = report
        elif isinstance(report, StepReport):
            self.last = report
            self.losses.append((report.step, report.loss))
        else:
            self.epochs.append(report)

    def render(self, said: str = "", *, final: float | None = None, is_alert: bool = False) -> str:
        """Render the accuracy, before and now, and how far the training is.

        Args:
            said: a sentence in place of where it stands.
            final: accuracy of the saved model.
        """
        before = self.before.accuracy if self.before else None
        now = final if final is not None else self.epochs[-1].accuracy if self.epochs else None
        when = copy.TRAIN_AFTER_EPOCH.format(epoch=len(self.epochs), epochs=self.recipe.epochs)
        steps = self.last.steps if self.last else 1
        is_trained = len(self.epochs) == self.recipe.epochs
        done = steps if is_trained else self.last.step if self.last else 0
        return render_template(
            "training_accuracy",
            copy=copy,
            before=None if before is None else f"{100 * before:.1f}",
            now=None if now is None else f"{100 * now:.1f}",
            when=copy.TRAIN_AFTER if final is not None else when if self.epochs else "",
            tested=copy.TRAIN_TESTED_ON.format(n=self.begun.watched) if self.begun else "",
            said=said or self._say(),
            is_alert=is_alert,
            share=None if final is not None else 100 * done / steps,
            parameters=self._say_parameters(),
        )

    def render_curves(self) -> str:
        """Render the curves and the sentences on their axes."""
        steps = self.last.steps if self.last else 1
        scores = [self.before.p_positive] if self.before else []
        scores += [report.p_positive for report in self.epochs]
        before = self.before.accuracy if self.before else None
        accuracies = [(round(report.epoch), report.accuracy) for report in self.epochs]
        return render_template(
            "training_curves",
            copy=copy,
            accuracy=draw_accuracies(before, accuracies, self.recipe.epochs),
            loss=draw_losses(self.losses, steps),
            sentences=render_sentences(self.sentences, scores),
        )

    def _say(self) -> str:
        last = self.last
        if self.begun is None:
            return copy.TRAIN_LOADING
        if self.before is None:
            return copy.TRAIN_BEGUN.format(n=self.begun.evaluation)
        if last is None:
            return copy.TRAIN_PREPARING.format(n=self.begun.train)
        if len(self.epochs) == self.recipe.epochs:
            return copy.TRAIN_SCORING.format(n=self.begun.evaluation)
        left = (last.steps - last.step) * self.recipe.batch_size / last.examples_per_second
        return copy.TRAIN_STEP.format(
            step=last.step, steps=last.steps, rate=last.examples_per_second, left=max(1.0, left)
        )

    def _say_parameters(self) -> str:
        if self.begun is None:
            return ""
        total, trainable = self.begun.total, self.begun.trainable
        share = share_of(trainable, total)
        return copy.TRAIN_PARAMETERS.format(trainable=trainable, total=total, share=share)

    def stopped(self) -> str:
        """Describe what is left of a training that was stopped."""
        if self.last is None:
            return copy.TRAIN_STOPPED_EARLY
        return copy.TRAIN_STOPPED.format(step=self.last.step, steps=self.last.steps)


def render_verdict(before: Result, after: Result) -> str:
    """Render whether the difference between before and after is more than noise."""
    (pair,) = compare([before, after])
    return render_sentence(pair.sentence)


def render_idle(sentences: Sequence[Sentence]) -> tuple[str, str]:
    """Render the tab before a training: what to do, and the sentences that will move."""
    accuracy = render_template(
        "training_accuracy",
        copy=copy,
        before=None,
        now=None,
        when="",
        tested="",
        said=copy.TRAIN_EMPTY,
        is_alert=False,
        share=None,
        parameters="",
    )
    curves = render_template(
        "training_curves",
        copy=copy,
        accuracy=None,
        loss=None,
        sentences=render_sentences(sentences, []),
    )
    return accuracy, curves


def render_sentences(sentences: Sequence[Sentence], scores: Sequence[Sequence[float]]) -> Markup:
    """Render sentences with the way of their probabilities on an axis from negative to positive.

    Args:
        scores: probabilities of positive of all sentences, zero-shot first and then after each
            epoch so far.
    """
    rows = []
    for i, sentence in enumerate(sentences):
        way = [own[i] for own in scores]
        rows.append({"text": sentence.text, "gold": LABELS[sentence.gold], **_describe_way(way)})
        if way:
            is_right = _predict(way[-1]) == sentence.gold
            verdict = copy.TRAIN_RIGHT if is_right else copy.TRAIN_WRONG
            moves = ", ".join(map(show_probability, way))
            gold = LABELS[sentence.gold]
            rows[-1] |= {
                "is_right": is_right,
                "described": copy.TRAIN_MOVES.format(gold=gold, moves=moves, verdict=verdict),
            }
    return render_template("training_sentences", copy=copy, rows=rows)


def _describe_way(way: Sequence[float]) -> dict[str, Any]:
    """Describe the dots of one sentence: their places in per cent, and the side of the last."""
    if not way:
        return {"way": [], "now": None, "side": "", "sign": "", "is_right": False, "described": ""}
    side = LABELS[_predict(way[-1])]
    return {
        "way": [round(100 * p, 1) for p in way],
        "now": way[-1],
        "side": side,
        "sign": SIGNS[side],
    }


def _predict(p: float) -> int:
    return int(is_positive(np.array(p)))


def draw_losses(losses: Sequence[Point], steps: int) -> dict[str, Any]:
    """Draw the loss of every step so far, on an axis of all steps.

    Args:
        losses: (step, loss), in order.
    """
    top = max(1.0, ceil(2 * max((loss for _, loss in losses), default=0.0)) / 2)
    points = [_LOSS.place(step / max(1, steps), loss / top) for step, loss in losses]
    said = copy.TRAIN_LOSS_NONE
    if losses:
        said = copy.TRAIN_LOSS_SAID.format(
            first=losses[0][1], last=losses[-1][1], step=losses[-1][0], steps=steps
        )
    ticks = [(_LOSS.place(0, tick / top)[1], f"{tick:g}") for tick in (0.0, top / 2, top)]
    end = copy.TRAIN_STEPS.format(steps=steps) if losses else ""
    return {
        "frame": _LOSS,
        "title": copy.TRAIN_LOSS_TITLE,
        "said": said,
        "ticks": ticks,
        "points": points,
        "marks": [],
        "ends": [(_LOSS.width - _LOSS.right, "end", end)],
    }


def draw_accuracies(
    before: float | None, accuracies: Sequence[Point], epochs: int
) -> dict[str, Any]:
    """Draw the accuracy before training and after each epoch, on an axis of all epochs.

    Args:
        accuracies: (epoch, accuracy), in order.
    """
    known = [] if before is None else [(0.0, before), *accuracies]
    # The axis shows differences, so it begins near the lowest accuracy, at a round number.
    least = min((accuracy for _, accuracy in known), default=0.5)
    most = max((accuracy for _, accuracy in known), default=0.9)
    low, high = floor(10 * least - 0.5) / 10, min(1.0, ceil(10 * most + 0.5) / 10)

    def place(epoch: float, accuracy: float) -> Point:
        return _ACCURACY.place(epoch / max(1, epochs), (accuracy - low) / (high - low))

    points = [place(*point) for point in known]
    count = round(10 * (high - low))
    ticks = [low + i * (high - low) / count for i in range(count + 1)]
    named = {0, len(known) - 1}  # the others would stand too close
    marks = [
        {"x": x, "y": y, "is_before": i == 0, "shown": f"{100 * known[i][1]:.1f}" * (i in named)}
        for i, (x, y) in enumerate(points)
    ]
    every = ceil(epochs / 5)
    ends = [(_ACCURACY.left, "start", copy.TRAIN_BEFORE)] + [
        (place(epoch, low)[0], "end" if epoch == epochs else "middle", _name_epoch(epoch, epochs))
        for epoch in range(1, epochs + 1)
        if epoch == epochs or (epoch % every == 0 and epochs - epoch >= every)
    ]
    return {
        "frame": _ACCURACY,
        "title": copy.TRAIN_ACCURACY_TITLE,
        "said": _say_accuracies(known),
        "ticks": [(place(0, tick)[1], f"{100 * tick:.0f}") for tick in ticks],
        "points": points,
        "marks": marks,
        "ends": ends,
    }


def _name_epoch(epoch: int, epochs: int) -> str:
    return copy.TRAIN_EPOCH.format(epoch=epoch) if epoch == epochs else str(epoch)


def _say_accuracies(known: Sequence[Point]) -> str:
    if not known:
        return copy.TRAIN_ACCURACY_NONE
    (_, before), (epoch, last) = known[0], known[-1]
    if len(known) == 1:
        return copy.TRAIN_ACCURACY_BEFORE.format(before=100 * before)
    return copy.TRAIN_ACCURACY_SAID.format(before=100 * before, last=100 * last, epoch=epoch)
