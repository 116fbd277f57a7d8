"""`kill -9` at random moments of a capturing process: what was acknowledged is there, once, and the workspace goes on."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
from contextlib import suppress

import pytest

from contexta import Contexta

# Says what it has done after each call returned.  Everything about one round of the loop follows from its number.
CAPTURING = """
durability, child, segment_bytes = sys.argv[2], sys.argv[3], int(sys.argv[4])
ctx = opened(durability, max_segment_bytes=segment_bytes)
run = ctx.run("victim")
if child != "none":
    pid = os.fork()
    if not pid:
        # It keeps nothing of the pipe, or the reader would wait for it.
        quiet = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(quiet, descriptor)
        step = 0
        while True:
            if child == "busy":
                ctx.metric("child", float(step), step=step)
                step += 1
            time.sleep(0.005)
    say("child", pid)
say("run", run.ref)
number = 0
while True:
    with run.stage(f"stage {number}") as stage:
        say("opened", stage.ref)
        for step in range(20 * number, 20 * number + 20):
            stage.metric("loss", step / 7, step=step)
            say("metric", step)
        stage.event("epoch", message=f"round {number}", attributes={"number": number})
        say("event", number)
        stage.emit_metrics([{"key": "batch", "value": 0.5, "step": 50 * number + i} for i in range(50)])
        say("batch", number)
        ctx.params({f"p{number}": number})
        say("param", number)
        body = f"{workspace}-body"
        with open(body, "wb") as file:
            file.write(b"%d " % number * 5_000)
        artifact = stage.register_artifact("model", body).payload["manifest"].artifact_ref
        say("artifact", number, artifact)
    say("closed", stage.ref)
    number += 1
