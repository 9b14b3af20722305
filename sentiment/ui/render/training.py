"""Render a training run in progress: accuracy, learning curves and test sentences."""

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
    """Size of a plot in SVG units, and its margins."""

    width: int
    height: int = 150
    left: int = 44
    right: int = 26
    top: int = 26
    bottom: int = 30
    inset: int = 0  # between the axis and the first point

    def place(self, x: float, y: float) -> Point:
        """Convert a point from shares of both axes to SVG units."""
        across = self.width - self.left - self.inset - self.right
        down = self.height - self.top - self.bottom
        return self.left + self.inset + across * x, self.top + down * (1 - y)


_ACCURACY, _LOSS = Frame(560, inset=24), Frame(300)


@dataclass
class TrainingView:
    """State of a training run in progress."""

    recipe: Recipe
    sentences: tuple[Sentence, ...]
    started: TrainingStarted | None = None
    before: ZeroShotScored | None = None
    last: StepReport | None = None
    losses: list[Point] = field(default_factory=list)  # (step, loss)
    epochs: list[EpochReport] = field(default_factory=list)

    def update(self, report: TrainingReport) -> None:
        """Update the state with a report."""
        if isinstance(report, TrainingStarted):
            self.started, self.sentences = report, report.sentences
        elif isinstance(report, ZeroShotScored):
            self.before = report
        elif isinstance(report, StepReport):
            self.last = report
            self.losses.append((report.step, report.loss))
        else:
            self.epochs.append(report)

    def render(
        self, message: str = "", *, final: float | None = None, is_alert: bool = False
    ) -> str:
        """Render the accuracy before training and now, and the progress.

        Args:
            message: a sentence shown instead of the progress.
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
            evaluated_on=(
                copy.TRAIN_EVALUATED_ON.format(n=self.started.watched) if self.started else ""
            ),
            message=message or self._describe_progress(),
            is_alert=is_alert,
            share=None if final is not None else 100 * done / steps,
            parameters=self._describe_parameters(),
        )

    def render_curves(self) -> str:
        """Render the learning curves and the test sentences."""
        steps = self.last.steps if self.last else 1
        scores = [self.before.p_positive] if self.before else []
        scores += [report.p_positive for report in self.epochs]
        before = self.before.accuracy if self.before else None
        accuracies = [(round(report.epoch), report.accuracy) for report in self.epochs]
        return render_template(
            "training_curves",
            copy=copy,
            accuracy=plot_accuracies(before, accuracies, self.recipe.epochs),
            loss=plot_losses(self.losses, steps),
            sentences=render_sentences(self.sentences, scores),
        )

    def _describe_progress(self) -> str:
        last = self.last
        if self.started is None:
            return copy.TRAIN_LOADING
        if self.before is None:
            return copy.TRAIN_ZERO_SHOT.format(n=self.started.evaluation)
        if last is None:
            return copy.TRAIN_PREPARING.format(n=self.started.train)
        if len(self.epochs) == self.recipe.epochs:
            return copy.TRAIN_SCORING.format(n=self.started.evaluation)
        left = (last.steps - last.step) * self.recipe.batch_size / last.examples_per_second
        return copy.TRAIN_STEP.format(
            step=last.step, steps=last.steps, rate=last.examples_per_second, left=max(1.0, left)
        )

    def _describe_parameters(self) -> str:
        if self.started is None:
            return ""
        total, trainable = self.started.total, self.started.trainable
        share = share_of(trainable, total)
        return copy.TRAIN_PARAMETERS.format(trainable=trainable, total=total, share=share)

    def describe_stop(self) -> str:
        """Describe the step at which the run was stopped."""
        if self.last is None:
            return copy.TRAIN_STOPPED_EARLY
        return copy.TRAIN_STOPPED.format(step=self.last.step, steps=self.last.steps)


def render_verdict(before: Result, after: Result) -> str:
    """Render the paired comparison of before and after."""
    (pair,) = compare([before, after])
    return render_sentence(pair.sentence)


def render_idle(sentences: Sequence[Sentence]) -> tuple[str, str]:
    """Render the tab before training: instructions and the test sentences."""
    accuracy = render_template(
        "training_accuracy",
        copy=copy,
        before=None,
        now=None,
        when="",
        evaluated_on="",
        message=copy.TRAIN_EMPTY,
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
    """Render the probability of positive of each sentence, from zero-shot to the last epoch.

    Args:
        scores: probabilities of all sentences, zero-shot first, then after each epoch.
    """
    rows = []
    for i, sentence in enumerate(sentences):
        history = [p_positive[i] for p_positive in scores]
        gold = LABELS[sentence.gold]
        rows.append({"text": sentence.text, "gold": gold, **_describe_history(history)})
        if history:
            is_right = _predict(history[-1]) == sentence.gold
            verdict = copy.TRAIN_RIGHT if is_right else copy.TRAIN_WRONG
            probabilities = ", ".join(map(show_probability, history))
            rows[-1] |= {
                "is_right": is_right,
                "described": copy.TRAIN_HISTORY.format(
                    gold=gold, probabilities=probabilities, verdict=verdict
                ),
            }
    return render_template("training_sentences", copy=copy, rows=rows)


def _describe_history(history: Sequence[float]) -> dict[str, Any]:
    """Return the positions of the dots of one sentence in per cent, and the last prediction."""
    if not history:
        empty = {"side": "", "sign": "", "is_right": False, "described": ""}
        return {"positions": [], "now": None, **empty}
    side = LABELS[_predict(history[-1])]
    return {
        "positions": [round(100 * p, 1) for p in history],
        "now": history[-1],
        "side": side,
        "sign": SIGNS[side],
    }


def _predict(p: float) -> int:
    return int(is_positive(np.array(p)))


def plot_losses(losses: Sequence[Point], steps: int) -> dict[str, Any]:
    """Build the chart of the loss by step.

    Args:
        losses: (step, loss), in order.
    """
    top = max(1.0, ceil(2 * max((loss for _, loss in losses), default=0.0)) / 2)
    points = [_LOSS.place(step / max(1, steps), loss / top) for step, loss in losses]
    description = copy.TRAIN_LOSS_NONE
    if losses:
        description = copy.TRAIN_LOSS_SUMMARY.format(
            first=losses[0][1], last=losses[-1][1], step=losses[-1][0], steps=steps
        )
    ticks = [(_LOSS.place(0, tick / top)[1], f"{tick:g}") for tick in (0.0, top / 2, top)]
    end = copy.TRAIN_STEPS.format(steps=steps) if losses else ""
    return {
        "frame": _LOSS,
        "title": copy.TRAIN_LOSS_TITLE,
        "description": description,
        "ticks": ticks,
        "points": points,
        "marks": [],
        "ends": [(_LOSS.width - _LOSS.right, "end", end)],
    }


def plot_accuracies(
    before: float | None, accuracies: Sequence[Point], epochs: int
) -> dict[str, Any]:
    """Build the chart of the accuracy before training and after each epoch.

    Args:
        accuracies: (epoch, accuracy), in order.
    """
    known = [] if before is None else [(0.0, before), *accuracies]
    # The axis starts at a round number near the lowest accuracy, so that differences are visible.
    lowest = min((accuracy for _, accuracy in known), default=0.5)
    highest = max((accuracy for _, accuracy in known), default=0.9)
    low, high = floor(10 * lowest - 0.5) / 10, min(1.0, ceil(10 * highest + 0.5) / 10)

    def place(epoch: float, accuracy: float) -> Point:
        return _ACCURACY.place(epoch / max(1, epochs), (accuracy - low) / (high - low))

    points = [place(*point) for point in known]
    count = round(10 * (high - low))
    ticks = [low + i * (high - low) / count for i in range(count + 1)]
    labelled = {0, len(known) - 1}  # more labels would overlap
    marks = [
        {"x": x, "y": y, "is_before": i == 0, "shown": f"{100 * known[i][1]:.1f}" * (i in labelled)}
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
        "description": _describe_accuracies(known),
        "ticks": [(place(0, tick)[1], f"{100 * tick:.0f}") for tick in ticks],
        "points": points,
        "marks": marks,
        "ends": ends,
    }


def _name_epoch(epoch: int, epochs: int) -> str:
    return copy.TRAIN_EPOCH.format(epoch=epoch) if epoch == epochs else str(epoch)


def _describe_accuracies(known: Sequence[Point]) -> str:
    if not known:
        return copy.TRAIN_ACCURACY_NONE
    (_, before), (epoch, last) = known[0], known[-1]
    if len(known) == 1:
        return copy.TRAIN_ACCURACY_BEFORE.format(before=100 * before)
    return copy.TRAIN_ACCURACY_SUMMARY.format(before=100 * before, last=100 * last, epoch=epoch)
