"""A workspace to open scopes in, and programs that run in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from contextlib import ExitStack, suppress

import pytest

from contexta import Contexta

HEADER = """
import os, sys, threading, time
from contexta import Contexta
CONFIG = {"records": {"durability_mode": "flush"}}
def opened(**config):
    return Contexta(workspace=sys.argv[1], config={**CONFIG, **config})
"""


@pytest.fixture
def workspace(tmp_path):
    """Name the workspace."""
    return tmp_path / "ws"


@pytest.fixture
def opened(workspace):
    """Open the workspace, as often as asked; nothing that was opened outlives the test."""
    with ExitStack() as stack:

        def open_workspace(**config):
            config.setdefault("records", {"durability_mode": "flush"})
            return stack.enter_context(Contexta(workspace=str(workspace), config=config))

        yield open_workspace


@pytest.fixture
def ctx(opened):
    """Open the workspace once."""
    return opened()


@pytest.fixture
def start(workspace):
    """Start programs that know the workspace; they do not outlive the test."""
    started = []

    def run(source, *arguments, **options):
        program = HEADER + textwrap.dedent(source)
        options.setdefault("env", {**os.environ, "PYTHONUNBUFFERED": "1"})
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(workspace), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


@pytest.fixture
def finish(start):
    """Run a program to its end and return what it printed."""

    def run(source, *arguments, **options):
        process = start(source, *arguments, **options)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        return out.split()

    return run


@pytest.fixture
def statuses(ctx):
    """Return the status of every run by the last component of its reference, read anew."""

    def read():
        return {each.run_id.rpartition(".")[2]: each.status for each in ctx.list_runs()}

    return read
