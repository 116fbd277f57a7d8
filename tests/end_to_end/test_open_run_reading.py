"""Reading while a run writes, and after its process was killed."""

from __future__ import annotations

import random
import signal
import time

import pytest

WRITER = """
run = ctx.run("live")
stage = run.stage("fit")
for step in range(int(sys.argv[2])):
    stage.metric("loss", step * 0.5, step=step)
    print(step)
    time.sleep(float(sys.argv[3]))
sys.stdin.readline()
ctx.close()
"""


def test_points_of_an_open_run_are_read_while_they_are_written(ctx, start):
    """Every point that the writer has acknowledged is in the series at once, in order, and the run is open."""
    writer = start(WRITER, 60, 0.005)
    seen = []
    for line in writer.stdout:
        step = int(line)
        if step % 10 == 9:
            points = ctx.get_step_series("run:default.live", "loss").points
            assert [(each.step, each.value) for each in points] == [(n, n * 0.5) for n in range(len(points))]
            assert len(points) > step
            seen.append(len(points))
            assert [each.status for each in ctx.list_runs()] == ["open"]
        if step == 59:
            break
    assert seen == sorted(seen)
    writer.communicate("\n")
    assert [each.status for each in ctx.list_runs()] == ["completed"]


CRASHING = """
run = ctx.run("doomed")
with run.stage("fit") as stage:
    for step in range(1_000_000):
        stage.metric("loss", float(step), step=step)
        print("metric", step)
        if step % 7 == 0:
            run.event("note", message=f"at {step}")
            print("event", step)
        if step % 11 == 0:
            run.params({f"p{step % 100}": step})
            print("param", step)
        if step % 13 == 0:
            with stage.operation(f"o{step}"):
                pass
            print("op", step)
"""


@pytest.mark.parametrize("seed", range(10))
def test_whatever_was_acknowledged_survives_a_kill(ctx, start, seed):
    """A process that is killed at a random moment: all it was told is kept, its run is interrupted, work goes on."""
    process = start(CRASHING)
    process.stdout.readline()
    time.sleep(random.Random(seed).uniform(0, 0.05))
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    # The last line may be half a number.
    told = [line.split() for line in ("metric 0\n" + rest).split("\n")[:-1]]
    acknowledged = {
        kind: {int(step) for word, step in told if word == kind} for kind in ("metric", "event", "param")
    }
    flats = [each.flat for each in ctx.record_store.scan()]
    metrics = [each["step"] for each in flats if each["type"] == "metric"]
    events = [int(each["message"].split()[1]) for each in flats if each["type"] == "event"]
    assert acknowledged["metric"] <= set(metrics)
    assert acknowledged["event"] <= set(events)
    assert metrics == list(range(len(metrics)))
    (run,) = ctx.list_runs()
    assert run.status == "interrupted"
    last = {f"p{step % 100}": step for step in sorted(acknowledged["param"])}
    assert all(run.parameters[name] >= step for name, step in last.items())
    assert {each.status for each in ctx.get_run_snapshot(run.run_id).stages} == {"interrupted"}
    with ctx.run("doomed") as after:
        after.metric("loss", 1.0)
    assert sorted(each.status for each in ctx.list_runs()) == ["completed", "interrupted"]
    assert len(list(ctx.record_store.scan())) == len(flats) + 1
