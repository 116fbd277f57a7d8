"""`kill -9` inside a batch: all of a call's points are there, or none, and the batch scope reads as interrupted."""

from __future__ import annotations

import random
import signal

import pytest

from contexta import Contexta

POINTS = 2_000

# Batches so large that most of the time one is being written.
CAPTURING = """
durability, points = sys.argv[2], int(sys.argv[3])
ctx = opened(durability, max_segment_bytes=400_000)
with ctx.run("victim") as run, run.stage("train") as stage:
    say("run", run.ref)
    number = 0
    while True:
        with stage.batch(f"batch {number}") as batch:
            say("opened", batch.ref)
            batch.emit_metrics([{"key": f"k{i % 10}", "value": i / 3, "step": number} for i in range(points)])
            say("batch", number)
        say("closed", batch.ref)
        number += 1
"""


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[] if seed < 4 else pytest.mark.campaign) for seed in range(34)]
)
def test_a_batch_is_there_whole_or_not_at_all(seed, workspace, start, kill_after, damage, unfinished):
    """One kill in the middle of large batches: those that were acknowledged are whole, the one under way may be."""
    process = start(CAPTURING, ("fsync", "flush")[seed % 2], POINTS)
    lines = [line.split() for line in kill_after(process, random.Random(seed).uniform(0.0, 0.2))]
    acknowledged = [int(words[1]) for words in lines if words[0] == "batch"]
    opened = {words[1] for words in lines if words[0] == "opened"}
    closed = {words[1] for words in lines if words[0] == "closed"}
    with Contexta(workspace=str(workspace)) as ctx:
        found: dict[int, int] = {}
        for stored in ctx.record_store.scan():
            found[stored.flat["step"]] = found.get(stored.flat["step"], 0) + 1
        assert set(found.values()) <= {POINTS}
        assert sorted(found) == list(range(len(found)))
        assert len(found) - len(acknowledged) in {0, 1}
        (run,) = ctx.list_runs()
        assert run.status == "interrupted"
        batches = {batch.batch_id: batch.status for batch in ctx.repository.list_batches(run.run_id)}
        assert opened <= batches.keys()
        assert {ref: batches[ref] for ref in closed} == dict.fromkeys(closed, "completed")
        assert sum(status == "interrupted" for status in batches.values()) <= 1
        assert damage(ctx).keys() <= unfinished
        with ctx.run("victim") as following:
            following.emit_metrics([{"key": "loss", "value": 0.5, "step": 0}])
        assert [each.status for each in ctx.list_runs()] == ["completed", "interrupted"]


# The first large write after the signal ends in the middle, as a kill within the system call ends it.
DYING = """
import signal
from contexta.log import filesystem
share, points = float(sys.argv[2]), int(sys.argv[3])
write, armed = filesystem._write_at, False
def dying(descriptor, data, offset):
    if not armed or len(data) < 10_000:
        return write(descriptor, data, offset)
    write(descriptor, data[:int(share * len(data))], offset)
    os.kill(os.getpid(), signal.SIGKILL)
filesystem._write_at = dying
with opened() as ctx, ctx.run("victim") as run:
    run.emit_metrics([{"key": "loss", "value": i / 3, "step": 0} for i in range(points)])
    armed = True
    run.emit_metrics([{"key": "loss", "value": i / 3, "step": 1} for i in range(points)])
    say("alive")
"""


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999, 1.0])
def test_a_kill_within_the_write_of_a_batch_leaves_nothing_of_it(share, workspace, start, damage, unfinished):
    """However much of the batch had been written: readers see none of it, and the next capture is whole."""
    process = start(DYING, share, 300)
    printed, _ = process.communicate()
    assert (printed, process.returncode) == ("", -signal.SIGKILL)
    with Contexta(workspace=str(workspace)) as ctx:
        assert [stored.flat["step"] for stored in ctx.record_store.scan()] == [0] * 300
        assert ctx.list_runs()[0].status == "interrupted"
        assert damage(ctx).keys() <= unfinished
        with ctx.run("victim") as following:
            following.emit_metrics([{"key": "loss", "value": 0.5, "step": 2}] * 300)
        assert sorted(stored.flat["step"] for stored in ctx.record_store.scan()) == [0] * 300 + [2] * 300
