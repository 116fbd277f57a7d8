"""`kill -9` at random moments of a process that curates and deletes runs: what was acknowledged holds, others are whole."""

from __future__ import annotations

import random
import signal
import time
from contextlib import suppress

import pytest

from contexta import Contexta
from contexta.errors import RunNotFoundError

RUNS = 30

# Says what it has done after each call returned, and what it is about to delete.
CURATING = """
ctx = opened("fsync")
for number in range(0, 30, 3):
    ctx.tag_run(f"r{number}", {"seen": "yes"})
    say("tagged", number)
    ctx.annotate_run(f"r{number}", f"note {number}", author="test")
    say("noted", number)
    ctx.rename_run(f"r{number}", f"renamed {number}")
    say("renamed", number)
    ctx.archive_run(f"r{number}")
    say("archived", number)
    plan = ctx.plan_run_deletion([f"r{number + 1}"])
    say("deleting", number + 1)
    ctx.delete_runs(plan)
    say("deleted", number + 1)
say("done", 0)
"""


def whole(ctx, number):
    """Check that a run of the beginning is whole: its points, and its artifact byte for byte."""
    snapshot = ctx.get_run_snapshot(f"r{number}")
    assert [record.value for record in snapshot.records] == [float(step) for step in range(10)]
    (artifact,) = snapshot.artifacts
    body = ctx.artifact_store.read_artifact_bytes(artifact.artifact_ref)
    assert body == (b"shared" if number % 2 else b"%d " % number) * 1000
    return snapshot.run


def prepared(workspace, tmp_path):
    """Make a workspace of finished runs; every second has an artifact of the same content."""
    with Contexta(workspace=str(workspace), config={"records": {"durability_mode": "flush"}}) as ctx:
        for number in range(RUNS):
            (tmp_path / "body").write_bytes((b"shared" if number % 2 else b"%d " % number) * 1000)
            with ctx.run(f"r{number}") as run:
                run.register_artifact("model", str(tmp_path / "body"))
                run.emit_metrics([{"key": "loss", "value": float(step), "step": step} for step in range(10)])


def check_trial(start, workspace, tmp_path, moment):
    """Kill a curating process after so many seconds, and check what it leaves."""
    prepared(workspace, tmp_path)
    process = start(CURATING, where=workspace)
    first = process.stdout.readline()
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    said = [line.split() for line in (first + rest).splitlines() if line.count(" ") == 1]
    done = {
        word: {int(number) for each, number in said if each == word} for word in {word for word, _ in said}
    }
    cut_off = done.get("deleting", set()) - done.get("deleted", set())
    with Contexta(workspace=str(workspace)) as ctx:
        for number in range(RUNS):
            if number in done.get("deleted", set()):
                with pytest.raises(RunNotFoundError):
                    ctx.get_run_snapshot(f"r{number}")
            elif number not in cut_off:
                run = whole(ctx, number)
                assert number not in done.get("tagged", ()) or run.tags["seen"] == "yes"
                assert number not in done.get("noted", ()) or run.notes[0].text == f"note {number}"
                assert number not in done.get("renamed", ()) or run.name == f"renamed {number}"
                assert number not in done.get("archived", ()) or run.archived_at
        for number in cut_off:
            finish(ctx, number)
        for number in set(range(RUNS)) - done.get("deleted", set()) - cut_off:
            whole(ctx, number)
        assert ctx.artifact_store.check_integrity().ok


def finish(ctx, number):
    """Repeat a deletion that was cut off; it may also have been completed without having said so."""
    with suppress(RunNotFoundError):
        ctx.delete_runs(ctx.plan_run_deletion(f"r{number}"))
    with pytest.raises(RunNotFoundError):
        ctx.get_run_snapshot(f"r{number}")
    with pytest.raises(RunNotFoundError):
        ctx.plan_run_deletion(f"r{number}")


@pytest.mark.parametrize("seed", range(3))
def test_curation_that_is_killed(start, workspace, tmp_path, seed):
    """Killed at a random moment, curation leaves what it acknowledged, and a deletion that repeating completes."""
    check_trial(start, workspace, tmp_path, random.Random(seed).uniform(0, 0.6))


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 160))
def test_curation_that_is_killed_again_and_again(start, workspace, tmp_path, seed):
    """Sixty more random moments."""
    check_trial(start, workspace, tmp_path, random.Random(seed).uniform(0, 1.0))
