"""The Lesson tab: transfer learning in six steps, each with something to try and its figures."""

from __future__ import annotations

from typing import Any

import gradio as gr

from sentiment.data.sources import SENTENCES
from sentiment.errors import SentimentError
from sentiment.evaluation.results import find_results
from sentiment.serving.lineup import LineUp
from sentiment.ui.lesson import text as copy
from sentiment.ui.lesson.pages import (
    find_facts,
    render_costs,
    render_figures,
    render_handout,
    render_notes,
    render_step,
)
from sentiment.ui.lesson.recipe_memory import count_recipes
from sentiment.ui.lesson.steps import AT_ONCE, COUNTING, QUIET, create_live, show_recipe
from sentiment.ui.session.links import ON_COPY, render_link
from sentiment.ui.text import shared

_SPOKEN = 4  # so many steps, the first ones, send the sentence to models
_PRINT = "() => window.print()"
_ASK = """() => [...document.querySelectorAll("[id^='lesson-ask-']")]
  .find((button) => button.offsetParent)?.click()"""
_TO_TOP = "() => document.querySelector('#lesson-screen').scrollIntoView({block: 'start'})"


def create_lesson(lineup: LineUp, demo: gr.Blocks, tab: gr.Tab, tabs: gr.Tabs) -> None:
    """Build the components of `tab` and wire them; a link such as ?step=3 opens it at a step."""

    def draw(dataset: str | None) -> tuple[str, ...]:
        """The figures from saved results; for paper, all of them, whatever is chosen."""
        facts = find_facts(lineup.models(), find_results()[0])
        costs = render_costs(facts, dataset or SENTENCES)
        return *render_figures(facts), costs, render_handout(facts, [])

    def count(name: str | None) -> tuple[str, str]:
        """What takes longer: the weights of the recipes, which the handout holds, too."""
        facts = find_facts(lineup.models(), find_results()[0])
        try:
            return show_recipe(name), render_handout(facts, list(count_recipes().values()))
        except SentimentError as error:
            return show_recipe(name), render_handout(facts, [], str(error))

    with gr.Column(elem_id="lesson-screen"):
        with gr.Row(elem_classes="s-top"):
            gr.HTML(f'<p class="s-lead">{copy.LEAD}</p>')
            paper = gr.Button(copy.PRINT, size="sm", scale=0, min_width=170, elem_id="lesson-print")
        with gr.Column(elem_id="lesson-sentence") as sentence:
            box = _create_box()
        with gr.Walkthrough(selected=0, elem_id="lesson-steps") as walk:
            lives, steps = [], []
            for place, step in enumerate(copy.STEPS):
                with gr.Step(step.name, id=place, elem_id=f"lesson-step-{place + 1}") as opened:
                    gr.HTML(render_step(place))
                    lives.append(create_live(place, lineup, box, tabs))
                    title = copy.NOTES.format(minutes=step.notes.minutes)
                    with gr.Accordion(title, open=False, elem_classes="s-options"):
                        gr.HTML(render_notes(place))
                steps.append(opened)
        with gr.Row(elem_classes="s-go", equal_height=True):
            back = gr.Button(copy.PREVIOUS, interactive=False, min_width=150, elem_id="lesson-back")
            forth = gr.Button(copy.NEXT, variant="primary", min_width=150, elem_id="lesson-next")
        link = gr.HTML(render_link("?step=1"), elem_id="lesson-link", js_on_load=ON_COPY)
    handout = gr.HTML(elem_id="lesson-handout")
    current = gr.State(0)

    for place, opened in enumerate(steps):
        opened.select(
            lambda place=place: _stand_at(place),
            outputs=[current, sentence, back, forth, link],
            **AT_ONCE,
        )
    for button, by in ((back, -1), (forth, 1)):
        button.click(
            lambda place, by=by: gr.Walkthrough(selected=_within(place + by)),
            inputs=current,
            outputs=walk,
            **AT_ONCE,
        ).then(None, js=_TO_TOP)
    paper.click(None, js=_PRINT)
    *first, recipes, costs = lives
    drawn = [*(live.figure for live in first), costs.figure, handout]
    tab.select(draw, inputs=costs.choice, outputs=drawn, **QUIET).then(
        count, inputs=recipes.choice, outputs=[recipes.figure, handout], **COUNTING
    )
    demo.load(_open_link, outputs=[tabs, walk], **AT_ONCE)


def _create_box() -> gr.Textbox:
    """The sentence that the lesson is about, with those of Compare to pick from.

    Enter and a picked sentence ask the networks of the step that is open.
    """
    box = gr.Textbox(
        value=shared.EXAMPLES[0][1],
        label=copy.SENTENCE,
        placeholder=copy.SENTENCE_HINT,
        lines=1,
        max_lines=6,
        elem_id="lesson-text",
    )
    box.submit(None, js=_ASK)
    with gr.Row(elem_classes="s-chips"):
        for title, example in shared.EXAMPLES:
            chip = gr.Button(title, size="sm", min_width=0, scale=0)
            chip.click(lambda example=example: example, outputs=box, **AT_ONCE).then(None, js=_ASK)
    return box


def _within(place: int) -> int:
    return min(max(place, 0), len(copy.STEPS) - 1)


def _stand_at(place: int) -> tuple[Any, ...]:
    """What stands around a step: its place, the sentence where it is sent, the ways on, a link."""
    return (
        place,
        gr.Column(visible=place < _SPOKEN),
        gr.Button(interactive=place > 0),
        gr.Button(interactive=place < len(copy.STEPS) - 1),
        render_link(f"?step={place + 1}"),
    )


def _open_link(request: gr.Request) -> tuple[Any, Any]:
    """Open the lesson at the step of a link such as ?step=3; what is no step changes nothing."""
    asked = request.query_params.get("step", "")
    known = {str(place + 1): place for place in range(len(copy.STEPS))}
    if asked not in known:
        return gr.skip(), gr.skip()
    return gr.Tabs(selected="lesson"), gr.Walkthrough(selected=known[asked])
