"""Show an `InputError` as a message in place of the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

import gradio as gr

from sentiment.errors import InputError
from sentiment.ui.render.html import render_message


def show_errors(outputs: int = 1, place: int = 0) -> Callable[[Callable[..., Any]], Any]:
    """Decorate an event handler to show an `InputError` as a message in one of its outputs.

    Args:
        outputs: number of outputs; the others keep what they show.
        place: index of the output that shows the message.
    """

    def message(error: InputError) -> Any:
        shown = render_message(str(error), is_alert=True)
        if outputs == 1:
            return shown
        return tuple(shown if i == place else gr.skip() for i in range(outputs))

    def decorate(function: Callable[..., Any]) -> Any:
        if isgeneratorfunction(function):

            @wraps(function)
            def stream(*args: Any, **kwargs: Any) -> Iterator[Any]:
                try:
                    yield from function(*args, **kwargs)
                except InputError as error:
                    yield message(error)

            return stream

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except InputError as error:
                return message(error)

        return call

    return decorate


def raise_errors(function: Callable[..., Any]) -> Any:
    """Decorate an endpoint to return an `InputError` as its message, without a traceback."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return call
