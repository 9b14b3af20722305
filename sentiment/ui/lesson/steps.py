"""What a class tries in each step of the lesson, and the place of the step's figure."""

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
from sentiment.ui.lesson.board import find_paths, find_prompted
from sentiment.ui.lesson.figures import render_ways
from sentiment.ui.lesson.pages import HEAD_WAY, LORA_WAY, find_facts, render_costs, render_recipe
from sentiment.ui.lesson.recipe_memory import count_recipes, full_size_recipes
from sentiment.ui.render.answers import describe_template
from sentiment.ui.render.html import render_message, render_note
from sentiment.ui.session.jobs import TEXT_QUEUE, TEXT_QUEUE_SIZE
from sentiment.ui.session.links import EACH_OWN, read_asking
from sentiment.zero_shot.templates import DEFAULT_OPTIONS, TEMPLATES, PromptOptions

Ways = list[list[ModelInfo]]

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False}
COUNTING: dict[str, Any] = {**QUIET, "concurrency_id": "counting"}  # one counts for all
WORK: dict[str, Any] = {
    **QUIET,
    "concurrency_id": TEXT_QUEUE,
    "concurrency_limit": TEXT_QUEUE_SIZE,
}


@dataclass(frozen=True)
class StepView:
    """What a step holds besides its words."""

    figure: gr.HTML
    choice: gr.Dropdown | gr.Radio | None = None  # what the figure is about, where one chooses


def create_live(place: int, lineup: LineUp, box: gr.Textbox, tabs: gr.Tabs) -> StepView:
    """Build what is tried in the step at `place`, which counts from 0.

    Args:
        box: the sentence of the lesson.
    """
    gr.HTML(_render_part(copy.TRY) + render_note(copy.STEPS[place].live))
    match place:
        case 0:
            return _create_ask(place, lineup, box, lambda: find_paths(lineup.models(), ()))
        case 1:
            return _create_prompt(place, lineup, box)
        case 2:
            return _create_ask(place, lineup, box, lambda: find_paths(lineup.models(), HEAD_WAY))
        case 3:
            return _create_ask(place, lineup, box, lambda: find_paths(lineup.models(), LORA_WAY))
        case 4:
            return _create_recipe(place, tabs)
        case 5:
            return _create_costs(place, lineup)
    raise ValueError(f"The lesson has no step {place}.")


def _create_ask(
    place: int, lineup: LineUp, box: gr.Textbox, find_ways: Callable[[], Ways]
) -> StepView:
    """A button that sends the sentence along the ways of a step."""

    def stream(sentence: str) -> Iterator[str]:
        yield from answer_ways(lineup, find_ways(), sentence)

    button = gr.Button(copy.ASK, variant="primary", elem_id=f"lesson-ask-{place + 1}")
    answers = _create_answers(place)
    button.click(stream, inputs=box, outputs=answers, trigger_mode="always_last", **WORK)
    return StepView(_create_figure(place))


def _create_prompt(place: int, lineup: LineUp, box: gr.Textbox) -> StepView:
    """The language models, with a prompt template that is chosen here."""

    def stream(sentence: str, template: str) -> Iterator[str]:
        ways = [[model] for model in find_prompted(lineup.models())]
        try:
            asking = read_asking(template)
        except InputError as error:
            yield render_message(str(error), is_alert=True)
            return
        yield from answer_ways(lineup, ways, sentence, asking)

    prompts = [name for name, template in TEMPLATES.items() if template.kind == "prompt"]
    with gr.Row(equal_height=True):
        template = gr.Dropdown(
            choices=[(copy.OWN_TEMPLATE, EACH_OWN), *((name, name) for name in prompts)],
            value=EACH_OWN,
            label=copy.TEMPLATE,
            filterable=False,
            min_width=240,
            elem_id="lesson-template",
        )
        button = gr.Button(
            copy.ASK, variant="primary", min_width=160, elem_id=f"lesson-ask-{place + 1}"
        )
    described = gr.HTML(describe_template(EACH_OWN), elem_id="lesson-described")
    answers = _create_answers(place)
    asked: dict[str, Any] = {"inputs": [box, template], "outputs": answers, **WORK}
    button.click(stream, trigger_mode="always_last", **asked)
    template.input(describe_template, inputs=template, outputs=described, **AT_ONCE).then(
        stream, **asked
    )
    return StepView(_create_figure(place))


def _create_recipe(place: int, tabs: gr.Tabs) -> StepView:
    """What the training of a recipe at full size would move."""
    recipe = gr.Dropdown(
        choices=[recipe.name for recipe in full_size_recipes()],
        label=copy.RECIPE,
        filterable=False,
        elem_id="lesson-recipe",
    )
    figure = gr.HTML(render_message(copy.COUNTING), elem_id=f"lesson-figure-{place + 1}")
    recipe.input(show_recipe, inputs=recipe, outputs=figure, trigger_mode="always_last", **COUNTING)
    if any(getattr(tab, "id", None) == "train" for tab in tabs.children):
        train = gr.Button(copy.OPEN_TRAIN, elem_id="lesson-train")
        train.click(lambda: gr.Tabs(selected="train"), outputs=tabs, **AT_ONCE)
    return StepView(figure, recipe)


def show_recipe(name: str | None) -> str:
    """What is known of the recipe called `name`, or why nothing is."""
    try:
        counted = count_recipes().get(name or "")
    except SentimentError as error:
        return render_message(str(error), is_alert=True)
    return render_recipe(counted) if counted else render_message(copy.NO_RECIPE, is_alert=True)


def _create_costs(place: int, lineup: LineUp) -> StepView:
    """The table of a data set."""

    def show(dataset: str | None) -> str:
        return render_costs(find_facts(lineup.models(), find_results()[0]), dataset or SENTENCES)

    dataset = gr.Radio(
        choices=[(source.title, name) for name, source in DATASETS.items()],
        value=SENTENCES,
        label=copy.BOARD,
        elem_id="lesson-dataset",
    )
    figure = _create_figure(place)
    dataset.input(show, inputs=dataset, outputs=figure, trigger_mode="always_last", **QUIET)
    return StepView(figure, dataset)


def _create_answers(place: int) -> gr.HTML:
    return gr.HTML(render_message(copy.NOT_ASKED), elem_id=f"lesson-answers-{place + 1}")


def _create_figure(place: int) -> gr.HTML:
    gr.HTML(_render_part(copy.FIGURES))
    return gr.HTML(elem_id=f"lesson-figure-{place + 1}")


def _render_part(title: str) -> str:
    return f'<h3 class="s-part">{title}</h3>'


def answer_ways(
    lineup: LineUp, ways: Ways, sentence: str, asking: PromptOptions | None = None
) -> Iterator[str]:
    """The answers along each of `ways`, one after the other.

    Args:
        asking: zero-shot settings of a step about prompting; the prompts are unfolded then.
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
    ask = use_zero_gpu(lineup.predict)
    for model in (model for way in ways for model in way):
        yield render_ways(ways, answers, models, opens_prompts=asking is not None)
        answers[model.name] = ask(model, checked, asking or DEFAULT_OPTIONS)
    yield render_ways(ways, answers, models, opens_prompts=asking is not None)
