"""Build the Train tab: run, stop, compare and download a small training run."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import gradio as gr

from sentiment.data.loading import load_examples
from sentiment.errors import ChildWorkError, SentimentError
from sentiment.models.catalogue import ModelInfo, read_info
from sentiment.runtime.child_process import ChildProcess
from sentiment.serving.lineup import LineUp
from sentiment.serving.live_training import (
    ALLOW_VARIABLE,
    DEFAULT_EPOCHS,
    DEFAULT_EXAMPLES,
    DEFAULT_RATES,
    FIRST_LESSON,
    LEARNING_RATES,
    MAX_EPOCHS,
    MAX_EXAMPLES,
    MIN_EXAMPLES,
    PRESETS,
    TIMEOUT,
    TrainingFinished,
    TrainingRequest,
    available_data,
    build_recipe,
    check_plan,
    create_visit_folder,
    is_training_allowed,
    list_trainable,
    load_sentences,
    train,
)
from sentiment.ui.render.html import render_message
from sentiment.ui.render.training import TrainingView, render_idle, render_verdict
from sentiment.ui.session.jobs import INSTANT, PRIVATE, CancelTokens
from sentiment.ui.session.visit import VisitModels, check_room, join
from sentiment.ui.text import shared
from sentiment.ui.text import train as copy

CUSTOM = "custom"  # the choice that is no preset
_BETWEEN = 0.3  # seconds between two drawings
_TRAINING = "training"  # the line of trainings: one at a time

Outputs = tuple[Any, ...]  # accuracy, verdict, curves, buttons, and what was trained


@dataclass(frozen=True)
class TrainedModel:
    """Result of a training run."""

    backbone: str
    model: ModelInfo


@dataclass(frozen=True)
class TrainTab:
    """Components that other tabs use."""

    compare: gr.Button
    made: gr.State  # `TrainedModel`, or None


@dataclass(frozen=True)
class _Panel:
    """Components that show a training run, from top to bottom."""

    accuracy: gr.HTML
    verdict: gr.HTML
    buttons: gr.Row
    compare: gr.Button
    download: gr.DownloadButton
    curves: gr.HTML
    made: gr.State

    @property
    def outputs(self) -> list[Any]:
        """List the outputs of a training, in the order of `Outputs`."""
        return [self.accuracy, self.verdict, self.curves, self.buttons, self.made]


def create_train(lineup: LineUp, visit: gr.State) -> TrainTab | None:
    """Build the tab's components and wire them; None where visitors may not train."""
    if not is_training_allowed():
        gr.HTML(render_message(copy.TRAIN_OFF.format(variable=ALLOW_VARIABLE)))
        return None
    with gr.Row(elem_classes="s-train"):
        with gr.Column(scale=1, min_width=270, elem_classes="s-train-choices"):
            inputs = _create_choices(lineup)
            with gr.Row(elem_classes="s-train-go"):
                go = gr.Button(copy.TRAIN_START, variant="primary", elem_id="train-start")
                end = gr.Button(shared.STOP, elem_id="train-stop")
        with gr.Column(scale=3, min_width=320):
            panel = _create_panel()
    _wire(lineup, visit, inputs, (go, end), panel)
    return TrainTab(panel.compare, panel.made)


def _create_choices(lineup: LineUp) -> list[Any]:
    """Create the components that hold a plan, in the order of `_plan`."""
    known = available_data()
    data = gr.Radio(
        choices=[(_describe_data(name), name) for name in known],
        value=FIRST_LESSON,
        label=copy.TRAIN_DATA,
        elem_id="train-data",
        elem_classes="s-choices-big",
    )
    preset = gr.Radio(
        choices=[(_describe_preset(name), name) for name in (*PRESETS, CUSTOM)],
        value=next(iter(PRESETS)),
        label=copy.TRAIN_PRESET,
        elem_id="train-preset",
        elem_classes="s-choices-big",
    )
    with gr.Column(visible=False, elem_id="train-custom", elem_classes="s-train-custom") as custom:
        settings = _create_settings(lineup)
    examples = settings[2]
    preset.input(lambda own: gr.Column(visible=own == CUSTOM), preset, custom, **INSTANT)
    data.input(
        lambda own: gr.Slider(maximum=MAX_EXAMPLES[own], value=DEFAULT_EXAMPLES),
        data,
        examples,
        **INSTANT,
    )
    return [preset, data, *settings]


