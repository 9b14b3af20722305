"""Work in a process of its own: what it reports, how it fails, and that it can be ended."""

from __future__ import annotations

import os
import signal
import sys
import time

import psutil
import pytest
import torch

from sentiment.errors import ChildWorkError, InputError
from sentiment.runtime.child_process import ChildProcess, Report


def count(report: Report, most: int) -> int:
    """Report every number below `most`."""
    for number in range(most):
        report(number)
    return most


def refuse(_report: Report) -> None:
    """Fail with a sentence."""
    raise InputError("Type some text first.")


def stumble(_report: Report) -> None:
    """Fail with anything else."""
    raise ZeroDivisionError("a secret")


def die(_report: Report) -> None:
    """What the kernel does where memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def dawdle(report: Report) -> None:
    """Say who this is, and stay."""
    report(os.getpid())
    time.sleep(60)


def hoard(_report: Report) -> None:
    """Take 2 GB as torch does."""
    torch.ones(500_000_000)


def _never() -> bool:
    return False


def test_reports_come_in_order_and_the_result_after_them() -> None:
    work = ChildProcess(count, 5, timeout=60)
    assert list(work.reports(_never)) == [0, 1, 2, 3, 4]
    assert work.result == 5


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (refuse, r"^Type some text first\.$"),
        (stumble, r"^It failed: ZeroDivisionError\.$"),
        (die, "killed, probably because memory ran out"),
    ],
)
def test_a_failure_is_a_sentence(work: object, said: str) -> None:
    with pytest.raises(ChildWorkError, match=said):
        list(ChildProcess(work, timeout=60).reports(_never))  # type: ignore[arg-type]


def test_work_that_is_stopped_ends_with_its_process() -> None:
    asked: list[int] = []
    work = ChildProcess(dawdle, timeout=60)
    asked += work.reports(lambda: bool(asked), poll_interval=0.05)
    assert work.result is None
    assert not psutil.pid_exists(asked[0])


def test_a_visitor_who_leaves_ends_the_process() -> None:
    reports = ChildProcess(dawdle, timeout=60).reports(_never)
    process = next(reports)
    reports.close()  # type: ignore[attr-defined]
    assert not psutil.pid_exists(process)


def test_a_look_without_news_is_told_so_that_a_listener_who_left_is_noticed() -> None:
    reports = ChildProcess(dawdle, timeout=60).reports(_never, poll_interval=0.05, heartbeat=True)
    process = next(own for own in reports if own is not None)
    assert next(reports) is None
    reports.close()  # type: ignore[attr-defined]
    assert not psutil.pid_exists(process)


def test_work_that_nothing_is_heard_of_is_ended() -> None:
    work = ChildProcess(dawdle, timeout=60, idle_timeout=2)
    with pytest.raises(ChildWorkError, match="reported no progress for 2 seconds"):
        list(work.reports(_never, poll_interval=0.05))


def test_work_that_takes_too_long_is_ended() -> None:
    work = ChildProcess(dawdle, timeout=0.5)
    with pytest.raises(ChildWorkError, match="took longer than"):
        list(work.reports(_never, poll_interval=0.05))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a process takes")
def test_work_that_takes_too_much_memory_is_one_sentence() -> None:
    with pytest.raises(ChildWorkError, match=r"needs more memory than its limit of 1\.0 GB"):
        list(ChildProcess(hoard, timeout=60, memory_limit=2**30).reports(_never))
    list(ChildProcess(hoard, timeout=60, memory_limit=4 * 2**30).reports(_never))
