"""The command line in this process and in its own, and workspaces to ask."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from contexta import Contexta
from contexta_cli.main import main

# Settings that a developer's shell may hold; a command must not see them.
FOREIGN_VARIABLES = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CONTEXTA_DEBUG")


#: What Python is told to run for a demo of three models: as real as that of twelve, in a third of the time.
SHORT_DEMO = (
    "-c",
    """
import sys
import contexta_cli.demo.plans as plans
every = plans.all_plans()
plans.all_plans = lambda: every[::4]
from contexta_cli.main import main
sys.exit(main())
""",
)


@dataclass(frozen=True)
class Outcome:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        return json.loads(self.err)["error"]


@dataclass(frozen=True)
class DemoRun:
    """One call of ``contexta demo``."""

    directory: Path
    outcome: Outcome
    seconds: float

    @property
    def workspace(self):
        return self.directory / ".contexta"


class Program:
    """Calls the command in a process of its own, where a developer's shell has no say."""

    def environment(self, **variables):
        """Return the variables of the process; its warnings are errors."""
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
        return kept | {"PYTHONWARNINGS": "error"} | variables

    def run(self, *arguments, cwd, before=(), python=("-m", "contexta"), stdout=subprocess.PIPE, **variables):
        """Call it and return what it answered.

        Args:
            *arguments: What is typed.
            cwd: Where.
            before: A program that starts it, with its arguments.
            python: What Python is told to run.
            stdout: Where the output goes.
            **variables: Further variables of the environment.
        """
        done = subprocess.run(
            [*before, sys.executable, *python, *arguments],
            cwd=cwd,
            env=self.environment(**variables),
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )
        return Outcome(done.returncode, done.stdout or "", done.stderr)


@pytest.fixture(scope="session")
def short_demo():
    """What Python is told to run for a demo of three models."""
    return SHORT_DEMO


@pytest.fixture(scope="session")
def program():
    """Give what calls the command in a process of its own."""
    return Program()


class PseudoTerminal:
    """A terminal of some size, on which one command runs.

    Args:
        program: Calls the command.
    """

    def __init__(self, program):
        self._program = program

    def run(
        self, *arguments, cwd, size=(40, 100), python=("-m", "contexta"), sitting=False, act=None, **variables
    ):
        """Run a command on the terminal, and return its exit code and what it wrote there.

        Args:
            *arguments: What is typed.
            cwd: Where.
            size: Lines and columns.
            python: What Python is told to run.
            sitting: Whether somebody can type there; otherwise the standard input is empty.
            act: Called with the process and what it has written so far, until it returns true.
            **variables: Further variables of the environment.
        """
        import fcntl
        import pty
        import termios

        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        chunks = []
        reader = threading.Thread(target=_read_all, args=(ours, chunks))
        with subprocess.Popen(
            [sys.executable, *python, *map(str, arguments)],
            cwd=cwd,
            env=self._program.environment(**{"TERM": "xterm-256color", **variables}),
            stdin=theirs if sitting else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            reader.start()
            deadline = time.monotonic() + 60
            while act is not None and not act(process, b"".join(chunks).decode(errors="replace")):
                assert time.monotonic() < deadline, b"".join(chunks)
                time.sleep(0.05)
            code = process.wait(timeout=60)
        reader.join()
        os.close(ours)
        return code, b"".join(chunks).decode("utf-8").replace("\r\n", "\n")


def _read_all(descriptor, chunks):
    """Read a terminal until its other side is closed."""
    while True:
        try:
            chunk = os.read(descriptor, 65_536)
        except OSError:
            return
        if not chunk:
            return
        chunks.append(chunk)


@pytest.fixture(scope="session")
def pseudo_terminal(program):
    """Give what runs the command on a terminal."""
    return PseudoTerminal(program)


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Run the command in this process, in the test's directory."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return Outcome(code, written.out, written.err)

    return run


@pytest.fixture(scope="session")
def demo(tmp_path_factory, program):
    """Run ``contexta demo`` once, as a newcomer does."""
    directory = tmp_path_factory.mktemp("newcomer")
    started = time.perf_counter()
    outcome = program.run("demo", cwd=directory)
    return DemoRun(directory, outcome, time.perf_counter() - started)


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """Give a workspace with three completed runs, a failed one and an open one, in two projects."""
    workspace = tmp_path_factory.mktemp("small") / ".contexta"
    settings = {
        "records": {"durability_mode": "flush"},
        "capture": {"capture_code_revision": False, "capture_installed_packages": False},
    }
    with Contexta(workspace=str(workspace), config={"project_name": "alpha", **settings}) as ctx:
        _record_trainings(ctx)
    with (
        Contexta(workspace=str(workspace), config={"project_name": "beta", **settings}) as ctx,
        ctx.run("shared"),
    ):
        ctx.metric("loss", 3.0)
    return workspace


def _record_trainings(ctx):
    note = workspace_file(ctx, "note.txt", "x" * 2048)
    for name, rate in (("first", 0.1), ("second", 0.2)):
        with ctx.run(name, tags={"model": "mlp", "name": name}) as run:
            run.params({"rate": rate, "optimizer": {"name": "adam"}})
            with run.stage("train") as stage:
                for step in range(4):
                    stage.metric("loss", 1.0 / (step + 1) + rate, step=step)
            run.metric("accuracy", 0.5 + rate, aggregation_scope="run")
            run.register_artifact("note", note, artifact_ref=f"artifact:alpha.{name}.note")
    with ctx.run("shared", tags={"model": "forest"}):
        ctx.event("said", message="hello")
    with pytest.raises(ZeroDivisionError), ctx.run("broken"):
        _divide()


def workspace_file(ctx, name, text):
    """Write a file beside the workspace and return its path."""
    path = Path(ctx.workspace).parent / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def _divide():
    return 1 / 0
