"""Build the demo and launch it, here and on Hugging Face Spaces.

python app.py
"""

from __future__ import annotations

import sys

from sentiment.errors import InputError
from sentiment.serving.space import is_zero_gpu
from sentiment.serving.worker import WorkerPredictor


def main() -> None:
    """Serve the demo; the models load in a process of their own while it is built."""
    # A GPU that a Space lends goes to this process alone.
    worker = None if is_zero_gpu() else WorkerPredictor()

    from sentiment.hub import use_no_token
    from sentiment.runtime.logs import silence_libraries
    from sentiment.serving.batcher import DynamicBatcher
    from sentiment.serving.lineup import LineUp
    from sentiment.ui.app import build_demo
    from sentiment.ui.server.launch import serve

    silence_libraries()
    use_no_token()
    lineup = LineUp(worker, DynamicBatcher(worker) if worker else None)
    serve(build_demo(lineup), lineup, worker)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
