"""Guess and reveal: a number before each row of the lesson's chart is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from sentiment.ui.lesson import text as copy
from sentiment.ui.lesson.chart import render_outcome
from sentiment.ui.lesson.milestones import find_milestones
from sentiment.ui.lesson.pages import LessonData, draw_chart
from sentiment.ui.lesson.slides import render_question
from sentiment.ui.lesson.steps import Sides
from sentiment.ui.lesson.visit import (
    HIGHEST,
    LOWEST,
    MIDDLE,
    LessonVisit,
    find_hidden,
    guess,
    open_step,
    reveal,
)
from sentiment.ui.session.jobs import INSTANT

# The page knows which step is shown; the server gets it with every event.
_WITH_STEP = "(step, ...rest) => [window.sentimentLesson.step, ...rest]"


@dataclass(frozen=True)
class GuessView:
    """What draws the chart for the step that is shown."""

    move: gr.Button  # pressed by the page's script when another slide is shown
    step: gr.Number
    draw: Callable[..., Any]
    drawn: dict[str, Any]  # inputs, outputs and script of `draw`


def create_guess(sides: Sides, load: Callable[[], LessonData]) -> GuessView:
    """Build the guess on the left and the chart on the right; one chart serves all steps."""

    def draw(step: float, visit: LessonVisit) -> tuple[Any, ...]:
        """Show the chart for `step`, which builds on the rows of the steps before it."""
        facts = load()
        rows = find_milestones(facts.sentences)
        return _show(facts, open_step(visit, rows, int(step)), int(step))

    def keep(step: float, visit: LessonVisit, value: float) -> tuple[Any, ...]:
        facts = load()
        guessed = guess(visit, find_milestones(facts.sentences), int(step), value)
        return draw_chart(facts, guessed, int(step)), guessed

    def uncover(step: float, visit: LessonVisit) -> tuple[Any, ...]:
        facts = load()
        return _show(facts, reveal(visit, find_milestones(facts.sentences), int(step)), int(step))

    visit = gr.State(LessonVisit())
    step = gr.Number(1, visible=False)
    with sides.left, gr.Column(elem_id="lesson-guess", elem_classes="s-in-guess"):
        for place in range(1, len(copy.STEPS) + 1):
            gr.HTML(render_question(place), elem_classes=f"s-at-{place}")
        slider = gr.Slider(LOWEST, HIGHEST, value=MIDDLE, step=1, elem_id="lesson-slider")
        button = gr.Button(copy.REVEAL, variant="primary", elem_id="lesson-reveal")
        outcome = gr.HTML(elem_id="lesson-outcome")
        move = gr.Button("", elem_id="lesson-move", elem_classes="s-unseen")
    with sides.right:
        chart = gr.HTML(elem_id="lesson-chart", elem_classes="s-in-guess")
    shown: dict[str, Any] = {
        "inputs": [step, visit],
        "outputs": [chart, visit, slider, button, outcome],
        "js": _WITH_STEP,
    }
    move.click(draw, trigger_mode="always_last", **shown, **INSTANT)
    button.click(uncover, **shown, **INSTANT)
    slider.input(
        keep,
        inputs=[step, visit, slider],
        outputs=[chart, visit],
        js=_WITH_STEP,
        trigger_mode="always_last",
        **INSTANT,
    )
    return GuessView(move, step, draw, shown)


def _show(facts: LessonData, visit: LessonVisit, step: int) -> tuple[Any, ...]:
    """The chart, the visit, and the slider, button and sentence that go with them."""
    rows = find_milestones(facts.sentences)
    row = find_hidden(visit, rows, step)
    slider = gr.Slider(
        value=MIDDLE if row is None else visit.guesses.get(row.key, MIDDLE),
        label=copy.GUESS_LABEL.format(name=row.name) if row else copy.REVEALED,
        visible=row is not None,
    )
    button = gr.Button(visible=row is not None)
    chart = draw_chart(facts, visit, step)
    return chart, visit, slider, button, render_outcome(rows, visit, step)
