"""Other processes, for contracts: forked, so that they have what the test has."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import traceback
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Child", "child", "wait_to_be_killed"]

_PATIENCE_SECONDS = 60.0


class Child:
    """A process that tells lines.

    Args:
        pid: Its id.
        descriptor: Where its lines can be read.
    """

    def __init__(self, pid: int, descriptor: int) -> None:
        self._pid = pid
        self._descriptor = descriptor
        self._buffer = b""
        self._is_over = False

    def line(self) -> str | None:
        """Return the next line that it told, or None behind the last.

        It fails the test that waits for a minute.
        """
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._descriptor], [], [], _PATIENCE_SECONDS)
            if not ready:
                pytest.fail("another process of this test hangs")
            data = os.read(self._descriptor, 65_536)
            if not data:
                return None
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()

    def lines(self) -> list[str]:
        """Return everything that it still tells, until its end."""
        found = []
        while (line := self.line()) is not None:
            found.append(line)
        return found

    def kill(self) -> None:
        """Kill it as ``kill -9`` does, and wait for its end."""
        if not self._is_over:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            self.wait()

    def wait(self) -> int:
        """Wait for its end, and return its exit status."""
        self._is_over = True
        _, status = os.waitpid(self._pid, 0)
        return os.waitstatus_to_exitcode(status)


@contextmanager
def child(work: Callable[[Callable[[object], None]], None]) -> Iterator[Child]:
    """Do something in a forked process, which does not outlive the ``with`` block.

    Args:
        work: What to do; it is given a function that tells the parent a line.
    """
    if not hasattr(os, "fork"):
        pytest.skip("processes are forked, and this system cannot")
    read_end, write_end = os.pipe()
    with warnings.catch_warnings():
        # Surviving a fork, also beside threads, is what is tested.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _run(work, write_end)
    os.close(write_end)
    process = Child(pid, read_end)
    try:
        yield process
    finally:
        process.kill()
        os.close(read_end)


def _run(work: Callable[[Callable[[object], None]], None], descriptor: int) -> None:
    """Do the work of a child, and end it without what the parent has to tidy up."""

    def tell(line: object) -> None:
        os.write(descriptor, f"{line}\n".encode())

    code = 1
    try:
        work(tell)
        code = 0
    except BaseException:  # noqa: BLE001 - the child must end here, whatever happened
        traceback.print_exc(file=sys.stderr)
    finally:
        sys.stderr.flush()
        os._exit(code)


def wait_to_be_killed() -> None:
    """Do nothing until somebody ends the process; it does not wait for ever."""
    time.sleep(_PATIENCE_SECONDS)
