"""What the fault campaigns share: processes that can be killed, what they acknowledged, and what a reader finds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contexta.spi.records import ScanFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from contexta import Contexta

# Damage that a killed process may leave: what it had not acknowledged yet.
UNFINISHED = frozenset({"torn_tail", "incomplete_call", "artifact_leftover", "artifact_body_unbound"})

# What every child process begins with: it says what was acknowledged, one line for each, straight to the pipe.
PREAMBLE = """
import json, os, sys, time
from contexta import Contexta
workspace = sys.argv[1]
def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
def opened(durability="fsync", **settings):
    config = {"records": {"durability_mode": durability, **settings}}
    return Contexta(workspace=workspace, config=config)
"""


@pytest.fixture(scope="session")
def power() -> ModuleType:
    """Return the module `power`: what disks are possible when the power goes."""
    spec = spec_from_file_location("faults_power", Path(__file__).with_name("power.py"))
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Give the path of a workspace that does not exist yet."""
    return tmp_path / "workspace"


@pytest.fixture
def start(workspace: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python programs on the workspace; none of them outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def run(program: str, *arguments: object, where: Path | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", PREAMBLE + program, str(where or workspace), *map(str, arguments)],
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
        if process.stdin.closed:
            # communicate() would flush it.
            process.stdin = None
        process.communicate()


@pytest.fixture
def finished(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., list[str]]:
    """Run a program on the workspace to its end and return the lines that it printed."""

    def run(program: str, *arguments: object, where: Path | None = None) -> list[str]:
        process = start(program, *arguments, where=where)
        printed, _ = process.communicate()
        assert process.returncode == 0
        return printed.splitlines()

    return run


@pytest.fixture
def damage() -> Callable[[Contexta], Counter[tuple[str, str]]]:
    """Count what the integrity checks of the three stores find, by severity and code."""

    def look(ctx: Contexta) -> Counter[tuple[str, str]]:
        reports = [
            store.check_integrity() for store in (ctx.metadata_store, ctx.record_store, ctx.artifact_store)
        ]
        return Counter((issue.severity, issue.code) for report in reports for issue in report.issues)

    return look


@pytest.fixture
def unfinished() -> frozenset[tuple[str, str]]:
    """The only findings that a killed process may leave: warnings about what it had not acknowledged yet."""
    return frozenset(("warning", code) for code in UNFINISHED)


@pytest.fixture
def steps() -> Callable[..., list[int]]:
    """Return the steps of one metric of one run, in the order in which they were appended."""

    def read(ctx: Contexta, run: str, key: str) -> list[int]:
        stored = ctx.record_store.scan(ScanFilter(run_ref=run))
        return [each.flat["step"] for each in stored if each.flat.get("key") == key]

    return read


@pytest.fixture
def kill_after() -> Callable[[subprocess.Popen[str], float], list[str]]:
    """Kill a program some seconds after its first line and return the lines that were written whole."""

    def kill(process: subprocess.Popen[str], seconds: float) -> list[str]:
        first = process.stdout.readline()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        assert process.poll() is None, "the program ended by itself"
        process.send_signal(signal.SIGKILL)
        process.wait()
        printed = first + process.stdout.read()
        return [line[:-1] for line in printed.splitlines(keepends=True) if line.endswith("\n")]

    return kill


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 3 MiB, where the system allows it."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", str(place)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting a small file system needs root on Linux")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
