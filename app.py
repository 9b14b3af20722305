"""Start the app, here and on Hugging Face Spaces.

python app.py
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time

from sentiment.serving.space import is_gpu_lent
from sentiment.serving.worker import Worker

FIRST_ANSWERS = 10  # seconds in which they have the machine to themselves


def main() -> None:
    """Serve the demo; the models load in a process of their own while it is built."""
    # A GPU that a Space lends goes to this process alone.
    worker = None if is_gpu_lent() else Worker()

    from sentiment.evaluation.results import measure_saved
    from sentiment.hub import use_no_token
    from sentiment.runtime.logs import quiet_libraries
    from sentiment.serving.batcher import Together
    from sentiment.serving.lineup import LineUp
    from sentiment.ui.app import build_demo, launch_kwargs
    from sentiment.ui.server.service import Service

    quiet_libraries()
    use_no_token()

    def measure_later() -> None:
        if worker:
            worker.wait_until_loaded()
        time.sleep(FIRST_ANSWERS)
        measure_saved()  # the first to open Scores would wait for it
        gc.collect()
        gc.freeze()  # what stays is not looked through again, which would hold up a crowd

    threading.Thread(target=measure_later, daemon=True).start()
    lineup = LineUp(Together(worker) if worker else None)
    service = Service(lineup)
    demo = build_demo(lineup)
    demo.launch(prevent_thread_lock=True, **launch_kwargs(service))
    service.begin()
    service.wait_for_end()
    demo.close(verbose=False)
    sys.stdout.flush()
    os._exit(0)  # a job that was given up would be waited for; its process ends with this one


if __name__ == "__main__":
    main()
