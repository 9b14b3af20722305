"""Start the app in this process on a free port of 127.0.0.1, as `app.py` would."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from sentiment.serving.batcher import DynamicBatcher
from sentiment.serving.lineup import LineUp
from sentiment.serving.predictor import LocalPredictor
from sentiment.ui.app import build_demo
from sentiment.ui.server.launch import launch_kwargs
from sentiment.ui.server.service import ServerLifecycle


def find_port() -> int:
    """Find a free port; Gradio's own search fails where two servers start at the same time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_app() -> Iterator[str]:
    """The address of a running app; it is closed when the block ends."""
    predictor = LocalPredictor()
    lineup = LineUp(predictor, DynamicBatcher(predictor))
    demo, service = build_demo(lineup), ServerLifecycle(lineup)
    settings = launch_kwargs(service)
    _, url, _ = demo.launch(
        prevent_thread_lock=True,
        quiet=True,
        server_name="127.0.0.1",
        server_port=find_port(),
        **settings,
    )
    try:
        yield url
    finally:
        demo.close()
