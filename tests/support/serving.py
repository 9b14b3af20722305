"""Start the app in this process on a free port of 127.0.0.1, as `app.py` would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sentiment.serving.lineup import LineUp
from sentiment.ui.app import build_demo
from sentiment.ui.server.launch import launch_kwargs
from sentiment.ui.server.service import ServerLifecycle


@contextmanager
def running_app() -> Iterator[str]:
    """The address of a running app; it is closed when the block ends."""
    lineup = LineUp()
    demo, service = build_demo(lineup), ServerLifecycle(lineup)
    settings = launch_kwargs(service)
    _, url, _ = demo.launch(
        prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **settings
    )
    try:
        yield url
    finally:
        demo.close()
