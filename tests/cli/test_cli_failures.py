"""Every way in which a command does not succeed: exit code, code and message, in one table."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

# -- how a command is called ------------------------------------------------------------------------------------------


def as_process(program, arguments, place):
    """Call it as a user does."""
    return program.run(*arguments, cwd=place)


def without_reader(program, arguments, place):
    """Call it with an output that nobody reads any more, as ``| head`` leaves it."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return program.run(*arguments, cwd=place, stdout=writing)
    finally:
        os.close(writing)


def into_full_device(program, arguments, place):
    """Call it with an output that is full."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        return program.run(*arguments, cwd=place, stdout=full)


def interrupted(program, arguments, place):
    """Call it, and press Ctrl-C when its first run has ended; no run may read as still open afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "contexta", *arguments],
        cwd=place,
        env=program.environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        for line in process.stdout:
            if line.startswith("["):
                break
        process.send_signal(signal.SIGINT)
        _, written = process.communicate(timeout=60)
    runs = program.run("runs", "--format", "json", cwd=place).json["runs"]
    statuses = {run["status"] for run in runs}
    assert "completed" in statuses
    assert "open" not in statuses
    return Outcome(process.returncode, "", written)


def without_privileges(program, arguments, place):
    """Call it so that permissions count, also where the tests run as root."""
    if os.geteuid() != 0:
        return as_process(program, arguments, place)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root may do everything here, and setpriv is not installed")
    dropping = [setpriv, "--bounding-set=-all", "--inh-caps=-all"]
    return program.run(*arguments, cwd=place, before=dropping, PYTHONDONTWRITEBYTECODE="1")


@contextlib.contextmanager
def small_disk(place, size):
    """Give a directory on a disk of that size."""
    disk = place / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting a small file system needs root on Linux")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def on_small_disk(program, arguments, place):
    """Call it in a directory that holds 400 kB; every run that it called done must be listed as completed."""
    with small_disk(place, "400k") as disk:
        outcome = program.run(*arguments, cwd=disk)
        runs = program.run("runs", "--format", "json", cwd=disk).json["runs"]
    done = {line.split("] ")[1].split()[0] for line in outcome.out.splitlines() if line.startswith("[")}
    assert done
    assert done <= {run["name"] for run in runs if run["status"] == "completed"}
    return outcome


def without_module(name):
    """Call it where a package cannot be imported."""

    def call(program, arguments, place):
        source = (
            f"import sys; sys.modules[{name!r}] = None\nfrom contexta_cli.main import main\nsys.exit(main())"
        )
        return program.run(*arguments, cwd=place, python=("-c", source))

    return call


# -- what lies around it ----------------------------------------------------------------------------------------------


def nothing(place):
    """Leave the directory empty."""


def file(name, text):
    """Put a file there."""
    return lambda place: (place / name).write_text(text, encoding="utf-8")


def directory(name, mode=0o700):
    """Put a directory there."""

    def arrange(place):
        (place / name).mkdir()
        (place / name).chmod(mode)

    return arrange


def forbidden_file(name):
    """Put a file there that may not be read."""

    def arrange(place):
        (place / name).write_text("project_name = 'demo'", encoding="utf-8")
        (place / name).chmod(0)

    return arrange


def forbidden_workspace(place):
    """Put a workspace there that may not be looked into."""
    (place / ".contexta" / "metadata").mkdir(parents=True)
    (place / ".contexta").chmod(0)


def read_only_workspace(place):
    """Put a workspace there that may not be written."""
    (place / ".contexta").mkdir(mode=0o500)


# -- the table --------------------------------------------------------------------------------------------------------


class Outcome(NamedTuple):
    """What an interrupted command answered."""

    code: int
    out: str
    err: str


class Case(NamedTuple):
    """One way to fail; ``{small}`` in the arguments is a workspace with runs."""

    name: str
    command: str
    exit_code: int
    code: str
    message: str
    arrange: Callable[[Path], object] = nothing
    call: Callable[..., object] | None = None


SMALL = "--workspace {small}"

