"""What the tests of the metadata store `duckdb` share."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from contexta.spi.context import OpenContext
from contexta_store_duckdb.backend import open_backend
from contexta_store_duckdb.options import DuckDBOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from contexta_store_duckdb.backend import DuckDBBackend

# What every child process of these tests begins with: `backend` on the root given as the first argument.
PREAMBLE = """
import sys
from pathlib import Path
from contexta.spi.context import OpenContext
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta_store_duckdb.backend import open_backend
backend = open_backend(OpenContext(Path(sys.argv[1]), durability="flush"))
RUN = EntityKind.RUN
def opened(attempt=1, ordinal=0, status="open", started="2024-01-01T00:00:00Z", **more):
    entry = {"attempt": attempt, "status": status, "started_at": started, **more}
    return {"participants": {f"{backend.writer}.{ordinal}": entry}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give the root of a metadata plane that does not exist yet."""
    return tmp_path / "metadata"


@pytest.fixture
def open_store(root: Path) -> Iterator[Callable[..., DuckDBBackend]]:
    """Open backends on the root, and close them after the test."""
    opened = []

    def start(*, read_only: bool = False, durability: str = "flush", segment: int = 1 << 20, **options):
        context = OpenContext(root, read_only=read_only, durability=durability, max_segment_bytes=segment)
        backend = open_backend(context, DuckDBOptions(**options))
        opened.append(backend)
        return backend

    yield start
    for backend in opened:
        backend.close()


@pytest.fixture
def start(root: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python processes that have a backend on the root and do not outlive the test."""
    started: list[subprocess.Popen[str]] = []

    def run(script: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + script, str(root), *map(str, arguments)],
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
