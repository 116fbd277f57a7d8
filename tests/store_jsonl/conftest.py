"""What the tests of the record store share."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import open_backend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from contexta_store_jsonl.backend import JsonlRecordBackend


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[..., JsonlRecordBackend]]:
    """Open stores on one plane; each is another writer, and all are closed at the end."""
    opened = []

    def opener(**changes) -> JsonlRecordBackend:
        settings = {"root": tmp_path / "records", "durability": "flush", **changes}
        opened.append(open_backend(OpenContext(**settings)))
        return opened[-1]

    yield opener
    for store in opened:
        store.close()


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python processes that do not outlive the test."""
    started: list[subprocess.Popen[str]] = []

    def run(script: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()
