"""The Lesson tab: transfer learning in six steps, as slides that can fill the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from sentiment.data.sources import SENTENCES
from sentiment.errors import SentimentError
from sentiment.evaluation.results import find_results
from sentiment.serving.lineup import LineUp
from sentiment.ui.lesson import text as copy
from sentiment.ui.lesson.guessing import GuessView, create_guess
from sentiment.ui.lesson.milestones import build_chart
from sentiment.ui.lesson.pages import (
    LessonData,
    find_facts,
    render_costs,
    render_figures,
    render_handout,
    render_notes,
)
from sentiment.ui.lesson.recipe_memory import count_recipes
from sentiment.ui.lesson.slides import render_fold, render_foot, render_slide, render_top
from sentiment.ui.lesson.steps import COUNTING, Sides, StepView, create_live, show_recipe
from sentiment.ui.session.jobs import INSTANT, PRIVATE
from sentiment.ui.session.links import render_link
from sentiment.ui.text import shared

_ASK = "() => window.sentimentLesson.ask()"
_STEPS = range(1, len(copy.STEPS) + 1)


def create_lesson(lineup: LineUp, demo: gr.Blocks, tab: gr.Tab, tabs: gr.Tabs) -> None:
    """Build the components of `tab` and wire them; a link such as ?step=3 opens it at a step."""

    def load() -> LessonData:
        return find_facts(lineup.models(), find_results()[0])

    with gr.Column(elem_id="lesson-screen"):
        gr.HTML(render_top(), elem_id="lesson-top")
        with gr.Column(elem_id="lesson-slide"):
            with gr.Column(elem_id="lesson-left") as left:
                for step in _STEPS:
                    gr.HTML(
                        render_slide(step),
                        elem_id=f"lesson-step-{step}",
                        elem_classes=f"s-at-{step}",
                    )
                with gr.Column(elem_id="lesson-sentence", elem_classes="s-in-try"):
                    box = _create_box()
            with gr.Column(elem_id="lesson-right") as right:
                pass
            sides = Sides(left, right)
            lives = [create_live(step, lineup, box, tabs, sides) for step in _STEPS]
            guess = create_guess(sides, lambda: build_chart(load().sentences))
        figures = _create_folds()
        gr.HTML(render_foot(), elem_id="lesson-foot")
        link = gr.HTML(render_link("?step=1"), elem_id="lesson-link")
    handout = gr.HTML(elem_id="lesson-handout")
    guess.move.click(
        lambda step: render_link(f"?step={step}"),
        inputs=guess.step,
        outputs=link,
        js="() => [window.sentimentLesson.step]",
        **INSTANT,
    )
    _draw_on_select(tab, load, lives, guess, [*figures, handout])
    demo.load(_open_link, outputs=tabs, **INSTANT)


def _draw_on_select(
    tab: gr.Tab,
    load: Any,
    lives: Sequence[StepView],
    guess: GuessView,
    drawn: Sequence[gr.HTML],
) -> None:
    """Draw the saved results once the tab is opened, and then what takes longer to count."""

    def draw(dataset: str | None) -> tuple[str, ...]:
        """The figures from saved results; for paper, all of them, whatever is chosen."""
        facts = load()
        folded = [_fold_figure(figure) for figure in render_figures(facts)]
        costs = render_costs(facts, dataset or SENTENCES)
        return *folded, render_handout(facts, []), costs

    def count(name: str | None) -> tuple[str, str]:
        """The parameters of the full-size recipes, which the handout holds, too."""
        facts = load()
        try:
            return show_recipe(name), render_handout(facts, list(count_recipes().values()))
        except SentimentError as error:
            return show_recipe(name), render_handout(facts, [], str(error))

    recipes, costs = lives[-2], lives[-1]
    tab.select(guess.draw, **guess.drawn, **PRIVATE)
    tab.select(draw, inputs=costs.choice, outputs=[*drawn, costs.figure], **PRIVATE).then(
        count, inputs=recipes.choice, outputs=[recipes.figure, drawn[-1]], **COUNTING
    )


def _create_folds() -> list[gr.HTML]:
    """The notes of every step, and the results of all backbones where a step has them."""
    figures = []
    with gr.Column(elem_id="lesson-folds"):
        for step in _STEPS:
            title = copy.NOTES.format(minutes=copy.STEPS[step - 1].notes.minutes)
            gr.HTML(
                render_fold(title, render_notes(step - 1), name="s-fold-notes"),
                elem_classes=f"s-at-{step}",
            )
        for step in _STEPS[:4]:
            figures.append(gr.HTML(elem_id=f"lesson-figure-{step}", elem_classes=f"s-at-{step}"))
    return figures


def _fold_figure(figure: str) -> str:
    return render_fold(copy.FIGURES, figure, name="s-fold-figure")


def _create_box() -> gr.Textbox:
    """The sentence that the lesson is about, with those of Compare to pick from.

    Enter and a picked sentence ask the models of the step that is open.
    """
    box = gr.Textbox(
        value=copy.HARD_SENTENCE,
        label=copy.SENTENCE,
        placeholder=copy.SENTENCE_HINT,
        lines=1,
        max_lines=4,
        elem_id="lesson-text",
    )
    box.submit(None, js=_ASK)
    with gr.Row(elem_classes="s-chips"):
        for title, example, *_ in ((copy.HARD_TITLE, copy.HARD_SENTENCE), *shared.EXAMPLES):
            chip = gr.Button(title, size="sm", min_width=0, scale=0)
            chip.click(lambda example=example: example, outputs=box, **INSTANT).then(None, js=_ASK)
    return box


def _open_link(request: gr.Request) -> Any:
    """Open the lesson for a link such as ?step=3; the script of the page goes to the step."""
    known = {str(step) for step in _STEPS}
    asked = request.query_params.get("step", "")
    return gr.Tabs(selected="lesson") if asked in known else gr.skip()
