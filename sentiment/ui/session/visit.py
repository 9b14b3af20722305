"""What belongs to one visit: models that were added or trained while the page is open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

import gradio as gr

from sentiment.errors import InputError
from sentiment.models.catalogue import ModelInfo
from sentiment.serving.live_training import is_trained_in_visit
from sentiment.ui.text import models as copy

MAX_VISIT_MODELS = 8  # models of one visit

VisitModels = tuple[ModelInfo, ...]
_LOOPBACK = ("127.0.0.1", "::1")


def create_visit() -> gr.State:
    """The models of a visit; what was trained in it is removed an hour after the page is closed."""
    return gr.State((), delete_callback=_forget)


def check_room(own: Sequence[ModelInfo]) -> None:
    """Refuse more models than a visit may have.

    Raises:
        InputError: it has as many.
    """
    if len(own) >= MAX_VISIT_MODELS:
        raise InputError(copy.TOO_MANY.format(count=len(own)))


def join(own: Sequence[ModelInfo], model: ModelInfo) -> VisitModels:
    """The visit's models with `model`; one of the same name is replaced."""
    return (*(other for other in own if other.name != model.name), model)


def is_own_machine(request: gr.Request) -> bool:
    """Whether the visitor sits at this machine, and may name its folders."""
    client = getattr(request, "client", None)
    is_passed_on = "x-forwarded-for" in request.headers
    return (
        not os.environ.get("SPACE_ID")
        and not is_passed_on
        and client is not None
        and client.host in _LOOPBACK
    )


def _forget(own: VisitModels) -> None:
    for model in own:
        if is_trained_in_visit(model):
            shutil.rmtree(model.folder.parent, ignore_errors=True)