@lru_cache(maxsize=4)
def _describe_data(name: str) -> str:
    title = copy.TRAIN_DATA_TITLES[name]
    if name != FIRST_LESSON:
        return title.format(train=MAX_EXAMPLES[name])
    train, test = (len(load_examples(name, split)) for split in ("train", "test"))
    return title.format(train=train, test=test)


def _describe_preset(name: str) -> str:
    backbone = PRESETS[name].backbone if name in PRESETS else ""
    return copy.TRAIN_PRESETS[name].format(backbone=backbone)


def _create_settings(lineup: LineUp) -> list[Any]:
    """Create the components of a custom training: backbone, part, examples, epochs, rate."""
    names = list_trainable(lineup.models())
    usual = TrainingRequest()
    backbone = gr.Dropdown(
        choices=names,
        value=usual.backbone if usual.backbone in names else names[0],
        label=copy.TRAIN_BACKBONE,
        elem_id="train-backbone",
    )
    tuning = gr.Dropdown(
        choices=[(copy.TRAIN_TUNINGS[name], name) for name in copy.TRAIN_TUNINGS],
        value=usual.tuning,
        label=copy.TRAIN_TUNING,
        elem_id="train-tuning",
    )
    examples = gr.Slider(
        MIN_EXAMPLES,
        MAX_EXAMPLES[FIRST_LESSON],
        DEFAULT_EXAMPLES,
        step=20,
        label=copy.TRAIN_EXAMPLES,
        elem_id="train-examples",
    )
    epochs = gr.Slider(
        1,
        MAX_EPOCHS,
        DEFAULT_EPOCHS[usual.tuning],
        step=1,
        label=copy.TRAIN_EPOCHS,
        elem_id="train-epochs",
    )
    rate = gr.Dropdown(
        choices=[(f"{rate:g}", rate) for rate in LEARNING_RATES],
        value=DEFAULT_RATES[usual.tuning],
        label=copy.TRAIN_RATE,
        elem_id="train-rate",
    )
    tuning.input(lambda t: (DEFAULT_EPOCHS[t], DEFAULT_RATES[t]), tuning, [epochs, rate], **INSTANT)
    return [backbone, tuning, examples, epochs, rate]


def _create_panel() -> _Panel:
    """Create the components that show a training."""
    accuracy, curves = render_idle(load_sentences(FIRST_LESSON))
    shown = gr.HTML(accuracy, elem_id="train-progress")
    verdict = gr.HTML(elem_id="train-outcome")
    with gr.Row(visible=False, elem_classes="s-train-done") as buttons:
        compare = gr.Button(copy.TRAIN_COMPARE, variant="primary", elem_id="train-compare")
        download = gr.DownloadButton(copy.TRAIN_DOWNLOAD, elem_id="train-download")
    drawn = gr.HTML(curves, elem_id="train-curves")
    return _Panel(shown, verdict, buttons, compare, download, drawn, gr.State(None))


