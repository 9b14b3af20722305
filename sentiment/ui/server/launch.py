"""Launch the demo: its settings, its queue, and what runs beside it until it ends."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from importlib.util import find_spec
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from sentiment.evaluation.results import measure_saved
from sentiment.limits import (
    MAX_BODY_BYTES,
    MAX_FILE_BYTES,
    MAX_VISITS,
    MAX_WAITING,
    drain_seconds,
)
from sentiment.paths import ASSETS
from sentiment.serving.lineup import LineUp
from sentiment.serving.worker import WorkerPredictor
from sentiment.ui.render.theme import build_theme, style_sheet
from sentiment.ui.server.guard import QueueLimit, RequestValidator
from sentiment.ui.server.page import FirstPaint, asset_routes
from sentiment.ui.server.service import DrainMiddleware, ServerLifecycle
from sentiment.ui.session.pairs import measure_pairs

FIRST_ANSWERS = 10  # seconds in which they have the machine to themselves


def set_queue(demo: gr.Blocks) -> None:
    """Limit the queue of `demo` and lower its polling rate.

    It looks for new work every 10 ms, not every 1 ms, and for progress every 50 ms, not every 10:
    nobody notices the difference, and an app without visitors leaves its machine idle.
    """
    # api_open would let requests pass by the queue and its limits.
    demo.queue(default_concurrency_limit=1, max_size=MAX_WAITING, api_open=False)
    demo._queue.sleep_when_free = 0.01
    demo._queue.progress_update_sleep_when_free = 0.05


def serve(demo: gr.Blocks, lineup: LineUp, worker: WorkerPredictor | None) -> None:
    """Serve `demo` until SIGTERM or Ctrl-C, then end the process.

    Raises:
        InputError: a variable of the environment is not a number.
    """
    seconds = drain_seconds()
    threading.Thread(target=_measure_saved, args=(worker,), daemon=True).start()
    service = ServerLifecycle(lineup)
    demo.launch(prevent_thread_lock=True, **launch_kwargs(service))
    service.begin()
    service.wait_for_end(seconds)
    demo.close(verbose=False)
    sys.stdout.flush()
    os._exit(0)  # a job that was given up would be waited for; its process ends with this one


def _measure_saved(worker: WorkerPredictor | None) -> None:
    """Compute the metrics of saved predictions once the first texts had time to be answered."""
    if worker:
        worker.wait_until_loaded()
    time.sleep(FIRST_ANSWERS)
    measure_pairs()
    measure_saved()  # the first to open Scores would wait for it
    gc.collect()
    gc.freeze()  # what stays is not looked through again, which would hold up a crowd


def launch_kwargs(service: ServerLifecycle) -> dict[str, Any]:
    """Everything `launch()` needs, shared by `app.py` and the tests."""
    return {
        "theme": build_theme(),
        # In the head, not as `css`, whose selectors Gradio rewrites: media queries broke by it.
        "head": f"<style>{style_sheet()}</style>",
        "favicon_path": ASSETS / "favicon.svg",
        "footer_links": ["api"],
        "run_history": False,  # would keep visitors' texts in their browsers
        "ssr_mode": False,
        "show_error": False,
        "enable_monitoring": False,  # its page would be open to everybody
        "state_session_capacity": MAX_VISITS,
        "max_file_size": MAX_FILE_BYTES,
        "mcp_server": find_spec("mcp") is not None,  # the endpoints as tools, with gradio[mcp]
        "app_kwargs": {
            "routes": [*asset_routes(), service.route()],
            "middleware": [
                Middleware(DrainMiddleware, service=service),
                Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
                Middleware(RequestValidator),
                Middleware(QueueLimit),  # behind whoever waits for all of a body
                Middleware(FirstPaint),
            ],
        },
    }
