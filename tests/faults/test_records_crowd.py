"""Many processes on one record store: a fresh workspace (R10), compaction and index beside writers, a full disk (R12)."""

from __future__ import annotations

import subprocess

import pytest

from contexta import Contexta
from contexta.errors import ContextaError, StorageFullError
from contexta.spi.context import OpenContext
from contexta.spi.summaries import PlainSummaries
from contexta_store_jsonl.backend import open_backend

FRESH = """
who, count = int(sys.argv[2]), int(sys.argv[3])
sys.stdin.readline()
with opened("fsync") as ctx, ctx.run("fresh") as run:
    for step in range(count):
        run.metric("loss", float(who), step=step)
    say(run.ref)
"""
WRITING = """
from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import open_backend
from pathlib import Path
who, count = int(sys.argv[2]), int(sys.argv[3])
with open_backend(OpenContext(root=Path(workspace), durability="flush", max_segment_bytes=20_000)) as store:
    series = store.open_series({"type": "metric", "run": f"run:p.w{who}", "key": "loss"})
    for step in range(count):
        store.append_point(series, f"w{who}i{step:06d}", step / 8, f"2026-03-01T10:00:00.{step + 1:06d}Z", step)
"""
CARING = """
from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import open_backend
from contexta_store_jsonl.index import coverage
from pathlib import Path
coverage.DUE_BYTES = 30_000
most = {}
say("ready")
while not (Path(workspace) / "stop").exists():
    with open_backend(OpenContext(root=Path(workspace), durability="flush")) as store:
        if sys.argv[2] == "compacting":
            store.compact()
        for _ in range(3):
            for summary in store.summaries():
                # What was seen once never goes back.
                assert summary.count >= most.get(summary.run, 0), summary
                most[summary.run] = summary.count
                assert len(store.arrays(summary.run, "loss")) >= summary.count
"""


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.campaign)])
def test_four_writers_make_a_workspace_together(workspace, start, damage, rounds, tmp_path):
    """All started at once where there is nothing: no error, every point once, and counts never go back (R10)."""
    count = 300 if rounds == 1 else 1_000
    for turn in range(rounds):
        place = tmp_path / f"{workspace.name}-{turn}"
        writers = [start(FRESH, who, count, where=place) for who in range(4)]
        for writer in writers:
            writer.stdin.write("go\n")
            writer.stdin.flush()
        counts = []
        while any(writer.poll() is None for writer in writers):
            with Contexta(workspace=str(place)) as ctx:
                counts.append(sum(1 for _ in ctx.record_store.scan()))
        assert counts == sorted(counts)
        assert [writer.returncode for writer in writers] == [0] * 4
        refs = {writer.stdout.read().strip() for writer in writers}
        assert len(refs) == 4
        with Contexta(workspace=str(place)) as ctx:
            assert {run.run_id for run in ctx.list_runs()} == refs
            for ref in refs:
                assert [point.step for point in ctx.repository.metric_points(ref, "loss")] == list(
                    range(count)
                )
            assert not damage(ctx)


@pytest.mark.parametrize("writers", [3, pytest.param(16, marks=pytest.mark.campaign)])
def test_writers_beside_compactors_and_builders_of_the_index(workspace, start, writers):
    """Readers that compact and index go on beside writers: nothing is lost, doubled, or seen and lost again."""
    count = 1_500 if writers == 3 else 5_000
    workspace.mkdir()
    caring = [start(CARING, what) for what in ("compacting", "asking", "asking")]
    for process in caring:
        assert process.stdout.readline() == "ready\n"
    writing = [start(WRITING, who, count) for who in range(writers)]
    assert [process.wait() for process in writing] == [0] * writers
    (workspace / "stop").touch()
    assert [process.wait() for process in caring] == [0] * 3
    with open_backend(OpenContext(root=workspace, durability="flush")) as store:
        assert store.counts_by_run() == {f"run:p.w{who}": {"metric": count} for who in range(writers)}
        for who in range(writers):
            assert [point.step for point in store.points(f"run:p.w{who}", "loss")] == list(range(count))
        assert sorted(store.summaries(), key=repr) == sorted(PlainSummaries(store).summaries(), key=repr)
        assert store.check_integrity() == []


