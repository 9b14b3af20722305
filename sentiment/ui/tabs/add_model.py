"""Build the form that adds a model: its id, the result of the check, and the confirmation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import gradio as gr

from sentiment.errors import SentimentError
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
from sentiment.ui.render.html import render_message, render_progress
from sentiment.ui.render.markup import render_template
from sentiment.ui.render.model_cards import render_inspection
from sentiment.ui.session.jobs import INSTANT, PRIVATE, CancelTokens
from sentiment.ui.session.visit import VisitModels, check_room, is_own_machine, join
from sentiment.ui.text import models as copy
from sentiment.ui.text import shared

_LOOKING = "looking"  # the line of those who add models
_NOTHING = (None, gr.update(visible=False))
_RUNNING, _DONE = gr.update(visible=True), gr.update(visible=False)  # of the button that stops
_ON_FILL = """
element.addEventListener('click', (event) => {
  const pressed = event.target.closest('[data-fill]');
  if (pressed) trigger('select', {value: pressed.dataset.fill});
});
"""


class Parts(NamedTuple):
    """Components of the form."""

    address: gr.Textbox
    go: gr.Button
    end: gr.Button
    suggested: gr.HTML
    progress: gr.HTML
    add: gr.Button
    found: gr.State


def create_add_model(lineup: LineUp, tab: gr.Tab, visit: gr.State) -> Any:
    """Build the components and wire them.

    Args:
        visit: the models of the visit, where the new one goes.

    Returns:
        the event after which a model has been added
    """
    stops = CancelTokens()

    def wait(request: gr.Request) -> tuple[Any, ...]:
        stops.announce(request)
        return render_message(shared.QUEUED), *_NOTHING, _RUNNING

    def look(address: str, own: VisitModels, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        with stops.run(request) as is_stopped:
            try:
                check_room(own)
                checked = check_address(address, is_folder_allowed=is_own_machine(request))
                taken = {model.name for model in lineup.models(own)}
                yield from _look(checked, taken, is_stopped)
            except SentimentError as error:
                yield render_message(str(error), is_alert=True), *_NOTHING, _DONE

    def stop(request: gr.Request) -> str:
        return render_message(shared.STOPPING if stops.ask(request) else shared.IDLE)

    parts = _create_parts()
    shown = [parts.progress, parts.found, parts.add, parts.end]
    tab.select(_name_folders, outputs=parts.address, **INSTANT)
    parts.suggested.select(_fill, outputs=parts.address, **INSTANT)
    for asked in (parts.go.click, parts.address.submit):
        asked(wait, outputs=shown, **INSTANT).then(
            look,
            inputs=[parts.address, visit],
            outputs=shown,
            concurrency_id=_LOOKING,
            concurrency_limit=2,
            **PRIVATE,
        )
    parts.end.click(stop, outputs=parts.progress, **INSTANT)
    outputs = [parts.progress, visit, parts.found, parts.add]
    return parts.add.click(_confirm, inputs=[parts.found, visit], outputs=outputs, **PRIVATE)


def _create_parts() -> Parts:
    with gr.Row(elem_id="models-add"):
        address = gr.Textbox(
            label=copy.ADDRESS,
            placeholder=copy.PLACEHOLDER,
            container=False,
            show_label=False,
            max_lines=1,
            scale=1,
            elem_id="models-address",
        )
        go = gr.Button(copy.CHECK, variant="primary", scale=0, elem_id="models-check")
        end = gr.Button(shared.STOP, visible=False, scale=0, elem_id="models-stop")
    suggested = gr.HTML(
        render_template("model_suggestions", copy=copy),
        js_on_load=_ON_FILL,
        apply_default_css=False,
        elem_id="models-ideas",
    )
    progress = gr.HTML(elem_id="models-found")
    add = gr.Button(copy.CONFIRM, visible=False, size="sm", elem_id="models-confirm")
    found = gr.State(None)
    return Parts(address, go, end, suggested, progress, add, found)


def _name_folders(request: gr.Request) -> Any:
    """Accept folders only from this machine."""
    is_local = is_own_machine(request)
    label = copy.ADDRESS_OR_FOLDER if is_local else copy.ADDRESS
    placeholder = copy.PLACEHOLDER_OR_FOLDER if is_local else copy.PLACEHOLDER
    return gr.Textbox(label=label, placeholder=placeholder)


def _fill(event: gr.EventData) -> str:
    given = str(getattr(event, "value", ""))
    return given if given in copy.SUGGESTIONS else ""


def _confirm(found: Inspection | None, own: VisitModels) -> tuple[Any, ...]:
    if found is None:
        return gr.skip(), gr.skip(), *_NOTHING
    try:
        check_room(own)
    except SentimentError as error:
        return render_message(str(error), is_alert=True), own, *_NOTHING
    said = render_message(copy.ADDED.format(name=found.info.name))
    return said, join(own, found.info), *_NOTHING


def _look(
    address: ModelAddress, taken: set[str], is_stopped: Callable[[], bool]
) -> Iterator[tuple[Any, ...]]:
    """Yield the progress, then the result of the check and the button that adds the model.

    Raises:
        SentimentError: it cannot be had, or must not be loaded.
    """
    said = render_message(copy.LOOKING.format(address=address.name))
    yield said, *_NOTHING, _RUNNING
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
        yield said, *_NOTHING, _RUNNING
    if work.result is None:
        yield render_message(copy.STOPPED), *_NOTHING, _DONE
        return
    found: Inspection = work.result
    yield render_inspection(found), found, gr.Button(visible=True), _DONE


def _say(address: str, report: Downloading | Loading) -> str:
    if isinstance(report, Loading):
        return render_message(copy.LOADING.format(size=report.size / 1e6))
    said = copy.DOWNLOADING.format(
        address=address, done=report.done / 1e6, total=report.total / 1e6
    )
    return render_progress(report.done, report.total, said)
