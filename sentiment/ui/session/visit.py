"""Manage the models that were added or trained in a session."""

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
    """Create the session state; trained models are deleted an hour after the page is closed."""
    return gr.State((), delete_callback=_forget)


def check_room(own: Sequence[ModelInfo]) -> None:
    """Check that the session may add another model.

    Raises:
        InputError: it has `MAX_VISIT_MODELS` models.
    """
    if len(own) >= MAX_VISIT_MODELS:
        raise InputError(copy.TOO_MANY.format(count=len(own)))


def join(own: Sequence[ModelInfo], model: ModelInfo) -> VisitModels:
    """Return the session's models with `model`, which replaces one of the same name."""
    return (*(other for other in own if other.name != model.name), model)


def is_own_machine(request: gr.Request) -> bool:
    """Return whether the request comes from this machine, so that it may name folders."""
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