def _event(number, size):
    return {
        "type": "event", "id": f"e{number:05d}", "run": "run:p.full", "time": "2026-03-01T10:00:00Z",
        "message": "x" * size,
    }  # fmt: skip


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.campaign)])
@pytest.mark.parametrize("size", [50, 5_000, 100_000])
def test_a_full_disk_and_records_of_a_size(small_disk, size, rounds):
    """Refused in the call with StorageFullError, read while full, compacted and indexed or not, and resumed (R12)."""
    root = small_disk / "records"
    acknowledged, number = [], 0
    store = open_backend(OpenContext(root=root, durability="fsync", max_segment_bytes=100_000))
    for _ in range(rounds):
        store.append([_event(number, size)])
        acknowledged.append(number)
        ballast = small_disk / "ballast"
        subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=4096"], capture_output=True, check=False)
        refused = 0
        while refused < 3:
            number += 1
            try:
                store.append([_event(number, size)])
            except StorageFullError:
                refused += 1
            else:
                acknowledged.append(number)
        failures = []
        for care in (store.compact, store.rebuild_indexes):
            try:
                care()
            except ContextaError as error:
                failures.append(error)
        codes = [error.code for error in failures if not isinstance(error, StorageFullError)]
        assert set(codes) <= {"record_store_index_failed"}
        assert [int(each.record["id"][1:]) for each in store.scan()] == acknowledged
        assert store.counts("run:p.full") == {"event": len(acknowledged)}
        ballast.unlink()
        number += 1
        store.append([_event(number, 50)])
        acknowledged.append(number)
        number += 1
    store.close()
    with open_backend(OpenContext(root=root, durability="fsync")) as later:
        assert [int(each.record["id"][1:]) for each in later.scan()] == acknowledged
        later.compact()
        assert later.rebuild_indexes().performed
        assert later.counts("run:p.full") == {"event": len(acknowledged)}
        assert {finding.severity for finding in later.check_integrity()} <= {"warning"}


@pytest.mark.parametrize("count", [50, pytest.param(1_000, marks=pytest.mark.campaign)])
def test_what_the_facade_acknowledged_is_found_by_every_way_of_asking(workspace, count, tmp_path):
    """Every kind of record that one process captured is in another opening's queries, exports and imports (R20)."""
    with Contexta(workspace=str(workspace)) as ctx, ctx.run("all kinds") as run, run.stage("train") as stage:
        for number in range(count):
            stage.metric("loss", number / 7, step=number)
            stage.event(f"event.{number}", message=f"event {number}")
            stage.span(f"span-{number}")
            stage.metric("bad", float("nan"), step=number)
    with Contexta(workspace=str(workspace)) as ctx:
        kinds = [record.record_type for record in ctx.repository.list_records(run_id=run.ref)]
        counts = {kind: kinds.count(kind) for kind in set(kinds)}
        assert {"metric": count, "span": count}.items() <= counts.items()
        # A number that is none leaves an event and a marker.
        assert (counts["event"], counts["degraded"]) == (2 * count, count)
        snapshot = ctx.get_run_snapshot(run.ref)
        assert len(snapshot.records) == len(kinds) == ctx.repository.count_records(run.ref)
        assert [point.step for point in ctx.repository.metric_points(run.ref, "loss")] == list(range(count))
        assert ctx.repository.metric_arrays(run.ref, "loss").steps.tolist() == list(range(count))
        exported = ctx.record_store.export_jsonl(tmp_path / "all.jsonl")
        assert exported.record_count == len(kinds)
    with Contexta(workspace=str(tmp_path / "elsewhere")) as ctx:
        assert ctx.record_store.import_jsonl(tmp_path / "all.jsonl").imported_count == len(kinds)
        assert sum(1 for _ in ctx.record_store.scan()) == len(kinds)