"""


class Acknowledged:
    """What a killed process said."""

    def __init__(self, lines: list[str]) -> None:
        self.words = [line.split() for line in lines]
        self.child = next((int(rest[0]) for rest in self.all("child")), None)
        self.run = next((rest[0] for rest in self.all("run")), None)

    def all(self, word: str) -> list[list[str]]:
        return [words[1:] for words in self.words if words[0] == word]

    def numbers(self, word: str) -> list[int]:
        return [int(rest[0]) for rest in self.all(word)]


@pytest.fixture
def after_kill(start, kill_after, workspace):
    """Capture, kill after some seconds, and hand over what was acknowledged; a forked child lives on meanwhile."""
    children = []

    def capture(seconds, durability="fsync", child="none", segment_bytes=30_000):
        process = start(CAPTURING, durability, child, segment_bytes)
        said = Acknowledged(kill_after(process, seconds))
        if said.child is not None:
            children.append(said.child)
            os.kill(said.child, 0)
        return said

    yield capture
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def check_records(ctx, said, steps):
    """Every acknowledged record is there, none is doubled, and at most the one call under way is there beyond them."""
    metrics = steps(ctx, said.run, "loss")
    assert metrics == list(range(len(metrics)))
    assert len(metrics) - len(said.numbers("metric")) in {0, 1}
    points = steps(ctx, said.run, "batch")
    assert points == list(range(len(points)))
    assert len(points) - 50 * len(said.numbers("batch")) in {0, 50}
    events = [
        each.flat["attributes"]["number"] for each in ctx.record_store.scan() if each.record_type == "event"
    ]
    assert events == list(range(len(events)))
    assert len(events) - len(said.numbers("event")) in {0, 1}


def check_run(ctx, said):
    """The run and the stage that was open read as interrupted; what was said of closed stages and parameters holds."""
    (run,) = ctx.list_runs()
    assert (run.run_id, run.name, run.status) == (said.run, "victim", "interrupted")
    assert {f"p{number}": number for number in said.numbers("param")}.items() <= dict(run.parameters).items()
    stages = {stage.stage_id: stage.status for stage in ctx.repository.list_stages(said.run)}
    opened = {rest[0] for rest in said.all("opened")}
    closed = {rest[0] for rest in said.all("closed")}
    assert opened <= stages.keys()
    # One more may have been opened, or closed, by the call that was under way.
    assert len(stages.keys() - opened) <= 1
    assert all(stages[ref] == "completed" for ref in closed)
    unclosed = stages.keys() - closed
    assert len(unclosed) <= 1
    assert all(stages[ref] in {"interrupted", "completed"} for ref in unclosed)


def check_artifacts(ctx, said):
    """Every acknowledged artifact has the body that it was registered with."""
    refs = {rest[1]: int(rest[0]) for rest in said.all("artifact")}
    kept = ctx.artifact_store.list_refs()
    assert len(kept) == len(set(kept))
    assert set(refs) <= set(kept)
    assert len(kept) - len(refs) in {0, 1}
    for ref, number in refs.items():
        body = ctx.artifact_store.read_artifact_bytes(ref)
        assert hashlib.sha256(body).digest() == hashlib.sha256(b"%d " % number * 5_000).digest()


def check_going_on(workspace, said, damage, steps):
    """The next process captures under the same name, and takes the killed run up again."""
    with Contexta(workspace=str(workspace)) as ctx:
        before = len(steps(ctx, said.run, "loss"))
        with ctx.run("victim") as run:
            run.metric("loss", 0.5, step=0)
        assert run.ref != said.run
        with ctx.run("victim", run_id=said.run) as resumed:
            resumed.metric("loss", 0.5, step=before)
    with Contexta(workspace=str(workspace)) as ctx:
        assert {each.run_id: each.status for each in ctx.list_runs()} == {
            said.run: "completed",
            run.ref: "completed",
        }
        assert steps(ctx, run.ref, "loss") == [0]
        assert steps(ctx, said.run, "loss") == list(range(before + 1))
        assert {severity for severity, _ in damage(ctx)} <= {"warning"}


def rounds(few, many):
    """Make the cases of a campaign: a few for the everyday suite, all of them for `tox -e faults`."""
    return [pytest.param(seed, marks=[] if seed < few else pytest.mark.campaign) for seed in range(many)]


@pytest.mark.parametrize("seed", rounds(6, 56))
def test_a_kill_loses_nothing_that_was_acknowledged(seed, workspace, after_kill, damage, steps, unfinished):
    """One kill at a random moment, in every durability, with no, an idle or a capturing forked child that lives on."""
    chance = random.Random(seed)
    child = ("none", "idle", "busy")[seed % 3]
    said = after_kill(
        chance.uniform(0.0, 0.3), durability=("fsync", "flush", "interval")[seed // 3 % 3], child=child
    )
    if said.run is None:
        said.run = "run:default.victim"
    with Contexta(workspace=str(workspace)) as ctx:
        check_records(ctx, said, steps)
        check_run(ctx, said)
        check_artifacts(ctx, said)
        assert damage(ctx).keys() <= unfinished
        if child == "busy":
            # What a forked child captures is its own; the parent's death does not touch it.
            found = steps(ctx, said.run, "child")
            assert found == list(range(len(found)))
    check_going_on(workspace, said, damage, steps)


@pytest.mark.parametrize("seed", rounds(3, 23))
def test_a_kill_while_the_workspace_is_made_leaves_one_that_works(
    seed, workspace, start, damage, unfinished, steps
):
    """One kill before anything was acknowledged: the run is there as interrupted, or not at all."""
    process = start(CAPTURING, "fsync", "none", 30_000)
    with suppress(subprocess.TimeoutExpired):
        process.wait(random.Random(seed).uniform(0.08, 0.25))
    process.kill()
    process.wait()
    with Contexta(workspace=str(workspace)) as ctx:
        before = ctx.list_runs()
        assert [run.status for run in before] in ([], ["interrupted"])
        assert damage(ctx).keys() <= unfinished
        with ctx.run("victim") as run:
            run.metric("loss", 0.5, step=7)
    with Contexta(workspace=str(workspace)) as ctx:
        found = {each.run_id: each.status for each in ctx.list_runs()}
        assert found == {each.run_id: "interrupted" for each in before} | {run.ref: "completed"}
        assert steps(ctx, run.ref, "loss") == [7]
