"""A wall clock that is set back: what was changed later still counts as later."""

from __future__ import annotations

from contexta import Contexta

# The clock of the process is replaced before anything of the product is imported.
BACK = """
import time
_now = time.time_ns
shift = {hours} * 3_600 * 10**9
time.time_ns = lambda: _now() - shift
time.time = lambda: time.time_ns() / 1e9
"""


def with_clock(program, hours):
    """Return a program whose clock is some hours slow from the start."""
    return BACK.format(hours=hours) + program


FIRST = """
from contexta import Contexta
with Contexta(workspace=sys.argv[1]) as ctx, ctx.run("tuned", run_id="tuned") as run:
    ctx.params(lr=1, kept="first")
    run.metric("loss", 0.5, step=0)
"""
AGAIN = """
from contexta import Contexta
with Contexta(workspace=sys.argv[1]) as ctx, ctx.run("tuned", run_id="tuned") as run:
    ctx.params(lr=2, added="second")
    run.metric("loss", 0.25, step=1)
"""
JUMPING = """
from contexta import Contexta
with Contexta(workspace=sys.argv[1]) as ctx, ctx.run("jumping") as run:
    for number in range(20):
        ctx.params(lr=number)
        run.metric("loss", float(number), step=number)
        # Every step the clock goes back by another minute.
        shift += 60 * 10**9
"""
CONCURRENT = """
from contexta import Contexta
with Contexta(workspace=sys.argv[1]) as ctx, ctx.run("joined", run_id="joined") as run:
    say("ready")
    for line in sys.stdin:
        ctx.params(lr=int(line))
        say("done")
"""


def test_a_process_with_a_slow_clock_changes_what_an_earlier_one_wrote(finished, workspace, damage):
    """A run is resumed an hour before it began, by the clock: the parameters of the second process hold."""
    finished(with_clock(FIRST, 0))
    finished(with_clock(AGAIN, 1))
    with Contexta(workspace=str(workspace)) as ctx:
        (run,) = ctx.list_runs()
        assert run.parameters == {"lr": 2, "kept": "first", "added": "second"}
        assert run.status == "completed"
        assert [point.value for point in ctx.get_step_series(run.run_id, "loss").points] == [0.5, 0.25]
        assert not damage(ctx)


def test_a_clock_that_jumps_back_within_a_run(finished, workspace, damage):
    """The last of twenty changes holds, although the clock went back before each."""
    finished(with_clock(JUMPING, 0))
    with Contexta(workspace=str(workspace)) as ctx:
        (run,) = ctx.list_runs()
        assert run.parameters == {"lr": 19}
        assert run.status == "completed"
        points = ctx.get_step_series(run.run_id, "loss").points
        assert [(point.step, point.value) for point in points] == [(n, float(n)) for n in range(20)]
        assert not damage(ctx)


def test_two_processes_whose_clocks_differ_take_turns(start, workspace):
    """Two open participants, one a day slow: a reader that is told of each change sees the one that it saw last."""
    right = start(with_clock(CONCURRENT, 0))
    assert right.stdout.readline() == "ready\n"
    slow = start(with_clock(CONCURRENT, 24))
    assert slow.stdout.readline() == "ready\n"
    right.stdin.write("1\n")
    right.stdin.close()
    assert right.wait() == 0
    again = start(with_clock(CONCURRENT, 24))
    assert again.stdout.readline() == "ready\n"
    again.stdin.write("2\n")
    again.stdin.close()
    assert again.wait() == 0
    with Contexta(workspace=str(workspace)) as ctx:
        assert ctx.list_runs()[0].parameters == {"lr": 2}
        assert ctx.list_runs()[0].status == "open"
    slow.stdin.close()
    assert slow.wait() == 0
    with Contexta(workspace=str(workspace)) as ctx:
        assert ctx.list_runs()[0].status == "completed"
