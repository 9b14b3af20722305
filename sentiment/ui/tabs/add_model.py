"""Build the form that adds a model: its id, the result of the check, and the confirmation.

Where the check does not settle what the labels of a model mean, the form asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import gradio as gr

from sentiment.errors import InputError, SentimentError
from sentiment.models.label_names import POLARITIES, Polarity
from sentiment.runtime.child_process import ChildProcess
from sentiment.serving.inspection import (
    IDLE_TIMEOUT,
    MOST_LABELS,
    TIMEOUT,
    Downloading,
    Inspection,
    Loading,
    ModelAddress,
    UnsettledLabels,
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
_NOTHING = (None, gr.update(visible=False), None)  # found, the button that adds it, unsettled
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
    unsettled: gr.State  # labels whose meaning is asked for
    ask: gr.Column
    labels: list[gr.Dropdown]
    say: gr.Button

    @property
    def shown(self) -> list[Any]:
        """Return the outputs of a check."""
        return [self.progress, self.found, self.add, self.unsettled, self.end]


class Checks:
    """Event handlers that check a model."""

    def __init__(self, lineup: LineUp) -> None:
        self._lineup = lineup
        self._stops = CancelTokens()

    def wait(self, request: gr.Request) -> tuple[Any, ...]:
        """Announce a check that is about to be queued."""
        self._stops.announce(request)
        return render_message(shared.QUEUED), *_NOTHING, _RUNNING

    def look(
        self, address: str, own: VisitModels, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Check the model at `address`."""
        with self._stops.run(request) as is_stopped:
            try:
                check_room(own)
                checked = check_address(address, is_folder_allowed=is_own_machine(request))
                yield from _look(checked, self._taken(own), is_stopped)
            except SentimentError as error:
                yield render_message(str(error), is_alert=True), *_NOTHING, _DONE

    def look_again(
        self,
        unsettled: UnsettledLabels | None,
        own: VisitModels,
        request: gr.Request,
        *said: Polarity | None,
    ) -> Iterator[tuple[Any, ...]]:
        """Check a model with the labels as the user says them."""
        if unsettled is None:
            return
        with self._stops.run(request) as is_stopped:
            try:
                check_room(own)
                labels = _check_labels(said[: len(unsettled.labels)])
                yield from _look(unsettled.address, self._taken(own), is_stopped, labels)
            except SentimentError as error:
                yield render_message(str(error), is_alert=True), *_NOTHING[:2], unsettled, _DONE

    def stop(self, request: gr.Request) -> str:
        """Stop the checks of this session."""
        return render_message(shared.STOPPING if self._stops.ask(request) else shared.IDLE)

    def _taken(self, own: VisitModels) -> set[str]:
        return {model.name for model in self._lineup.models(own)}


def create_add_model(lineup: LineUp, tab: gr.Tab, visit: gr.State) -> list[Any]:
    """Build the components and wire them.

    Args:
        visit: the models of the visit, where the new one goes.

    Returns:
        the events after which a model has been added
    """
    checks, parts = Checks(lineup), _create_parts()
    checking = {"concurrency_id": _LOOKING, "concurrency_limit": 2, **PRIVATE}
    tab.select(_name_folders, outputs=parts.address, **INSTANT)
    parts.suggested.select(_fill, outputs=parts.address, **INSTANT)
    for asked in (parts.go.click, parts.address.submit):
        asked(checks.wait, outputs=parts.shown, **INSTANT).then(
            checks.look, inputs=[parts.address, visit], outputs=parts.shown, **checking
        )
    asked_for = [parts.ask, *parts.labels]
    parts.unsettled.change(_ask_labels, inputs=parts.unsettled, outputs=asked_for, **INSTANT)
    parts.end.click(checks.stop, outputs=parts.progress, **INSTANT)
    checked_again = parts.say.click(
        checks.look_again,
        inputs=[parts.unsettled, visit, *parts.labels],
        outputs=parts.shown,
        **checking,
    )
    adding: dict[str, Any] = {
        "fn": _confirm,
        "inputs": [parts.found, visit],
        "outputs": [parts.progress, visit, parts.found, parts.add],
        **PRIVATE,
    }
    return [parts.add.click(**adding), checked_again.then(**adding)]


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
    with gr.Column(visible=False, elem_id="models-labels") as ask:
        with gr.Row():
            labels = [
                gr.Dropdown(list(POLARITIES), value=None, visible=False, filterable=False)
                for _ in range(MOST_LABELS)
            ]
        say = gr.Button(copy.CONFIRM_LABELS, size="sm", elem_id="models-say")
    found, unsettled = gr.State(None), gr.State(None)
    return Parts(address, go, end, suggested, progress, add, found, unsettled, ask, labels, say)


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
        return gr.skip(), gr.skip(), *_NOTHING[:2]
    try:
        check_room(own)
    except SentimentError as error:
        return render_message(str(error), is_alert=True), own, *_NOTHING[:2]
    said = render_message(copy.ADDED.format(name=found.info.name)) + render_inspection(found)
    return said, join(own, found.info), *_NOTHING[:2]


def _ask_labels(unsettled: UnsettledLabels | None) -> list[Any]:
    """Show a dropdown for each label whose meaning is unknown, or none."""
    names = unsettled.labels if unsettled else ()
    shown = [gr.Dropdown(label=name, value=None, visible=True) for name in names]
    hidden = [gr.Dropdown(visible=False)] * (MOST_LABELS - len(names))
    return [gr.Column(visible=bool(names)), *shown, *hidden]


def _check_labels(said: Sequence[Polarity | None]) -> tuple[Polarity, ...]:
    """Check that every label has a meaning, and that both sides have a label.

    Raises:
        InputError: one lacks.
    """
    labels = tuple(own for own in said if own is not None)
    if len(labels) != len(said) or (len(said) > 1 and not {"negative", "positive"} <= {*labels}):
        raise InputError(copy.SAY_LABELS)
    return labels


def _look(
    address: ModelAddress,
    taken: set[str],
    is_stopped: Callable[[], bool],
    labels: tuple[Polarity, ...] = (),
) -> Iterator[tuple[Any, ...]]:
    """Yield the progress, then the result of the check and the button that adds the model.

    Args:
        labels: the polarity of each label, where the user says it.

    Raises:
        SentimentError: it cannot be had, or must not be loaded.
    """
    said = render_message(copy.LOOKING.format(address=address.name))
    yield said, *_NOTHING, _RUNNING
    work = ChildProcess(
        inspect_model,
        address,
        taken,
        labels,
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
    found: Inspection | UnsettledLabels = work.result
    if isinstance(found, UnsettledLabels):
        named = ", ".join(f"“{label}”" for label in found.labels)
        said = render_message(copy.UNSETTLED.format(name=address.name, labels=named), is_alert=True)
        yield said, *_NOTHING[:2], found, _DONE
        return
    yield render_inspection(found), found, gr.Button(visible=True), None, _DONE


def _say(address: str, report: Downloading | Loading) -> str:
    if isinstance(report, Loading):
        return render_message(copy.LOADING.format(size=report.size / 1e6))
    said = copy.DOWNLOADING.format(
        address=address, done=report.done / 1e6, total=report.total / 1e6
    )
    return render_progress(report.done, report.total, said)
