"""What a class tries in each step of the lesson, and what answers beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from sentiment.data.sources import DATASETS, SENTENCES
from sentiment.errors import InputError, SentimentError
from sentiment.evaluation.results import find_results
from sentiment.limits import check_text
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.answers import Prediction
from sentiment.serving.lineup import LineUp
from sentiment.serving.space import use_zero_gpu
from sentiment.ui.lesson import text as copy
from sentiment.ui.lesson.answers import render_ways
from sentiment.ui.lesson.board import find_paths, find_prompted
from sentiment.ui.lesson.pages import HEAD_WAY, LORA_WAY, find_facts, render_costs, render_recipe
from sentiment.ui.lesson.recipe_memory import count_recipes, full_size_recipes
from sentiment.ui.lesson.slides import render_task
from sentiment.ui.render.html import render_message
from sentiment.ui.session.jobs import (
    INSTANT,
    PRIVATE,
    TEXT_QUEUE,
    TEXT_QUEUE_SIZE,
    CancelTokens,
)
from sentiment.ui.session.links import MODEL_DEFAULT, parse_prompt_options
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, TEMPLATES, PromptOptions

Ways = list[list[ModelInfo]]
# The page dims predictions once the sentence in the box is another one.
_ASKED = "(sentence, ...rest) => [window.sentimentLesson.asked({step}, sentence), ...rest]"
_LEAVE = "() => window.sentimentLesson.leave()"

COUNTING: dict[str, Any] = {**PRIVATE, "concurrency_id": "counting"}  # one counts for all
WORK: dict[str, Any] = {
    **PRIVATE,
    "concurrency_id": TEXT_QUEUE,
    "concurrency_limit": TEXT_QUEUE_SIZE,
    # Beside the run before, which may wait for a large model, and is replaced.
    "trigger_mode": "multiple",
}


@dataclass(frozen=True)
class StepView:
    """What a step tries: what is chosen, where one chooses, and the figure that answers."""

    figure: gr.HTML
    choice: gr.Dropdown | gr.Radio | None = None


@dataclass(frozen=True)
class Sides:
    """The two sides of a slide; the answer stands on the right, beside what is pressed."""

    left: gr.Column
    right: gr.Column


def create_live(
    step: int, lineup: LineUp, box: gr.Textbox, tabs: gr.Tabs, sides: Sides
) -> StepView:
    """Build what is tried in `step`, which counts from 1.

    Args:
        box: the sentence of the lesson.
    """
    with sides.right:
        figure = _create_answer(step)
    with (
        sides.left,
        gr.Column(elem_id=f"lesson-live-{step}", elem_classes=["s-in-try", f"s-at-{step}"]),
    ):
        gr.HTML(render_task(step))
        match step:
            case 1:
                _create_ask(step, lineup, box, figure, lambda: find_paths(lineup.models(), ()))
            case 2:
                _create_prompt(step, lineup, box, figure)
            case 3 | 4:
                way = HEAD_WAY if step == 3 else LORA_WAY
                _create_ask(step, lineup, box, figure, lambda: find_paths(lineup.models(), way))
            case 5:
                return StepView(figure, _create_recipe(tabs, figure))
            case 6:
                return StepView(figure, _create_costs(lineup, figure))
            case _:
                raise ValueError(f"The lesson has no step {step}.")
    return StepView(figure)


def _create_answer(step: int) -> gr.HTML:
    """The place of what the step answers: predictions, or the figure of a choice."""
    name, first = {5: ("figure", copy.COUNTING), 6: ("figure", "")}.get(
        step, ("answers", copy.NOT_ASKED)
    )
    return gr.HTML(
        render_message(first),
        elem_id=f"lesson-{name}-{step}",
        elem_classes=["s-in-try", f"s-at-{step}"],
    )


def _create_ask(
    step: int, lineup: LineUp, box: gr.Textbox, answers: gr.HTML, find_ways: Callable[[], Ways]
) -> None:
    """A button that sends the sentence along the ways of a step."""

    runs = CancelTokens()

    @use_zero_gpu
    def stream(sentence: str, request: gr.Request) -> Iterator[str]:
        with runs.run(request, is_only=True) as is_replaced:
            yield from answer_ways(lineup, find_ways(), sentence, is_replaced=is_replaced)

    button = gr.Button(copy.ASK, variant="primary", elem_id=f"lesson-ask-{step}")
    button.click(
        stream,
        inputs=box,
        outputs=answers,
        js=_ASKED.format(step=step),
        **WORK,
    )


def _create_prompt(step: int, lineup: LineUp, box: gr.Textbox, answers: gr.HTML) -> None:
    """The language models, with a prompt template that is chosen here."""

    runs = CancelTokens()

    @use_zero_gpu
    def stream(sentence: str, template: str, request: gr.Request) -> Iterator[str]:
        ways = [[model] for model in find_prompted(lineup.models())]
        try:
            asking = parse_prompt_options(template)
        except InputError as error:
            yield render_message(str(error), is_alert=True)
            return
        with runs.run(request, is_only=True) as is_replaced:
            yield from answer_ways(lineup, ways, sentence, asking, is_replaced)

    prompts = [name for name, template in TEMPLATES.items() if template.kind == "prompt"]
    with gr.Row(equal_height=True):
        template = gr.Dropdown(
            choices=[(copy.OWN_TEMPLATE, MODEL_DEFAULT), *((name, name) for name in prompts)],
            value=MODEL_DEFAULT,
            label=copy.TEMPLATE,
            filterable=False,
            min_width=240,
            elem_id="lesson-template",
        )
        button = gr.Button(copy.ASK, variant="primary", min_width=140, elem_id=f"lesson-ask-{step}")
    asked: dict[str, Any] = {
        "inputs": [box, template],
        "outputs": answers,
        "js": _ASKED.format(step=step),
        **WORK,
    }
    button.click(stream, **asked)
    # Not `input`, which Gradio also raises where the focus leaves a dropdown.
    template.select(stream, **asked)


def _create_recipe(tabs: gr.Tabs, figure: gr.HTML) -> gr.Dropdown:
    """What the training of a recipe at full size would move."""
    recipe = gr.Dropdown(
        choices=[recipe.name for recipe in full_size_recipes()],
        label=copy.RECIPE,
        filterable=False,
        elem_id="lesson-recipe",
    )
    recipe.input(show_recipe, inputs=recipe, outputs=figure, trigger_mode="always_last", **COUNTING)
    if any(getattr(tab, "id", None) == "train" for tab in tabs.children):
        train = gr.Button(copy.OPEN_TRAIN, elem_id="lesson-train")
        train.click(lambda: gr.Tabs(selected="train"), outputs=tabs, js=_LEAVE, **INSTANT)
    return recipe


def show_recipe(name: str | None) -> str:
    """What is known of the recipe called `name`, or why nothing is."""
    try:
        counted = count_recipes().get(name or "")
    except SentimentError as error:
        return render_message(str(error), is_alert=True)
    return render_recipe(counted) if counted else render_message(copy.NO_RECIPE, is_alert=True)


def _create_costs(lineup: LineUp, figure: gr.HTML) -> gr.Radio:
    """The table of a data set."""

    def show(dataset: str | None) -> str:
        return render_costs(find_facts(lineup.models(), find_results()[0]), dataset or SENTENCES)

    dataset = gr.Radio(
        choices=[(source.title, name) for name, source in DATASETS.items()],
        value=SENTENCES,
        label=copy.BOARD,
        elem_id="lesson-dataset",
    )
    dataset.input(show, inputs=dataset, outputs=figure, trigger_mode="always_last", **PRIVATE)
    return dataset


def answer_ways(
    lineup: LineUp,
    ways: Ways,
    sentence: str,
    asking: PromptOptions | None = None,
    is_replaced: Callable[[], bool] = lambda: False,
) -> Iterator[str]:
    """The answers along each of `ways`, again after each answer.

    Args:
        asking: zero-shot settings of a step about prompting; the prompts are unfolded then.
        is_replaced: whether nobody waits for the answers any more.
    """
    try:
        checked = check_text(sentence)
    except InputError as error:
        yield render_message(str(error), is_alert=True)
        return
    if not ways:
        yield render_message(copy.NO_MODELS, is_alert=True)
        return
    models, answers = lineup.models(), dict[str, Prediction]()
    asked = [model for way in ways for model in way]
    yield render_ways(ways, answers, models, opens_prompts=asking is not None)
    for answer in lineup.predict_each(asked, checked, asking or DEFAULT_OPTIONS, is_replaced):
        answers[answer.model] = answer
        yield render_ways(ways, answers, models, opens_prompts=asking is not None)
