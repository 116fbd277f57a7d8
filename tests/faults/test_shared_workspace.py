"""Many processes in one workspace under one run name, while others list the runs again and again."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time

import pytest

from contexta import Contexta

WRITERS = 8
READERS = 2

WRITING = """
durability, who, count = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
say("ready")
sys.stdin.readline()
with opened(durability) as ctx, ctx.run("shared", tags={"who": str(who)}) as run, run.stage("train") as stage:
    for step in range(count):
        stage.metric("loss", who + step / count, step=step)
    say("run", run.ref)
"""

COMMAND = "import sys; from contexta_cli.main import main; sys.argv[0] = 'contexta'; sys.exit(main())"


class Listing(threading.Thread):
    """Calls `contexta runs` until it is told to stop; remembers what went wrong and how many runs each call listed."""

    def __init__(self, workspace):
        super().__init__()
        self._command = [sys.executable, "-P", "-c", COMMAND, "runs", "--workspace", str(workspace)]
        self._command += ["--limit", "1000", "--format", "json"]
        self._over = threading.Event()
        self.failures = []
        self.counts = []

    def run(self):
        while not self._over.is_set():
            done = subprocess.run(self._command, capture_output=True, text=True, check=False)
            if done.returncode:
                self.failures.append(done.stderr)
            else:
                self.counts.append(len(json.loads(done.stdout)["runs"]))

    def stop(self):
        self._over.set()
        self.join()


@pytest.mark.parametrize(
    ("durability", "count"),
    [
        ("fsync", 250),
        ("flush", 1_000),
        pytest.param("fsync", 5_000, marks=pytest.mark.campaign),
        pytest.param("interval", 5_000, marks=pytest.mark.campaign),
    ],
)
def test_writers_and_readers_do_not_disturb_each_other(workspace, start, damage, durability, count):
    """No error anywhere, eight distinct runs, every point once, and what readers count never goes back."""
    # So that there is something to list from the first call on.
    with Contexta(workspace=str(workspace)) as ctx, ctx.run("earlier"):
        pass
    writers = [start(WRITING, durability, who, count) for who in range(WRITERS)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    listings = [Listing(workspace) for _ in range(READERS)]
    for listing in listings:
        listing.start()
    points = []
    try:
        for writer in writers:
            writer.stdin.write("go\n")
            writer.stdin.flush()
        with Contexta(workspace=str(workspace)) as ctx:
            while any(writer.poll() is None for writer in writers):
                points.append(sum(1 for _ in ctx.record_store.scan()))
                time.sleep(0.02)
    finally:
        for listing in listings:
            listing.stop()
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    assert [listing.failures for listing in listings] == [[]] * READERS
    for counts in (points, *(listing.counts for listing in listings)):
        assert counts
        assert counts == sorted(counts)
    refs = {writer.stdout.read().split()[1] for writer in writers}
    assert len(refs) == WRITERS
    with Contexta(workspace=str(workspace)) as ctx:
        runs = {run.run_id: run for run in ctx.list_runs() if run.name == "shared"}
        assert runs.keys() == refs
        assert {run.status for run in runs.values()} == {"completed"}
        assert sorted(int(run.tags["who"]) for run in runs.values()) == list(range(WRITERS))
        for ref, run in runs.items():
            series = ctx.get_step_series(ref, "loss")
            assert [point.step for point in series.points] == list(range(count))
            assert series.points[0].value == float(run.tags["who"])
        assert sum(1 for _ in ctx.record_store.scan()) == WRITERS * count
        assert not damage(ctx)
