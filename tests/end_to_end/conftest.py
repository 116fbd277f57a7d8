"""Programs in processes of their own, on one workspace."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from contextlib import suppress

import pytest

from contexta import Contexta

HEADER = """
import os, sys, time
from contexta import Contexta
ctx = Contexta(workspace=sys.argv[1], config={"records": {"durability_mode": "flush"}})
"""


@pytest.fixture
def workspace(tmp_path):
    """Name the workspace."""
    return tmp_path / "ws"


@pytest.fixture
def ctx(workspace):
    """Open the workspace."""
    with Contexta(workspace=str(workspace), config={"records": {"durability_mode": "flush"}}) as ctx:
        yield ctx


@pytest.fixture
def start(workspace):
    """Start programs that have the workspace open as `ctx`; they do not outlive the test."""
    started = []

    def run(source, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", HEADER + textwrap.dedent(source), str(workspace), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()
