"""Whole programs: their wall time and their processor time."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from typing import NamedTuple

__all__ = ["Usage", "environment", "run_program"]


class Usage(NamedTuple):
    """What one program took.

    Attributes:
        wall: Seconds from start to end.
        processor: Seconds of processor time, in the program and in the system for it.
        output: What it printed.
    """

    wall: float
    processor: float
    output: str = ""


@cache
def _compiled() -> str:
    """Return where the programs keep compiled modules: nothing is written into the checkout."""
    place = tempfile.mkdtemp(prefix="contexta-bench-compiled-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


@cache
def environment() -> dict[str, str]:
    """Return an environment in which modules are compiled once, as they are where the product is installed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONTEXTA_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"PYTHONPYCACHEPREFIX": _compiled()}


def run_program(program: str, *arguments: object) -> Usage:
    """Run a Python program to its end; run it once untimed first, so that its modules are compiled.

    Args:
        program: The text of the program.
        arguments: Its arguments.

    Raises:
        RuntimeError: It failed.
    """
    command = [sys.executable, "-P", "-c", program, *map(str, arguments)]
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read().decode()
        if process.returncode:
            raise RuntimeError(f"the program ended with {process.returncode}:\n{printed}")
    return Usage(wall, used.ru_utime + used.ru_stime, printed)