CASES = [
    # There is no workspace, or it cannot be used.
    Case(
        "empty directory", "runs", 1, "workspace_missing", "there is no workspace: '.*contexta' is not there"
    ),
    Case("empty directory, show", "run show first", 1, "workspace_missing", "`contexta demo` makes one"),
    Case("empty directory, compare", "compare a b", 1, "workspace_missing", "--workspace PATH names another"),
    Case("workspace missing", "runs --workspace gone", 1, "workspace_missing", "'.*gone' is not there"),
    Case("directory without runs", "runs", 1, "workspace_missing", "holds no runs", directory(".contexta")),
    Case(
        "workspace is a file",
        "runs --workspace here",
        1,
        "workspace_not_a_directory",
        "'.*here' is a file",
        file("here", ""),
    ),
    Case(
        "workspace not readable",
        "runs",
        1,
        "workspace_not_readable",
        "cannot be looked into",
        forbidden_workspace,
        without_privileges,
    ),
    Case(
        "workspace read-only",
        "demo",
        1,
        "store_read_only",
        "may not be written",
        read_only_workspace,
        without_privileges,
    ),
    Case("disk full", "demo", 1, "storage_full", "no space is left", nothing, on_small_disk),
    # Something that was named is not there.
    Case("run missing", f"run show nosuch {SMALL}", 1, "query_run_not_found", "'nosuch' was not found"),
    Case("run missing, near", f"run show frist {SMALL}", 1, "query_run_not_found", "run:alpha.first"),
    Case("right run missing", f"compare first nosuch {SMALL}", 1, "query_run_not_found", "'nosuch'"),
    Case(
        "run ambiguous",
        f"run show shared {SMALL}",
        1,
        "query_run_ambiguous",
        "run:alpha.shared, run:beta.shared",
    ),
    Case("project missing", f"runs --project alhpa {SMALL}", 1, "project_not_found", "did you mean 'alpha'"),
    Case(
        "plugin missing", "plugins show nosuch", 1, "plugin_missing", "no plugin named 'nosuch' is installed"
    ),
    Case("plugin missing, near", "plugins show dukdb", 1, "plugin_missing", "did you mean 'duckdb'"),
    Case(
        "plugin of another kind",
        "plugins show duckdb --kind sink",
        1,
        "plugin_missing",
        "no sink named 'duckdb' is installed.*installed: memory, mlflow, otel, stdout",
    ),
    # The configuration is wrong.
    Case(
        "typo in a section",
        "runs",
        1,
        "unknown_config_field",
        "metdata.*did you mean 'metadata'",
        file("contexta.toml", "[metdata]\nread_only = true\n"),
    ),
    Case(
        "typo in a field",
        "runs --config other.toml",
        1,
        "unknown_config_field",
        r"records.durability.*did you mean 'records.durability_mode'.*file:other.toml",
        file("other.toml", "[records]\ndurability = 'flush'\n"),
    ),
    Case(
        "typo in a plugin's name",
        f"runs {SMALL} --set metadata.storage_adapter=dukdb",
        1,
        "plugin_missing",
        "no metadata store named 'dukdb' is installed.*did you mean 'duckdb'",
    ),
    Case(
        "service switched off",
        f"runs {SMALL} --set interpretation.services.query=off",
        1,
        "interpretation_service_off",
        "switched off",
    ),
    Case(
        "configuration broken",
        "runs",
        1,
        "invalid_config_file",
        "not well-formed",
        file("contexta.toml", "a = ["),
    ),
    Case(
        "configuration missing", "runs --config no.toml", 1, "config_file_not_found", "no configuration file"
    ),
    Case(
        "configuration a directory",
        "runs --config d.toml",
        1,
        "invalid_config_file",
        "not a file",
        directory("d.toml"),
    ),
    Case(
        "configuration not readable",
        "runs --config closed.toml",
        1,
        "invalid_config_file",
        "Permission denied",
        forbidden_file("closed.toml"),
        without_privileges,
    ),
    Case(
        "configuration of another kind",
        "runs --config c.ini",
        1,
        "unsupported_config_file",
        "suffix",
        file("c.ini", ""),
    ),
    Case("setting unknown", "runs --set capture.retry_attempt=2", 1, "unknown_config_field", "did you mean"),
    Case(
        "setting refused",
        "runs --set capture.retry_attempts=many",
        1,
        "invalid_config_value",
        "retry_attempts",
    ),
    # What was typed cannot be meant.
    Case("setting without a value", "runs --set capture", 2, "bad_setting", "KEY=VALUE.*'capture'"),
    Case("setting without a key", "runs --set =1", 2, "bad_setting", "KEY=VALUE"),
    Case("setting with broken JSON", "runs --set plugins.allow=[", 2, "bad_setting", "no JSON"),
    Case("setting both value and section", "runs --set a=1 --set a.b=2", 2, "bad_setting", "'a'"),
    Case("bad time", f"runs {SMALL} --after yesterday", 2, "bad_time", "--after takes a time.*'yesterday'"),
    Case("bad date", f"runs {SMALL} --before 2026-02-30", 2, "bad_time", "--before"),
    Case(
        "times the wrong way round",
        f"runs {SMALL} --after 2026-02-01 --before 2026-01-01",
        2,
        "query_invalid_time_range",
        "ends .* before it starts",
    ),
    Case("bad tag", f"runs {SMALL} --tag mlp", 2, "bad_tag", "--tag takes NAME=VALUE, not 'mlp'"),
    Case("bad sort", f"runs {SMALL} --sort size", 2, "query_invalid_run_list_query", "metrics.<key>"),
    Case("bad status", f"runs {SMALL} --status done", 2, "usage_error", "'done' is not one of"),
    Case("bad limit", f"runs {SMALL} --limit 0", 2, "usage_error", "--limit"),
    Case("bad offset", f"runs {SMALL} --offset x", 2, "usage_error", "--offset"),
    Case("bad profile", "runs --profile prod", 2, "usage_error", "'prod' is not one of"),
    Case("bad format", "runs --format yaml", 2, "usage_error", "'yaml' is not one of"),
    Case(
        "command unknown",
        "rusn",
        2,
        "usage_error",
        "there is no command 'rusn'; did you mean 'run' or 'runs'",
    ),
    Case("command unlike any", "xyz", 2, "usage_error", "there are demo, runs, .*, plugins"),
    Case("subcommand unknown", "plugins lits", 2, "usage_error", "did you mean 'list'"),
    Case("kind unknown", "plugins list --kind flavour", 2, "usage_error", "'flavour' is not one of"),
    Case("name of a plugin missing", "plugins show", 2, "usage_error", "(?i)missing argument.*NAME"),
    Case("doctor, by name", "plugins doctor duckdb", 2, "usage_error", "(?i)unexpected extra argument"),
    Case("doctor, setting without a value", "plugins doctor --set capture", 2, "bad_setting", "KEY=VALUE"),
    Case("option unknown", "runs --sataus open", 2, "usage_error", "(?i)no such option.*--sataus"),
    Case("argument missing", "compare one", 2, "usage_error", "(?i)missing argument.*RIGHT"),
    Case("argument too many", "runs now", 2, "usage_error", "(?i)unexpected extra argument"),
    # SQL that cannot be run; blanks are written as comments, for the words of a case are split at blanks.
    Case("SQL without workspace", "sql show/**/tables", 1, "workspace_missing", "there is no workspace"),
    Case(
        "SQL, table missing",
        f"sql select*from/**/runz {SMALL}",
        1,
        "sql_invalid",
        'runz does not exist.*Did you mean "runs"',
    ),
    Case(
        "SQL, not understood",
        f"sql selec/**/1 {SMALL}",
        1,
        "sql_invalid",
        'no SQL that DuckDB understands.*syntax error at or near "selec"',
    ),
    Case(
        "SQL, writing",
        f"sql drop/**/table/**/runs {SMALL}",
        1,
        "sql_not_a_select",
        "only one SELECT .* can be run; found DROP",
    ),
    Case(
        "SQL, reading a file",
        f"sql select*from/**/read_text('/etc/hostname') {SMALL}",
        1,
        "sql_not_a_select",
        "found the table function 'read_text'",
    ),
    Case(
        "SQL, too slow",
        f"sql select/**/sleep_ms(60000) --timeout 0.2 {SMALL}",
        1,
        "sql_timed_out",
        "interrupted after 0.2 seconds",
    ),
    Case("SQL, failing", f"sql select/**/'a'::int {SMALL}", 1, "sql_failed", "Could not convert string 'a'"),
    Case("SQL, no query", f"sql {SMALL}", 2, "usage_error", "Missing argument 'QUERY'"),
    Case(
        "SQL, no such timeout",
        f"sql select/**/1 --timeout 0 {SMALL}",
        2,
        "usage_error",
        "not in the range x>0",
    ),
    Case(
        "no such format",
        f"runs --format xml {SMALL}",
        2,
        "usage_error",
        "'xml' is not one of 'text', 'json', 'csv', 'ndjson'",
    ),
    Case("output into a directory", f"runs --output . {SMALL}", 2, "output_is_directory", "is a directory"),
    Case("output below a file", f"runs --output /dev/null/x {SMALL}", 1, "os_error", "/dev/null"),
    # Something around the command fails.
    Case(
        "scikit-learn missing",
        "demo",
        1,
        "dependency_missing",
        r'scikit-learn, which is not installed; pip install "\.\[demo\]"',
        nothing,
        without_module("sklearn"),
    ),
    Case(
        "PyYAML missing",
        "runs --config c.yaml",
        1,
        "dependency_missing",
        "pip install pyyaml",
        file("c.yaml", "project_name: demo"),
        without_module("yaml"),
    ),
    Case("output full", f"runs {SMALL}", 1, "os_error", "No space left", nothing, into_full_device),
    Case("broken pipe", f"runs {SMALL}", 0, "", "", nothing, without_reader),
    Case("interrupt", "demo", 1, "", r"\Acontexta: interrupted\n\Z", nothing, interrupted),
]

