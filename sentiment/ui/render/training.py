"""A training under way -> what the page shows of it, as escaped HTML and small drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil
from typing import Any

from sentiment.evaluation.comparison import compare
from sentiment.evaluation.results import Result
from sentiment.recipes import Recipe
from sentiment.serving.live_training import TrainingStarted
from sentiment.training.history import EpochReport, StepReport
from sentiment.ui.render.html import (
    render_message,
    render_progress,
    render_sentence,
    render_weights,
)
from sentiment.ui.text import workshop as copy

_WIDTH, _HEIGHT = 520, 150  # of a drawing, in its own units
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 28, 12, 30

Point = tuple[float, float]


@dataclass
class TrainingView:
    """What is known of a training under way."""

    recipe: Recipe
    begun: TrainingStarted | None = None
    last: StepReport | None = None
    losses: list[Point] = field(default_factory=list)
    accuracies: list[Point] = field(default_factory=list)

    def take(self, report: TrainingStarted | StepReport | EpochReport) -> None:
        """Learn of a report."""
        if isinstance(report, TrainingStarted):
            self.begun = report
        elif isinstance(report, StepReport):
            self.last = report
            self.losses.append((report.step, report.loss))
        else:
            self.accuracies.append((report.epoch, report.accuracy))

    def render(self, said: str = "") -> str:
        """All of it, above it `said` or where it stands."""
        if self.begun is None:
            return render_message(said or copy.TRAIN_LOADING)
        last = self.last
        steps = last.steps if last else 1
        done = steps if len(self.accuracies) == self.recipe.epochs else last.step if last else 0
        bar = render_progress(done, steps, said or self._say())
        share = render_weights(self.begun.total, self.begun.trainable)
        curves = render_losses(self.losses, steps) + render_accuracies(
            self.accuracies, self.recipe.epochs, self.begun.watched
        )
        return f'{bar}{share}<div class="s-curves">{curves}</div>'

    def _say(self) -> str:
        last = self.last
        if last is None or self.begun is None:
            return copy.TRAIN_BEGUN
        if len(self.accuracies) == self.recipe.epochs:
            return copy.TRAIN_SCORING.format(n=self.begun.evaluation)
        left = (last.steps - last.step) * self.recipe.batch_size / last.examples_per_second
        return copy.TRAIN_STEP.format(
            step=last.step,
            steps=last.steps,
            epoch=last.epoch,
            loss=last.loss,
            rate=last.examples_per_second,
            left=max(1.0, left),
        )

    def stopped(self) -> str:
        """What a training that was stopped leaves to say."""
        if self.last is None:
            return copy.TRAIN_STOPPED_EARLY
        return copy.TRAIN_STOPPED.format(step=self.last.step, steps=self.last.steps)


def render_outcome(before: Result, after: Result) -> str:
    """Accuracy before and after, and whether the difference is more than noise."""
    sides = "".join(
        f"<div><dt>{name}</dt><dd>{copy.TRAIN_RIGHT.format(accuracy=side.accuracy)}</dd></div>"
        for name, side in ((copy.TRAIN_BEFORE, before), (copy.TRAIN_AFTER, after))
    )
    (pair,) = compare([before, after])
    return f'<dl class="s-outcome">{sides}</dl>{render_sentence(pair.sentence)}'


def render_losses(losses: Sequence[Point], steps: int) -> str:
    """The loss of every step so far, on an axis of all steps.

    Args:
        losses: (step, loss), in order.
    """
    if not losses:
        return ""
    top = max(1.0, ceil(2 * max(loss for _, loss in losses)) / 2)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in _place(losses, steps, 0.0, top))
    said = copy.TRAIN_LOSS_SAID.format(first=losses[0][1], last=losses[-1][1])
    drawn = f'<polyline points="{line}"/>'
    end = copy.TRAIN_STEPS.format(count=steps)
    return _figure(copy.TRAIN_LOSS_TITLE, said, drawn, ticks=(0.0, top / 2, top), end=end)


def render_accuracies(accuracies: Sequence[Point], epochs: int, watched: int) -> str:
    """The accuracy after each epoch so far, each with its number, on an axis of all epochs.

    Args:
        accuracies: (epoch, accuracy), in order.
        watched: texts it is measured on.
    """
    title = copy.TRAIN_ACCURACY_TITLE.format(watched=watched)
    axes: dict[str, Any] = {
        "ticks": (0.0, 0.5, 1.0),
        "end": copy.TRAIN_EPOCHS_END.format(count=epochs),
    }
    if not accuracies:
        return _figure(title, copy.TRAIN_ACCURACY_NONE, "", **axes)
    placed = _place(accuracies, epochs, 0.0, 1.0)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
        f'<text x="{x:.1f}" y="{y - 10:.1f}" text-anchor="middle">{accuracy:.2f}</text>'
        for (x, y), (_, accuracy) in zip(placed, accuracies, strict=True)
    )
    epoch, accuracy = accuracies[-1]
    said = copy.TRAIN_ACCURACY_SAID.format(epoch=epoch, accuracy=accuracy)
    drawn = f'<polyline points="{line}"/>{dots}'
    return _figure(title, said, drawn, **axes)


def _place(points: Sequence[Point], most: float, low: float, high: float) -> list[Point]:
    """Where points stand in a drawing whose axes reach to `most` and from `low` to `high`."""
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    return [
        (_LEFT + width * x / max(1.0, most), _TOP + height * (high - y) / (high - low))
        for x, y in points
    ]


def _figure(title: str, said: str, drawn: str, *, ticks: Sequence[float], end: str) -> str:
    """A drawing with lines at `ticks`, and at the end of the other axis the words `end`."""
    lines = [f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 4}" text-anchor="end">{end}</text>']
    for tick in ticks:
        ((_, y),) = _place([(0.0, tick)], 1.0, ticks[0], ticks[-1])
        lines.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 8}" y="{y + 5:.1f}" text-anchor="end">{tick:.2g}</text>'
        )
    return (
        f'<figure class="s-curve"><figcaption>{escape(title)}<small>{escape(said)}</small>'
        f'</figcaption><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}: {escape(said)}">{"".join(lines)}{drawn}</svg></figure>'
    )
