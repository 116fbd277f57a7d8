"""On a terminal: tables that fit it, colours that can be switched off, progress that leaves no trace."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest

from contexta import Contexta

pytest.importorskip("pty", reason="a terminal needs POSIX")

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOR = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38;)[0-9;]*m")


@pytest.fixture
def terminal(pseudo_terminal):
    """Run the command on a terminal of some width and return what it wrote there."""

    def run(*arguments, cwd, columns, **more):
        code, written = pseudo_terminal.run(*arguments, cwd=cwd, size=(40, columns), **more)
        assert 0 == code, written
        return written

    return run


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


WRITER = """
import sys
from contexta import Contexta
with Contexta(config={"records": {"durability_mode": "flush"}}) as ctx, ctx.run("训练", run_id="watched") as run:
    with run.stage("train") as stage:
        stage.metric("loss", 0.5)
        print("open", flush=True)
        sys.stdin.readline()
        stage.metric("loss", 0.25)
        print("again", flush=True)
        sys.stdin.readline()
"""


@pytest.fixture
def watched(program, tmp_path):
    """Start a process with an open run, and give a function that lets it record once more."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER],
        cwd=tmp_path,
        env=program.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert "open\n" == process.stdout.readline()

        def record():
            process.stdin.write("\n")
            process.stdin.flush()
            assert "again\n" == process.stdout.readline()

        yield record
        process.kill()


def test_open_runs_are_watched_until_ctrl_c(watched, pseudo_terminal, tmp_path):
    """`top` keeps its table up to date on a screen of its own, and Ctrl-C gives the old one back, with exit code 0."""
    told = []

    def act(process, written):
        if "loss 0.5" in written and not told:
            told.append(watched())
        if "loss 0.25" in written:
            process.send_signal(signal.SIGINT)
            return True
        return False

    code, written = pseudo_terminal.run("top", "--interval", "0.1", cwd=tmp_path, act=act)
    assert 0 == code, written
    assert written.startswith("\x1b[?1049h")
    assert "\x1b[?1049l" in written
    assert "\x1b[?25h" in written[written.index("\x1b[?1049l") :] + written[-40:]
    assert "interrupted" not in written
    _, once = pseudo_terminal.run("top", "--once", cwd=tmp_path)
    assert ["RUN", "STAGE", "DURATION", "RECORDS", "METRICS"] == lines_of(once)[0].split()


def test_an_interrupt_leaves_the_terminal_usable(pseudo_terminal, watched, tmp_path):
    """Ctrl-C ends what follows a run with one line and exit code 1; no colour and no hidden cursor stays behind."""

    def act(process, written):
        if "loss" not in written:
            return False
        process.send_signal(signal.SIGINT)
        return True

    code, written = pseudo_terminal.run("tail", "watched", cwd=tmp_path, act=act)
    assert 1 == code
    assert "contexta: interrupted\n" == ESCAPE.sub("", written).splitlines(keepends=True)[-1]
    assert "Traceback" not in written


@pytest.mark.parametrize("command", ["tail watched", "top --once", "runs", "run show watched"])
def test_names_in_any_script_stand_in_line(command, pseudo_terminal, watched, tmp_path):
    """Wide characters are shown as they are, in UTF-8 and, where the terminal cannot show them, escaped."""
    arguments = [*command.split(), "--no-follow"] if command.startswith("tail") else command.split()
    for language, shown in (("C.UTF-8", "训练"), ("C", "\\u8bad")):
        code, written = pseudo_terminal.run(
            *arguments, cwd=tmp_path, size=(40, 30), LC_ALL=language, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"
        )
        assert 0 == code, written
        if command in {"runs", "run show watched"} and language == "C.UTF-8":
            assert shown in written
        assert "Traceback" not in written
