"""A full disk under the whole product: typed errors, nothing acknowledged is lost, reading works, capture resumes."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress

import pytest

from contexta import Contexta
from contexta.errors import StorageFullError

SETTINGS = {"records": {"durability_mode": "fsync", "max_segment_bytes": 100_000}}

READING = """
with opened() as ctx:
    for run in ctx.list_runs():
        points = [each.flat["step"] for each in ctx.record_store.scan() if each.run_ref == run.run_id]
        say(run.run_id, run.status, len(points), points == sorted(set(points)))
"""
CAPTURING = """
with opened() as ctx, ctx.run("afterwards") as run:
    for step in range(100):
        run.metric("loss", 0.5, step=step)
"""


def fill(disk, free=0):
    """Use up the space of the disk but for some bytes; return the file that does."""
    ballast = disk / "ballast"
    space = os.statvfs(disk)
    # What a run's background thread takes meanwhile leaves less than was seen.
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        file.write(b"x" * max(0, space.f_bavail * space.f_frsize - free))
    return ballast


def full(action, *arguments, **named):
    """Return whether the call found the disk full; it must say so in the way that callers can rely on."""
    try:
        action(*arguments, **named)
    except StorageFullError as error:
        return (error.code, error.retryable) == ("storage_full", True)
    return False


@pytest.fixture
def open_here():
    """Open workspaces in this process, and let go of them even if the test fails."""
    with ExitStack() as stack:

        def opened(workspace):
            ctx = Contexta(workspace=str(workspace), config=SETTINGS)
            stack.callback(full, ctx.close)
            return ctx

        yield opened


def test_metrics_on_a_full_disk(small_disk, finished, damage, steps):
    """What was acknowledged stays and can be read while the disk is full; the same process, and a new one, go on."""
    workspace = small_disk / "workspace"
    ballast = small_disk / "ballast"
    with Contexta(workspace=str(workspace), config=SETTINGS) as ctx:
        with ctx.run("filling") as run:
            fill(small_disk, free=400_000)
            acknowledged = []
            step = 0
            while not full(run.metric, "loss", 0.5, step=step):
                acknowledged.append(step)
                step += 1
            assert len(acknowledged) > 1_000
            assert all(full(run.metric, "loss", 0.5, step=-1) for _ in range(20))
            assert steps(ctx, run.ref, "loss") == acknowledged
            assert [(each.run_id, each.status) for each in ctx.list_runs()] == [(run.ref, "open")]
            assert finished(READING, where=workspace) == [f"{run.ref} open {len(acknowledged)} True"]
            ballast.unlink()
            for step in range(len(acknowledged), len(acknowledged) + 100):
                run.metric("loss", 0.5, step=step)
                acknowledged.append(step)
        assert steps(ctx, run.ref, "loss") == acknowledged
    finished(CAPTURING, where=workspace)
    with Contexta(workspace=str(workspace)) as ctx:
        assert {each.name: each.status for each in ctx.list_runs()} == {
            "filling": "completed",
            "afterwards": "completed",
        }
        assert not damage(ctx)


def test_every_kind_of_capture_says_that_the_disk_is_full(small_disk, tmp_path, damage, steps):
    """Events, spans, batches, parameters, artifacts, stages and runs: a typed error, no trace, and success later."""
    (tmp_path / "body").write_bytes(b"x" * 500_000)
    workspace = small_disk / "workspace"
    with Contexta(workspace=str(workspace), config=SETTINGS) as ctx:
        with ctx.run("first") as run:
            run.metric("loss", 0.5, step=0)
            ballast = fill(small_disk)
            actions = {
                "event": lambda: run.event("large", message="m" * 9_000),
                "span": lambda: run.span("large", attributes={"text": "s" * 9_000}),
                "batch": lambda: run.emit_metrics(
                    [{"key": "many", "value": 0.5, "step": step} for step in range(500)]
                ),
                "params": lambda: ctx.params(large="p" * 9_000),
                "artifact": lambda: run.register_artifact("model", str(tmp_path / "body")),
                "stage": lambda: run.stage("late", metadata={"text": "t" * 9_000}),
            }
            for name, action in actions.items():
                assert full(action), name
            assert [each.record_type for each in ctx.record_store.scan()] == ["metric"]
            assert steps(ctx, run.ref, "many") == []
            assert ctx.artifact_store.list_refs() == []
            assert "large" not in ctx.list_runs()[0].parameters
            assert ctx.repository.list_stages(run.ref) == ()
            ballast.unlink()
            for name, action in actions.items():
                assert not full(action), name
        assert steps(ctx, run.ref, "many") == list(range(500))
        assert len(ctx.artifact_store.list_refs()) == 1
        assert ctx.list_runs()[0].parameters["large"] == "p" * 9_000
        assert not damage(ctx)


def test_a_run_cannot_be_opened_on_a_full_disk(small_disk):
    """Opening says so; what there was before can be read; it works as soon as there is space."""
    workspace = small_disk / "workspace"
    with Contexta(workspace=str(workspace), config=SETTINGS) as ctx:
        with ctx.run("before"):
            pass
        ballast = fill(small_disk)
        assert full(ctx.run, "refused", metadata={"text": "m" * 9_000})
        with Contexta(workspace=str(workspace)) as other:
            assert [run.name for run in other.list_runs()] == ["before"]
        ballast.unlink()
        with ctx.run("after"):
            pass
        assert {run.name: run.status for run in ctx.list_runs()} == {
            "before": "completed",
            "after": "completed",
        }


def test_a_run_that_ends_on_a_full_disk_hides_nothing(small_disk, open_here, damage, steps):
    """A program that ends while the disk is full keeps its points; the run is closed, or reads as interrupted."""
    workspace = small_disk / "workspace"
    ctx = open_here(workspace)
    run = ctx.run("ending")
    for step in range(100):
        run.metric("loss", 0.5, step=step)
    ballast = fill(small_disk)
    while not full(run.metric, "pad", 0.5, step=0):
        pass
    refused = full(run.close)
    full(ctx.close)
    with Contexta(workspace=str(workspace)) as reader:
        (found,) = reader.list_runs()
        assert found.status == ("interrupted" if refused else "completed")
        assert steps(reader, run.ref, "loss") == list(range(100))
    ballast.unlink()
    with Contexta(workspace=str(workspace), config=SETTINGS) as later:
        with later.run("ending", run_id=run.ref) as resumed:
            resumed.metric("loss", 0.5, step=100)
        assert [each.status for each in later.list_runs()] == ["completed"]
        assert steps(later, run.ref, "loss") == list(range(101))
        assert {severity for severity, _ in damage(later)} <= {"warning"}


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(10))
def test_a_disk_that_fills_again_and_again(small_disk, finished, damage, steps, seed):
    """Twenty times full and free again in one process: nothing acknowledged is lost, nothing refused appears."""
    workspace = small_disk / "workspace"
    acknowledged = []
    step = 0
    with Contexta(workspace=str(workspace), config=SETTINGS) as ctx:
        with ctx.run("filling") as run:
            for turn in range(20):
                ballast = fill(small_disk, free=4_096 * ((turn + seed) % 9))
                refused = 0
                while refused < 3:
                    if full(run.metric, "loss", 0.5, step=step):
                        refused += 1
                    else:
                        acknowledged.append(step)
                    step += 1
                ballast.unlink()
                for _ in range(20):
                    run.metric("loss", 0.5, step=step)
                    acknowledged.append(step)
                    step += 1
        assert steps(ctx, run.ref, "loss") == acknowledged
        assert not damage(ctx)
    assert finished(READING, where=workspace) == [f"{run.ref} completed {len(acknowledged)} True"]
