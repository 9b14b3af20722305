"""Child processes for isolated work, with progress reports, timeouts and a memory limit."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from typing import Any

import psutil

from sentiment.errors import ChildWorkError, SentimentError

logger = logging.getLogger(__name__)

Report = Callable[[Any], None]

_JOIN_TIMEOUT = 5.0  # seconds to wait after SIGTERM
_NO_MEMORY = "can't allocate memory"  # part of torch's error message
_OUT_OF_MEMORY = -signal.SIGKILL  # exit code after the kernel's out-of-memory killer


class ChildProcess:
    """A child process that runs a function, started at once.

    Args:
        work: a function of a module, called as `work(report, *arguments)`; what it reports and
            returns must be picklable.
        timeout: seconds after which it is terminated.
        idle_timeout: seconds without a report after which it is terminated.
        memory_limit: bytes that it may allocate after its start, where the system supports it.
    """

    def __init__(
        self,
        work: Callable[..., Any],
        *arguments: Any,
        timeout: float,
        idle_timeout: float | None = None,
        memory_limit: int | None = None,
    ) -> None:
        context = get_context("spawn")
        self._reader, writer = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_run,
            args=(writer, memory_limit, work, arguments),
            name=work.__name__,
            daemon=True,
        )
        self._timeout, self._idle_timeout = timeout, idle_timeout or timeout
        self._started = self._last_report = time.monotonic()
        self._process.start()
        writer.close()
        self.result: Any = None

    def reports(
        self, is_stopped: Callable[[], bool], *, poll_interval: float = 0.2, heartbeat: bool = False
    ) -> Iterator[Any]:
        """Yield the reports of the work until it is done and `result` is set.

        The process is terminated if `is_stopped` returns True, or the iterator is closed.

        Args:
            poll_interval: seconds between two calls of `is_stopped`.
            heartbeat: yield None after each poll without a report, so that a consumer can close
                the iterator in between.

        Raises:
            ChildWorkError: the work failed, took too long, or its process crashed.
        """
        try:
            while not is_stopped():
                self._check_time()
                if not self._reader.poll(poll_interval):
                    if heartbeat:
                        yield None
                    continue
                kind, value = self._receive()
                self._last_report = time.monotonic()
                if kind == "error":
                    raise ChildWorkError(value)
                if kind == "result":
                    self.result = value
                    self._process.join(_JOIN_TIMEOUT)
                    return
                yield value
        finally:
            self.end()

    def _check_time(self) -> None:
        now = time.monotonic()
        if now - self._started > self._timeout:
            raise ChildWorkError(
                f"It took longer than {self._timeout / 60:.0f} minutes and was terminated."
            )
        if now - self._last_report > self._idle_timeout:
            raise ChildWorkError(
                f"It reported no progress for {self._idle_timeout:.0f} seconds and was terminated."
            )

    def _receive(self) -> tuple[str, Any]:
        try:
            received: tuple[str, Any] = self._reader.recv()
            return received
        except EOFError:
            self._process.join(_JOIN_TIMEOUT)
            reason = (
                "killed, probably because memory ran out"
                if self._process.exitcode == _OUT_OF_MEMORY
                else f"exit code {self._process.exitcode}"
            )
            raise ChildWorkError(f"Its process crashed before it finished ({reason}).") from None

    def end(self) -> None:
        """Terminate the process; kill it if that fails."""
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(_JOIN_TIMEOUT)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._reader.close()


def _run(
    connection: Connection,
    memory: int | None,
    work: Callable[..., Any],
    arguments: tuple[Any, ...],
) -> None:
    """Run the work in the new process, and send its reports, result or error."""
    init_child()
    try:
        if memory is not None:
            _limit_memory(memory)
        result = work(lambda value: connection.send(("report", value)), *arguments)
        connection.send(("result", result))
    except SentimentError as error:
        connection.send(("error", str(error)))
    except (MemoryError, RuntimeError) as error:
        if memory is None or not (isinstance(error, MemoryError) or _NO_MEMORY in str(error)):
            _send_failure(connection, work, error)
        else:
            message = f"It needs more memory than its limit of {memory / 2**30:.1f} GB."
            connection.send(("error", message))
    except Exception as error:
        _send_failure(connection, work, error)
    finally:
        connection.close()


def _send_failure(connection: Connection, work: Callable[..., Any], error: Exception) -> None:
    """Log an unexpected error and send it to the parent process."""
    logger.exception("%s failed", work.__name__)
    connection.send(("error", f"It failed: {type(error).__name__}."))


def _limit_memory(memory: int) -> None:
    try:
        import resource  # not on Windows
    except ImportError:
        return
    used = getattr(psutil.Process().memory_info(), "data", None)  # Linux only
    if used is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (used + memory, hard))


def init_child() -> None:
    """Initialize a child process: no output, no Hub token, and exit with the parent."""
    os.environ["TQDM_DISABLE"] = "1"
    from sentiment.hub import use_no_token
    from sentiment.runtime.logs import silence_libraries

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # handled by the parent
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    silence_libraries()
    use_no_token()


@contextmanager
def sigterm_blocked() -> Iterator[None]:
    """Block SIGTERM in this thread: a process that it starts begins with the signal pending."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore_sigterm() -> None:
    """Ignore SIGTERM in this process, also one that was sent while it started."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def lower_priority() -> None:
    """Lower the priority of this process: it computes while no other needs the processor."""
    low = psutil.BELOW_NORMAL_PRIORITY_CLASS if psutil.WINDOWS else 19
    psutil.Process().nice(low)


def _exit_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
