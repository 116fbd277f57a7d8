"""What the tests of the segment log share."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from contexta.log import LogReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A log directory that does not exist yet."""
    return tmp_path / "log"


@pytest.fixture
def records() -> Callable[[Path], list[bytes]]:
    """Return the members of every readable record of a log, in the order of segments and lines."""

    def read(directory: Path) -> list[bytes]:
        reader = LogReader(directory)
        lines = [line for segment in reader.segments() for _, _, line in reader.read(segment).lines]
        return [line[line.index(b",") + 1 : -16] for line in lines]

    return read


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python processes that do not outlive the test."""
    started: list[subprocess.Popen[str]] = []

    def run(script: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()
