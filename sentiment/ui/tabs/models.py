"""The Models tab: what there is, and adding one by Hub id or folder after a look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from sentiment.errors import SentimentError
from sentiment.evaluation.results import find_results
from sentiment.limits import max_resident
from sentiment.runtime.child_process import ChildProcess
from sentiment.serving.inspection import (
    IDLE_TIMEOUT,
    TIMEOUT,
    Downloading,
    Inspection,
    Loading,
    ModelAddress,
    check_address,
    inspect_model,
    most_memory,
)
from sentiment.serving.lineup import LineUp
from sentiment.ui.render.html import render_message, render_note, render_progress
from sentiment.ui.render.model_cards import render_cards, render_found
from sentiment.ui.session.jobs import CancelTokens
from sentiment.ui.session.visit import VisitModels, check_room, is_own_machine, join
from sentiment.ui.text import shared
from sentiment.ui.text import workshop as copy

_LOOKING = "looking"  # the line of those who add models
_NOTHING = (None, gr.update(visible=False))


def create_models(lineup: LineUp, tab: gr.Tab, visit: gr.State) -> None:
    """Build the components of `tab` and wire them.

    Args:
        visit: the models of the visit.
    """
    stops = CancelTokens()

    def show(own: VisitModels) -> str:
        return render_cards(lineup.models(own), find_results()[0])

    def show_residents() -> str:
        names, most = lineup.loaded_models(), max_resident()
        if not names:
            return render_note(copy.MODELS_NONE_RESIDENT.format(most=most))
        return render_note(copy.MODELS_RESIDENT.format(most=most, names=", ".join(names)))

    def open_tab(request: gr.Request) -> tuple[Any, str]:
        """Folders can be named by who sits at this machine."""
        is_local = is_own_machine(request)
        label = copy.MODELS_ADDRESS_OR_FOLDER if is_local else copy.MODELS_ADDRESS
        return gr.Textbox(label=label), _introduce(is_local)

    def wait(request: gr.Request) -> tuple[Any, ...]:
        stops.announce(request)
        return render_message(shared.QUEUED), *_NOTHING

    def look(address: str, own: VisitModels, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        with stops.run(request) as is_stopped:
            try:
                check_room(own)
                checked = check_address(address, is_folder_allowed=is_own_machine(request))
                taken = {model.name for model in lineup.models(own)}
                yield from _look(checked, taken, is_stopped)
            except SentimentError as error:
                yield render_message(str(error), is_alert=True), *_NOTHING

    def stop(request: gr.Request) -> str:
        said = shared.STOPPING if stops.ask(request) else copy.MODELS_IDLE
        return render_message(said)

    def confirm(found: Inspection | None, own: VisitModels) -> tuple[Any, ...]:
        if found is None:
            return gr.skip(), gr.skip(), *_NOTHING
        try:
            check_room(own)
        except SentimentError as error:
            return render_message(str(error), is_alert=True), own, *_NOTHING
        said = render_message(copy.MODELS_ADDED.format(name=found.info.name))
        return said, join(own, found.info), *_NOTHING

    gr.HTML(f'<p class="s-lead">{copy.MODELS_INTRO}</p>')
    with gr.Accordion(copy.MODELS_ADD, open=False, elem_classes="s-options", elem_id="models-add"):
        intro = gr.HTML(_introduce(is_local=False))
        with gr.Row():
            address = gr.Textbox(
                label=copy.MODELS_ADDRESS,
                placeholder="owner/name",
                max_lines=1,
                scale=4,
                elem_id="models-address",
            )
            go = gr.Button(copy.MODELS_CHECK, variant="primary", elem_id="models-check")
            end = gr.Button(shared.STOP, elem_id="models-stop")
        progress = gr.HTML(elem_id="models-found")
        add = gr.Button(copy.MODELS_CONFIRM, visible=False, elem_id="models-confirm")
    found = gr.State(None)
    residents = gr.HTML(elem_id="models-residents")
    cards = gr.HTML(elem_id="models-cards")

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    tab.select(show, inputs=visit, outputs=cards, **quiet)
    tab.select(open_tab, outputs=[address, intro], queue=False, **quiet)
    tab.select(show_residents, outputs=residents, **quiet)
    for asked in (go.click, address.submit):
        asked(wait, outputs=[progress, found, add], queue=False, **quiet).then(
            look,
            inputs=[address, visit],
            outputs=[progress, found, add],
            concurrency_id=_LOOKING,
            concurrency_limit=2,
            **quiet,
        )
    end.click(stop, outputs=progress, queue=False, **quiet)
    add.click(confirm, inputs=[found, visit], outputs=[progress, visit, found, add], **quiet).then(
        show, inputs=visit, outputs=cards, **quiet
    )


def _introduce(is_local: bool) -> str:
    folder = copy.MODELS_OR_FOLDER if is_local else ""
    return render_note(copy.MODELS_ADD_INTRO.format(or_folder=folder))


def _look(
    address: ModelAddress, taken: set[str], is_stopped: Callable[[], bool]
) -> Iterator[tuple[Any, ...]]:
    """Progress, then what was found and the button that adds it.

    Raises:
        SentimentError: it cannot be had, or must not be loaded.
    """
    said = render_message(copy.MODELS_ASKING.format(address=address.name))
    yield said, *_NOTHING
    work = ChildProcess(
        inspect_model,
        address,
        taken,
        timeout=TIMEOUT,
        idle_timeout=IDLE_TIMEOUT,
        memory_limit=most_memory(),
    )
    for report in work.reports(is_stopped, heartbeat=True):
        said = _say(address.name, report) if report else said
        yield said, *_NOTHING
    if work.result is None:
        yield render_message(copy.MODELS_STOPPED), *_NOTHING
        return
    found: Inspection = work.result
    yield render_found(found), found, gr.Button(visible=True)


def _say(address: str, report: Downloading | Loading) -> str:
    if isinstance(report, Loading):
        return render_message(copy.MODELS_LOADING.format(size=report.size / 1e6))
    said = copy.MODELS_DOWNLOADING.format(
        address=address, done=report.done / 1e6, total=report.total / 1e6
    )
    return render_progress(report.done, report.total, said)
