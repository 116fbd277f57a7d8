"""A run that is open in one process, read by another: point by point, by API and by command."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from contexta import Contexta

WRITING = """
durability = sys.argv[2]
with opened(durability, max_segment_bytes=10_000) as ctx, ctx.run("live") as run, run.stage("train") as stage:
    say(run.ref)
    written = 0
    for line in sys.stdin:
        if line == "params\\n":
            ctx.params(lr=0.1)
        elif line == "batch\\n":
            stage.emit_metrics([{"key": "loss", "value": step / 4, "step": step} for step in range(written, written + 30)])
            written += 30
        else:
            for step in range(written, written + int(line)):
                stage.metric("loss", step / 4, step=step)
            written += int(line)
        say("done")
"""
COMMAND = "import sys; from contexta_cli.main import main; sys.argv[0] = 'contexta'; sys.exit(main())"


def tell(process, word):
    """Have the writer do something and wait until it has acknowledged that."""
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"


@pytest.mark.parametrize("durability", ["fsync", "flush", "interval"])
def test_every_point_can_be_read_as_soon_as_it_is_acknowledged(start, workspace, durability):
    """After each acknowledgement another process finds all points, over rotations of the segments, and the run open."""
    writer = start(WRITING, durability)
    run = writer.stdout.readline().strip()
    with Contexta(workspace=str(workspace)) as ctx:
        assert [(each.run_id, each.status) for each in ctx.list_runs()] == [(run, "open")]
        written = 0
        for word in (1, 1, 10, "batch", 300, "batch", 1, 57):
            tell(writer, word)
            written += 30 if word == "batch" else word
            points = ctx.get_step_series(run, "loss").points
            assert [(point.step, point.value) for point in points] == [(i, i / 4) for i in range(written)]
            assert ctx.list_runs()[0].status == "open"
        tell(writer, "params")
        assert ctx.list_runs()[0].parameters == {"lr": 0.1}
        writer.stdin.close()
        assert writer.wait() == 0
        assert ctx.list_runs()[0].status == "completed"
        assert len(ctx.get_step_series(run, "loss").points) == written


def test_the_command_shows_an_open_run(start, workspace):
    """`contexta run show` of a run that another process is writing knows its state and its newest point."""
    writer = start(WRITING, "fsync")
    run = writer.stdout.readline().strip()
    tell(writer, 12)
    command = [sys.executable, "-P", "-c", COMMAND, "run", "show", run, "--workspace", str(workspace)]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout)
    assert shown["run"]["status"] == "open"
    assert "2.75" in done.stdout
