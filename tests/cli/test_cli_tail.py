"""`contexta tail` and `contexta top`: what runs record, while they do."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import time

import pytest

from contexta import Contexta

WRITER = """
import sys, time
from contexta import Contexta
with Contexta(config={"project_name": "live", "records": {"durability_mode": "flush"}}) as ctx:
    with ctx.run("writing", run_id="writing") as run, run.stage("train") as stage:
        print("open", flush=True)
        sys.stdin.readline()
        for step in range(int(sys.argv[1])):
            stage.metric("loss", 1 / (step + 1), step=step)
            if step % 10 == 0:
                stage.event("epoch.end", message="an epoch \\x1b[31mended", level="warning")
            time.sleep(0.005)
        if sys.argv[2] == "hang":
            time.sleep(60)
        if sys.argv[2] == "fail":
            1 / 0
"""


@pytest.fixture
def writer(program, tmp_path):
    """Start a process that opens a run, and writes into it when it is told to."""
    started = []

    def start(count=30, end="well"):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(count), end],
            cwd=tmp_path,
            env=program.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        assert "open\n" == process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def following(program, tmp_path):
    """Start `contexta` beside it."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "contexta", *arguments],
            cwd=tmp_path,
            env=program.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def go(process):
    """Tell the writer to begin."""
    process.stdin.write("go\n")
    process.stdin.flush()


def test_a_run_is_followed_to_its_end(writer, following):
    """Every metric and event of another process is shown once, in order; it ends with the run, with exit code 0."""
    run = writer()
    tail = following("tail", "writing", "--since", "1h", "--format", "ndjson")
    go(run)
    out, err = tail.communicate(timeout=60)
    assert (0, "") == (tail.returncode, err)
    records = [json.loads(line) for line in out.splitlines()]
    metrics = [record for record in records if record["record_type"] == "metric"]
    assert list(range(30)) == [record["payload"]["step"] for record in metrics]
    assert ["epoch.end"] * 3 == [record["key"] for record in records if record["record_type"] == "event"]


def test_lines_come_while_the_run_is_open(writer, following):
    """A line is there before the run has ended, and control characters in it are escaped."""
    run = writer(end="hang")
    tail = following("tail", "writing", "--key", "epoch.end")
    go(run)
    line = tail.stdout.readline()
    assert "train" in line
    assert line.rstrip().endswith("an epoch \\x1b[31mended")
    assert run.poll() is None
    tail.send_signal(signal.SIGINT)
    assert 1 == tail.wait(timeout=30)
    assert "contexta: interrupted\n" == tail.stderr.read()


def test_a_run_that_is_killed_ends_it_too(writer, following):
    """Where the writer dies, the run is interrupted, and that is the last line."""
    run = writer(end="hang")
    tail = following("tail", "writing")
    go(run)
    tail.stdout.readline()
    run.kill()
    out, _ = tail.communicate(timeout=60)
    assert 0 == tail.returncode
    assert out.splitlines()[-1].startswith("run:live.writing: interrupted, ")


@pytest.fixture
def ended(cli, tmp_path):
    """Give the command in a workspace with one run that has ended."""
    with Contexta(config={"project_name": "live"}) as ctx, ctx.run("done") as run:
        with run.stage("train") as stage:
            for step in range(15):
                stage.metric("loss", step / 4, step=step, unit="nats")
        run.event("saved", message="a model")
        run.span("write", started_at="2026-03-01T10:00:00Z", ended_at="2026-03-01T10:00:01Z")
    del tmp_path
    return cli


def test_of_what_is_there_the_newest_lines_are_shown(ended):
    """Ten lines by default, as many as asked for, all with --since; and a run that is over is not waited for."""
    assert 10 + 1 == len(ended("tail", "done").out.splitlines())
    assert ["saved"] == [
        line.split()[1] for line in ended("tail", "done", "--lines", "1").out.splitlines()[:1]
    ]
    assert 1 == len(ended("tail", "done", "--lines", "0").out.splitlines())
    assert 16 == len(ended("tail", "done", "--since", "1h", "--quiet").out.splitlines())
    assert "" == ended("tail", "done", "--since", "2999-01-01", "--quiet").out


def test_records_are_chosen_by_type_and_key(ended):
    """--type and --key, each repeatable, choose; spans come only when asked for."""
    text = ended("tail", "done", "--type", "event", "--type", "span", "--quiet").out
    assert ["saved", "write"] == sorted(line.split()[1] for line in text.splitlines())
    assert "" == ended("tail", "done", "--key", "nothing", "--quiet").out
    line = ended("tail", "done", "--key", "loss", "--lines", "1", "--quiet").out
    assert ["train", "loss", "3.5", "nats", "step", "14"] == line.split()[1:]


def test_every_format_holds_the_same(ended, tmp_path):
    """JSON is one document with the run, NDJSON and CSV have a record on each line; --output takes them all."""
    document = ended("tail", "done", "--format", "json").json
    assert "completed" == document["run"]["status"]
    lines = ended("tail", "done", "--format", "ndjson").out.splitlines()
    assert document["records"] == [json.loads(line) for line in lines]
    rows = list(csv.DictReader(io.StringIO(ended("tail", "done", "--format", "csv").out)))
    assert [each["record_id"] for each in document["records"]] == [row["record_id"] for row in rows]
    assert "" == ended("tail", "done", "--format", "csv", "--output", "tail.csv").out
    assert 11 == len((tmp_path / "tail.csv").read_text(encoding="utf-8").splitlines())


def test_a_run_that_is_not_there_is_an_error(ended):
    """Nothing is followed, and the error says which runs there are."""
    outcome = ended("tail", "dane")
    assert (1, "") == (outcome.code, outcome.out)
    assert "did you mean 'run:live.done'?" in outcome.err


def test_open_runs_are_shown_once_in_a_pipe(writer, ended):
    """`top` shows a run that is open with its stage and metrics, and none that has ended."""
    assert "No run is open.\n" == ended("top").out
    run = writer(count=20, end="hang")
    go(run)
    deadline = time.monotonic() + 30
    while ended("top", "--format", "json").json["runs"][0]["records"] < 22:
        assert time.monotonic() < deadline
    (shown,) = ended("top", "--format", "json").json["runs"]
    assert ("run:live.writing", "train", 22, {"loss": 0.05}) == (
        shown["run_id"],
        shown["stage"],
        shown["records"],
        shown["metrics"],
    )
    header, row = ended("top").out.splitlines()
    assert ["RUN", "STAGE", "DURATION", "RECORDS", "METRICS"] == header.split()
    assert "writing" == row.split()[0]
    assert "No run is open.\n" == ended("top", "--project", "other").out
