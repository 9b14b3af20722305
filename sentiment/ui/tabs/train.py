"""The Train tab: a real small training, watched, stopped, and compared afterwards."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from sentiment.errors import ChildWorkError, SentimentError
from sentiment.models.catalogue import ModelInfo, read_info
from sentiment.runtime.child_process import ChildProcess
from sentiment.serving.lineup import LineUp
from sentiment.serving.live_training import (
    ALLOW_VARIABLE,
    DEFAULT_EPOCHS,
    DEFAULT_EXAMPLES,
    DEFAULT_RATES,
    LEARNING_RATES,
    MAX_EPOCHS,
    MAX_EXAMPLES,
    MIN_EXAMPLES,
    TIMEOUT,
    TrainingFinished,
    TrainingRequest,
    available_data,
    build_recipe,
    check_plan,
    create_visit_folder,
    is_training_allowed,
    train,
)
from sentiment.ui.render.html import render_message
from sentiment.ui.render.training import TrainingView, render_outcome
from sentiment.ui.session.jobs import CancelTokens
from sentiment.ui.session.visit import VisitModels, check_room, join
from sentiment.ui.text import shared
from sentiment.ui.text import workshop as copy

_BETWEEN = 0.3  # seconds between two drawings
_NOTHING = ("", gr.update(visible=False), None)
_TRAINING = "training"  # the line of trainings: one at a time


@dataclass(frozen=True)
class TrainedModel:
    """What came out of a training."""

    backbone: str
    model: ModelInfo


@dataclass(frozen=True)
class TrainTab:
    """What other tabs need of this one."""

    compare: gr.Button
    made: gr.State  # `TrainedModel`, or None


def create_train(lineup: LineUp, visit: gr.State) -> TrainTab | None:
    """Build the tab's components and wire them; None where visitors may not train."""
    gr.HTML(f'<p class="s-lead">{copy.TRAIN_INTRO}</p>')
    if not is_training_allowed():
        gr.HTML(render_message(copy.TRAIN_OFF.format(variable=ALLOW_VARIABLE)))
        return None
    stops = CancelTokens()

    def start(
        backbone: str,
        tuning: Any,
        data: Any,
        examples: float,
        epochs: float,
        rate: float,
        own: VisitModels,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:
        with stops.run(request) as is_stopped:
            try:
                plan = _plan(backbone, tuning, data, examples, epochs, rate)
                yield from _train(lineup, plan, own, is_stopped)
            except SentimentError as error:
                yield render_message(str(error), is_alert=True), *_NOTHING

    def wait(request: gr.Request) -> tuple[Any, ...]:
        stops.announce(request)
        return render_message(copy.TRAIN_QUEUED), *_NOTHING[:2]

    def keep(made: TrainedModel | None, own: VisitModels) -> tuple[Any, Any]:
        """The visit as it is now: models may have been added while this one was trained."""
        return (join(own, made.model), gr.Button(visible=True)) if made else (gr.skip(), gr.skip())

    def stop(request: gr.Request) -> str:
        said = shared.STOPPING if stops.ask(request) else copy.TRAIN_IDLE
        return render_message(said)

    inputs = _create_choices(lineup)
    with gr.Row():
        go = gr.Button(copy.TRAIN_START, variant="primary", elem_id="train-start")
        end = gr.Button(shared.STOP, elem_id="train-stop")
    progress = gr.HTML(render_message(copy.TRAIN_EMPTY), elem_id="train-progress")
    outcome = gr.HTML(elem_id="train-outcome")
    made = gr.State(None)
    shown = gr.Button(copy.TRAIN_COMPARE, variant="primary", visible=False, elem_id="train-compare")
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    go.click(wait, outputs=[progress, outcome, shown], queue=False, **quiet).then(
        start,
        inputs=[*inputs, visit],
        outputs=[progress, outcome, shown, made],
        concurrency_id=_TRAINING,
        **quiet,
    ).then(keep, inputs=[made, visit], outputs=[visit, shown], queue=False, **quiet)
    end.click(stop, outputs=progress, queue=False, **quiet)
    return TrainTab(shown, made)


def _create_choices(lineup: LineUp) -> list[Any]:
    """The components that hold a plan, in the order of `_plan`."""
    names = [model.name for model in lineup.models() if model.kind == "zero-shot"]
    known = available_data()
    first, tuning_first = known[-1], TrainingRequest().tuning
    with gr.Row():
        backbone = gr.Dropdown(
            choices=names,
            value=TrainingRequest().backbone if TrainingRequest().backbone in names else names[0],
            label=copy.TRAIN_BACKBONE,
            elem_id="train-backbone",
        )
        data = gr.Radio(
            choices=[(copy.TRAIN_DATA_TITLES[d].format(most=MAX_EXAMPLES[d]), d) for d in known],
            value=first,
            label=copy.TRAIN_DATA,
            elem_id="train-data",
            min_width=320,
        )
    tuning = gr.Radio(
        choices=[(copy.TRAIN_TUNINGS[name], name) for name in copy.TRAIN_TUNINGS],
        value=tuning_first,
        label=copy.TRAIN_TUNING,
        elem_id="train-tuning",
    )
    with gr.Row():
        examples = gr.Slider(
            MIN_EXAMPLES,
            MAX_EXAMPLES[first],
            DEFAULT_EXAMPLES[first],
            step=20,
            label=copy.TRAIN_EXAMPLES,
            elem_id="train-examples",
        )
        epochs = gr.Slider(
            1,
            MAX_EPOCHS,
            DEFAULT_EPOCHS[tuning_first],
            step=1,
            label=copy.TRAIN_EPOCHS,
            elem_id="train-epochs",
        )
        rate = gr.Dropdown(
            choices=[(f"{rate:g}", rate) for rate in LEARNING_RATES],
            value=DEFAULT_RATES[tuning_first],
            label=copy.TRAIN_RATE,
            elem_id="train-rate",
        )
    quiet: dict[str, Any] = {"api_visibility": "private", "queue": False}
    data.input(
        lambda d: gr.Slider(maximum=MAX_EXAMPLES[d], value=DEFAULT_EXAMPLES[d]),
        inputs=data,
        outputs=examples,
        **quiet,
    )
    tuning.input(
        lambda t: (DEFAULT_EPOCHS[t], DEFAULT_RATES[t]),
        inputs=tuning,
        outputs=[epochs, rate],
        **quiet,
    )
    return [backbone, tuning, data, examples, epochs, rate]


def _plan(
    backbone: str, tuning: Any, data: Any, examples: float, epochs: float, rate: float
) -> TrainingRequest:
    return TrainingRequest(
        backbone=backbone,
        tuning=tuning,
        data=data,
        examples=int(examples or 0),
        epochs=int(epochs or 0),
        learning_rate=float(rate or 0.0),
    )


def _train(
    lineup: LineUp, plan: TrainingRequest, own: VisitModels, is_stopped: Callable[[], bool]
) -> Iterator[tuple[Any, ...]]:
    """The outputs of a training, again and again while it goes on.

    Raises:
        SentimentError: the plan is refused.
    """
    lasting = lineup.models()  # a network of the visit has no name that training could find
    check_plan(plan, lasting)
    check_room(own)
    backbone = next(model for model in lasting if model.name == plan.backbone)
    recipe = build_recipe(plan, backbone.folder, {model.name for model in (*lasting, *own)})
    watch, home, started = TrainingView(recipe), create_visit_folder(), time.monotonic()
    trained: TrainingFinished | None = None
    try:
        yield watch.render(), *_NOTHING
        work = ChildProcess(train, recipe, home, timeout=TIMEOUT)
        for _ in _throttle(work.reports(is_stopped, heartbeat=True), watch):
            yield watch.render(), *_NOTHING
        trained = work.result
    except ChildWorkError as error:
        said = copy.TRAIN_FAILED.format(error=error)
        yield watch.render() + render_message(said, is_alert=True), *_NOTHING
        return
    finally:
        if trained is None:
            shutil.rmtree(home, ignore_errors=True)
    if trained is None:
        yield watch.render(watch.stopped()), *_NOTHING
        return
    info = _describe(trained)
    said = copy.TRAIN_DONE.format(name=info.name, seconds=time.monotonic() - started)
    yield (
        watch.render(said),
        render_outcome(trained.before, trained.after),
        gr.skip(),
        TrainedModel(plan.backbone, info),
    )


def _describe(trained: TrainingFinished) -> ModelInfo:
    return replace(read_info(trained.folder), location=str(trained.folder))


def _throttle(reports: Iterator[Any], watch: TrainingView) -> Iterator[None]:
    """Hand every report to `watch`; yield when it is time to draw, with or without news."""
    drawn = 0.0
    for report in reports:
        if report is not None:
            watch.take(report)
        if time.monotonic() - drawn > _BETWEEN:
            drawn = time.monotonic()
            yield
