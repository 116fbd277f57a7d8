"""On a terminal: tables that fit it, colours that can be switched off, progress that leaves no trace."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import threading

import pytest

from contexta import Contexta

pty = pytest.importorskip("pty", reason="a terminal needs POSIX")
import fcntl  # noqa: E402 - only where there are terminals
import termios  # noqa: E402

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOR = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38;)[0-9;]*m")


@pytest.fixture
def terminal(program):
    """Run the command on a terminal of some width and return what it wrote there."""

    def run(*arguments, cwd, columns, python=("-m", "contexta"), **variables):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        process = subprocess.Popen(
            [sys.executable, *python, *arguments],
            cwd=cwd,
            env=program.environment(TERM="xterm-256color", **variables),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        chunks = []
        reader = threading.Thread(target=read_all, args=(ours, chunks))
        reader.start()
        with process:
            code = process.wait(timeout=100)
        reader.join()
        os.close(ours)
        written = b"".join(chunks).decode("utf-8").replace("\r\n", "\n")
        assert 0 == code, written
        return written

    return run


def read_all(descriptor, chunks):
    """Read a terminal until its other side is closed."""
    while True:
        try:
            chunk = os.read(descriptor, 65_536)
        except OSError:
            return
        if not chunk:
            return
        chunks.append(chunk)


def lines_of(written):
    """Return the visible lines."""
    return ESCAPE.sub("", written).splitlines()


def width_of(line):
    """Return the cells that a line takes; the wide characters of these tests are Chinese."""
    return len(line) + sum("\u4e00" <= character <= "\u9fff" for character in line)


@pytest.fixture(scope="session")
def wide_names(tmp_path_factory):
    """Give a workspace whose runs have long and wide names."""
    directory = tmp_path_factory.mktemp("wide")
    config = {"records": {"durability_mode": "flush"}, "project_name": "names"}
    with Contexta(workspace=str(directory / ".contexta"), config=config) as ctx:
        for number, name in enumerate(
            ("训练模型" * 6, "a-run-with-quite-a-long-name-that-goes-on-and-on", "short")
        ):
            with ctx.run(name, run_id=f"run-{number}") as run:
                run.metric("val_accuracy", 0.75 + number)
                run.metric("loss", 0.5)
    return directory


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 200])
def test_the_table_fits(columns, terminal, wide_names):
    """No line is wider than the terminal, and run and status are always there."""
    lines = lines_of(terminal("runs", cwd=wide_names, columns=columns))
    assert 4 == len(lines)
    assert max(map(width_of, lines)) <= columns
    assert ["RUN", "STATUS"] == [word for word in lines[0].split() if word in {"RUN", "STATUS"}]


def test_a_narrow_terminal_loses_columns_and_not_meaning(terminal, wide_names):
    """Metrics go first, then the duration and the time; which run it is stays, and its name as long as it can."""
    for columns, titles in ((75, 6), (60, 5), (50, 4), (40, 3)):
        narrow = lines_of(terminal("runs", cwd=wide_names, columns=columns))
        shown = ["RUN", "NAME", "STATUS", "STARTED", "DURATION", "VAL_ACCURACY"][:titles]
        assert shown == narrow[0].split()
        assert ["run-2", "run-1", "run-0"] == [line.split()[0] for line in narrow[1:]]
    wide = lines_of(terminal("runs", cwd=wide_names, columns=160))
    assert ["RUN", "NAME", "STATUS", "STARTED", "DURATION", "VAL_ACCURACY", "LOSS"] == wide[0].split()
    assert "训练模型" * 6 in wide[3]
    medium = lines_of(terminal("runs", cwd=wide_names, columns=90))
    assert "…" in "".join(medium)


def test_colours_can_be_switched_off(terminal, wide_names):
    """There are colours on a terminal, and none with --no-color, NO_COLOR or the configuration."""
    assert COLOR.search(terminal("runs", cwd=wide_names, columns=100))
    for arguments, variables in (
        (["--no-color"], {}),
        ([], {"NO_COLOR": "1"}),
        (["--set", "surfaces.cli.color=false"], {}),
    ):
        assert not COLOR.search(terminal("runs", *arguments, cwd=wide_names, columns=100, **variables))


def test_json_on_a_terminal_is_plain(terminal, wide_names):
    """JSON is the same on a terminal as in a pipe."""
    assert "\x1b" not in terminal("runs", "--format", "json", cwd=wide_names, columns=80)


@pytest.mark.parametrize("command", ["run show {}", "compare {} mlp-32-seed-0"])
@pytest.mark.parametrize("columns", [60, 120])
def test_pages_fit(command, columns, terminal, demo):
    """The tables of the pages about runs fit the terminal too."""
    arguments = command.format("mlp-64-seed-0").split()
    lines = lines_of(terminal(*arguments, cwd=demo.directory, columns=columns))
    indented = [line for line in lines if line.startswith("  ") and "contexta" not in line]
    tables = [
        line for line in indented if not line.startswith(("  Nothing", "  Platform", "  CPU", "  Code"))
    ]
    assert tables
    assert max(map(width_of, tables)) <= columns


def test_progress_is_shown_while_the_demo_works(terminal, short_demo, tmp_path):
    """On a terminal the demo shows a moving bar, takes it away, and leaves a line for each run."""
    written = terminal("demo", cwd=tmp_path, columns=100, python=short_demo)
    assert "━" in written
    lines = lines_of(written)
    assert 3 == sum(bool(re.search(r"\[ ?\d+/3\] \S+ +val_accuracy 0\.\d{4}", line)) for line in lines)
    assert any(line.startswith("Best: ") for line in lines)
    assert "━" not in "".join(lines[-6:])
