"""Guess and reveal: a number before each row of the lesson's chart is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from sentiment.ui.lesson import text as copy
from sentiment.ui.lesson.chart import render_chart, render_outcome
from sentiment.ui.lesson.milestones import LessonChart
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
from sentiment.ui.render.html import render_message
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


def create_guess(sides: Sides, load: Callable[[], LessonChart]) -> GuessView:
    """Build the guess on the left and the chart on the right; one chart serves all steps."""

    def draw(step: float, chart: LessonChart, visit: LessonVisit) -> tuple[Any, ...]:
        """Show the chart for `step`, which builds on the rows of the steps before it."""
        chart = chart if chart.rows else load()
        shown = _show(chart, open_step(visit, chart.rows, int(step)), int(step))
        return *shown, chart

    def keep(
        step: float, chart: LessonChart, visit: LessonVisit, value: float
    ) -> tuple[Markup, LessonVisit]:
        guessed = guess(visit, chart.rows, int(step), value)
        return render_chart(chart, guessed, int(step)), guessed

    def uncover(step: float, chart: LessonChart, visit: LessonVisit) -> tuple[Any, ...]:
        return _show(chart, reveal(visit, chart.rows, int(step)), int(step))

    kept = gr.State(LessonChart())
    visit = gr.State(LessonVisit())
    step = gr.Number(1, visible=False)
    with sides.left, gr.Column(elem_id="lesson-guess", elem_classes="s-in-guess"):
        for place in range(1, len(copy.STEPS) + 1):
            gr.HTML(render_question(place), elem_classes=f"s-at-{place}")
        # Nothing can be guessed or revealed before the saved results are read.
        slider = gr.Slider(
            LOWEST,
            HIGHEST,
            value=MIDDLE,
            step=1,
            buttons=[],
            visible=False,
            elem_id="lesson-slider",
        )
        button = gr.Button(copy.REVEAL, variant="primary", visible=False, elem_id="lesson-reveal")
        outcome = gr.HTML(elem_id="lesson-outcome")
        move = gr.Button("", elem_id="lesson-move", elem_classes="s-unseen")
    with sides.right:
        drawn = gr.HTML(
            render_message(copy.READING), elem_id="lesson-chart", elem_classes="s-in-guess"
        )
    asked: dict[str, Any] = {"inputs": [step, kept, visit], "js": _WITH_STEP}
    shown = [drawn, visit, slider, button, outcome]
    move.click(draw, outputs=[*shown, kept], trigger_mode="always_last", **asked, **INSTANT)
    button.click(uncover, outputs=shown, **asked, **INSTANT)
    slider.input(
        keep,
        inputs=[step, kept, visit, slider],
        outputs=[drawn, visit],
        js=_WITH_STEP,
        trigger_mode="always_last",
        **INSTANT,
    )
    return GuessView(move, step, draw, {**asked, "outputs": [*shown, kept]})


def _show(chart: LessonChart, visit: LessonVisit, step: int) -> tuple[Any, ...]:
    """The chart, the visit, and the slider, button and sentence that go with them."""
    row = find_hidden(visit, chart.rows, step)
    slider = gr.Slider(
        value=MIDDLE if row is None else visit.guesses.get(row.key, MIDDLE),
        label=copy.GUESS_LABEL.format(name=row.title) if row else copy.REVEALED,
        visible=row is not None,
    )
    button = gr.Button(visible=row is not None)
    drawn = render_chart(chart, visit, step)
    return drawn, visit, slider, button, render_outcome(chart.rows, visit, step)