def _wire(
    lineup: LineUp,
    visit: gr.State,
    inputs: list[Any],
    buttons: tuple[gr.Button, gr.Button],
    panel: _Panel,
) -> None:
    stops = CancelTokens()
    _, data, *_ = inputs

    def start(
        preset: Any,
        data: Any,
        backbone: str,
        tuning: Any,
        examples: float,
        epochs: float,
        rate: float,
        own: VisitModels,
        request: gr.Request,
    ) -> Iterator[Outputs]:
        choices = (preset, data, backbone, tuning, examples, epochs, rate)
        with stops.run(request) as is_stopped:
            try:
                yield from _train(lineup, _plan(*choices), own, is_stopped)
            except SentimentError as error:
                yield render_message(str(error), is_alert=True), "", gr.skip(), *_nothing()

    def wait(request: gr.Request) -> Outputs:
        stops.announce(request)
        return render_message(copy.TRAIN_QUEUED), "", gr.skip(), *_nothing()

    def keep(made: TrainedModel | None, own: VisitModels) -> tuple[Any, Any, Any]:
        """Add what was trained to the visit as it is now: others may have come meanwhile."""
        if made is None:
            return gr.skip(), gr.skip(), gr.skip()
        joined = join(own, made.model)
        return joined, gr.Row(visible=True), gr.DownloadButton(value=_pack(made.model))

    def stop(request: gr.Request) -> Any:
        return render_message(shared.STOPPING if stops.ask(request) else copy.TRAIN_IDLE)

    go, end = buttons
    go.click(wait, outputs=panel.outputs, **INSTANT).then(
        start, [*inputs, visit], panel.outputs, concurrency_id=_TRAINING, **PRIVATE
    ).then(keep, [panel.made, visit], [visit, panel.buttons, panel.download], **INSTANT)
    end.click(stop, outputs=panel.accuracy, **INSTANT)
    data.input(
        lambda own: render_idle(load_sentences(own)),
        data,
        [panel.accuracy, panel.curves],
        **INSTANT,
    )


def _nothing() -> tuple[Any, None]:
    """Hide the buttons; nothing was trained."""
    return gr.Row(visible=False), None


def _pack(model: ModelInfo) -> str:
    """Pack the checkpoint into an archive beside it."""
    return shutil.make_archive(
        str(model.folder), "zip", root_dir=model.folder.parent, base_dir=model.folder.name
    )


def _plan(
    preset: Any,
    data: Any,
    backbone: str,
    tuning: Any,
    examples: float,
    epochs: float,
    rate: float,
) -> TrainingRequest:
    if preset in PRESETS:
        return replace(PRESETS[preset], data=data)
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
) -> Iterator[Outputs]:
    """Yield the outputs of a training run while it is in progress.

    Raises:
        SentimentError: the plan is refused.
    """
    lasting = lineup.models()  # a network of the visit has no name that training could find
    check_plan(plan, lasting)
    check_room(own)
    backbone = next(model for model in lasting if model.name == plan.backbone)
    recipe = build_recipe(plan, backbone.folder, {model.name for model in (*lasting, *own)})
    watch = TrainingView(recipe, load_sentences(plan.data))
    home, started = create_visit_folder(), time.monotonic()
    trained: TrainingFinished | None = None
    try:
        yield watch.render(), "", watch.render_curves(), *_nothing()
        work = ChildProcess(train, recipe, home, timeout=TIMEOUT)
        for _ in _throttle(work.reports(is_stopped, heartbeat=True), watch):
            yield watch.render(), "", watch.render_curves(), *_nothing()
        trained = work.result
    except ChildWorkError as error:
        said = copy.TRAIN_FAILED.format(error=error)
        yield watch.render(said, is_alert=True), "", watch.render_curves(), *_nothing()
        return
    finally:
        if trained is None:
            shutil.rmtree(home, ignore_errors=True)
    if trained is None:
        yield watch.render(watch.describe_stop()), "", watch.render_curves(), *_nothing()
        return
    info = replace(read_info(trained.folder), location=str(trained.folder))
    said = copy.TRAIN_DONE.format(name=info.name, seconds=time.monotonic() - started)
    yield (
        watch.render(said, final=trained.after.accuracy),
        render_verdict(trained.before, trained.after),
        watch.render_curves(),
        gr.skip(),
        TrainedModel(plan.backbone, info),
    )


def _throttle(reports: Iterator[Any], watch: TrainingView) -> Iterator[None]:
    """Update `watch` with every report; yield when it is time to render."""
    drawn = 0.0
    for report in reports:
        if report is not None:
            watch.update(report)
        if time.monotonic() - drawn > _BETWEEN:
            drawn = time.monotonic()
            yield