BY_NAME = {case.name: case for case in CASES}
IN_PROCESS = [case.name for case in CASES if case.call is None]


def words(case, small):
    """Return the arguments of a case."""
    return [word.replace("{small}", str(small)) for word in case.command.split()]


@pytest.mark.parametrize("name", BY_NAME)
def test_a_failure_is_told(name, cli, program, small, tmp_path):
    """Each failure has its exit code, and says on stderr what is wrong, with its code; stdout stays clean."""
    case = BY_NAME[name]
    case.arrange(tmp_path)
    arguments = words(case, small)
    outcome = cli(*arguments) if case.call is None else case.call(program, arguments, tmp_path)
    assert case.exit_code == outcome.code, outcome.err
    assert re.search(case.message, outcome.err, re.DOTALL), outcome.err
    if case.code:
        assert "" == re.sub(r"(?m)^Training.*\n|^\[.*\n", "", outcome.out)
        assert outcome.err.startswith("contexta: error: ")
        assert f" [{case.code}]\n" in outcome.err
        assert "Traceback" not in outcome.err
    with contextlib.suppress(OSError):
        # So that pytest can take the directory away.
        (tmp_path / ".contexta").chmod(0o700)


@pytest.mark.parametrize("name", IN_PROCESS)
def test_a_failure_is_told_as_json(name, cli, small, tmp_path):
    """With --format json the error is one JSON object on stderr, with code, message and details."""
    case = BY_NAME[name]
    case.arrange(tmp_path)
    arguments = words(case, small)
    if "--format" in arguments:
        pytest.skip("the case is about the format itself")
    outcome = cli("--format", "json", *arguments)
    assert (case.exit_code, "") == (outcome.code, outcome.out)
    assert {"code", "message", "details"} == outcome.error.keys()
    assert case.code == outcome.error["code"]
    assert re.search(case.message, outcome.error["message"], re.DOTALL)


def test_a_read_only_workspace_can_be_read(small, tmp_path, program):
    """Where nothing may be written, runs are listed all the same."""
    workspace = tmp_path / ".contexta"
    shutil.copytree(small, workspace)
    places = [workspace, *(path for path in workspace.rglob("*") if path.is_dir())]
    for place in places:
        place.chmod(0o500)
    try:
        outcome = without_privileges(program, ["runs", "--format", "json"], tmp_path)
    finally:
        for place in places:
            place.chmod(0o700)
    assert 0 == outcome.code, outcome.err
    assert 5 == len(outcome.json["runs"])
