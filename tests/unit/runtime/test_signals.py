from __future__ import annotations

import signal
import subprocess
import sys

from tests.support.launching import ROOT
from tests.support.waiting import TIMEOUT


def test_a_second_signal_ends_at_once() -> None:
    code = (
        "import time; from sentiment.runtime.signals import collect_signals\n"
        "with collect_signals() as received:\n"
        "    print('ready', flush=True)\n"
        "    while True:\n"
        "        time.sleep(0.01)\n"
        "        if received: print('noted', flush=True)\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    running.send_signal(signal.SIGTERM)
    assert running.stdout.readline() == "noted\n"  # it goes on, to save
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=TIMEOUT) == 130
