"""Compacting records and deleting runs."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager

import pytest

from contexta.errors import ReadOnlyStoreError
from contexta.spi.records import ScanFilter
from contexta_store_jsonl.compaction import _holds_any

TIME = "2026-03-01T10:00:{:02d}Z"


def metric(record_id, *, run="run:p.a", value=1.0, second=0):
    """Return a flat metric record."""
    return {
        "type": "metric",
        "id": record_id,
        "run": run,
        "key": "loss",
        "value": value,
        "time": TIME.format(second),
    }


def ids(store, run=None):
    """Return the identifiers that a scan yields."""
    return [stored.record["id"] for stored in store.scan(ScanFilter(run_ref=run))]


def answers(store):
    """Return everything that the store says, as plain data."""
    return (
        [stored.record for stored in store.scan()],
        sorted(map(repr, store.summaries())),
        [repr(store.points(run, "loss")) for run in ("run:p.a", "run:p.b")],
        [dict(store.counts(run)) for run in ("run:p.a", "run:p.b")],
    )


def fill(open_store, *, runs=("run:p.a", "run:p.b"), openings=3):
    """Write several segments that hold records of several runs each."""
    for opening in range(openings):
        store = open_store(max_segment_bytes=700)
        for second in range(6):
            for run in runs:
                store.append([metric(f"{run[-1]}{opening}{second}", run=run, value=second, second=second)])
        store.close()


def test_compaction_changes_no_answer(open_store) -> None:
    """A scan, summaries, points and counts say the same before and after, in objects opened before and after."""
    fill(open_store)
    before = open_store()
    expected = answers(before)
    report = open_store().compact()
    assert report.performed
    assert (report.segments_after, report.repetitions, report.deleted) == (1, 0, 0)
    assert report.segments_before > 3
    assert report.bytes_after < report.bytes_before
    assert answers(before) == answers(open_store()) == expected
    assert list(before.check_integrity()) == []


def test_repetitions_across_segments_are_dropped_and_others_stay(open_store) -> None:
    """The rule of reading: an earlier segment's very same record makes a repetition, a differing one does not."""
    for record in (metric("x"), metric("x"), metric("x", value=2.0), metric("y")):
        store = open_store()
        store.append([record])
        store.close()
    twice = open_store()
    twice.append([metric("z"), metric("z")])
    twice.close()
    expected = answers(open_store())
    report = open_store().compact()
    assert report.repetitions == 1
    assert answers(open_store()) == expected
    assert ids(open_store()) == ["x", "x", "y", "z", "z"]


def test_a_scan_that_began_before_a_compaction_ends_as_it_began(open_store, monkeypatch) -> None:
    """Every record is yielded once and in order although its segment is replaced in the middle."""
    monkeypatch.setattr("contexta.log.holding._PATIENCE_SECONDS", 0.02)
    fill(open_store)
    store = open_store()
    expected = ids(store)
    scan = store.scan()
    found = [next(scan).record["id"]]
    assert open_store().compact().performed
    found += [stored.record["id"] for stored in scan]
    assert found == expected


def test_compacting_seals_what_is_open_and_appending_goes_on(open_store) -> None:
    """A store that compacts itself takes its own records in, and its next ones stay readable."""
    fill(open_store)
    store = open_store()
    store.append([metric("own")])
    assert store.compact().segments_after == 1
    store.append([metric("later")])
    assert ids(store)[-2:] == ["own", "later"]
    assert list(store.check_integrity()) == []


def test_a_deleted_run_is_gone_at_once_for_everybody(open_store) -> None:
    """Scans, summaries, points and counts leave it out, in objects that had read it, too; the other run stays."""
    fill(open_store)
    reader, other = open_store(), open_store(read_only=True)
    assert len(ids(reader, "run:p.a")) == len(ids(other, "run:p.a")) == 18
    assert open_store().delete_runs(["run:p.a"]) > 0
    for store in (reader, other, open_store()):
        assert ids(store, "run:p.a") == []
        assert len(ids(store)) == len(ids(store, "run:p.b")) == 18
        assert [summary.run for summary in store.summaries()] == ["run:p.b"]
        assert store.summaries(runs=["run:p.a"]) == []
        assert list(store.points("run:p.a", "loss")) == []
        assert (dict(store.counts("run:p.a")), dict(store.counts("run:p.b"))) == ({}, {"metric": 18})
        assert store.deleted_runs() == {"run:p.a"}


def test_the_bytes_of_a_run_are_those_of_its_lines_and_compaction_frees_them(open_store, tmp_path) -> None:
    """What deletion promised is what the lines of the run took; no byte of it is left."""
    fill(open_store)
    store = open_store()
    lines = [
        line
        for path in (tmp_path / "records" / "segments").glob("*.seg")
        for line in path.read_bytes().splitlines(keepends=True)
        if b"run:p.a" in line
    ]
    assert store.run_bytes(["run:p.a", "run:p.none"]) == {
        "run:p.a": sum(map(len, lines)),
        "run:p.none": 0,
    }
    assert store.run_bytes(["run:p.a"]) == {"run:p.a": sum(map(len, lines))}
    assert store.delete_runs(["run:p.a", "run:p.none"]) == sum(map(len, lines))
    assert store.delete_runs(["run:p.a"]) == 0
    assert store.run_bytes(["run:p.a"]) == {"run:p.a": 0}
    report = store.compact()
    assert report.deleted == 18
    left = b"".join(path.read_bytes() for path in (tmp_path / "records" / "segments").glob("*.seg"))
    assert b"run:p.a" not in left
    assert len(ids(open_store())) == 18


def test_what_a_living_writer_appends_to_a_deleted_run_stays_deleted(open_store, tmp_path) -> None:
    """Its open segment is left alone; once it is sealed the lines go with the next compaction."""
    fill(open_store)
    writer = open_store()
    writer.append([metric("w1")])
    store = open_store()
    store.delete_runs(["run:p.a"])
    store.compact()
    writer.append([metric("w2"), metric("w3", run="run:p.b")])
    assert ids(store) == ids(writer) == [*ids(store, "run:p.b")]
    writer.close()
    assert store.compact().deleted == 2
    data = b"".join(path.read_bytes() for path in (tmp_path / "records" / "segments").glob("*.seg"))
    assert b"run:p.a" not in data
    assert ids(store)[-1] == "w3"


def test_a_compaction_does_not_search_again_for_what_is_purged(open_store, monkeypatch) -> None:
    """Once no segment holds a run any more, only later segments are searched for it."""
    fill(open_store)
    store = open_store()
    store.delete_runs(["run:p.a"])
    store.compact()
    searched = []

    def notes(segment, needles):
        searched.append(segment)
        return _holds_any(segment, needles)

    monkeypatch.setattr("contexta_store_jsonl.compaction._holds_any", notes)
    store.compact()
    assert searched == []


def test_a_damaged_tombstone_still_deletes_and_is_named(open_store, tmp_path) -> None:
    """Its name tells whether a run is meant; deleting the run again writes it anew."""
    fill(open_store)
    store = open_store()
    store.delete_runs(["run:p.a"])
    (path,) = (tmp_path / "records" / "deleted").iterdir()
    path.write_bytes(b"{")
    fresh = open_store()
    assert (ids(fresh, "run:p.a"), len(ids(fresh))) == ([], 18)
    assert [finding.code for finding in fresh.check_integrity()] == ["deletion_damaged"]
    fresh.delete_runs(["run:p.a"])
    assert list(open_store().check_integrity()) == []


def test_a_read_only_store_neither_compacts_nor_deletes(open_store) -> None:
    """Both are refused, and the questions are answered."""
    fill(open_store)
    store = open_store(read_only=True)
    with pytest.raises(ReadOnlyStoreError):
        store.compact()
    with pytest.raises(ReadOnlyStoreError):
        store.delete_runs(["run:p.a"])
    assert (store.deleted_runs(), len(ids(store))) == (set(), 36)


@contextmanager
def unwritable(root):
    """Make a store unwritable: by a read-only mount of its own where the tests run as root, else by permissions."""
    if os.geteuid() == 0:
        commands = [["mount", "--bind", root, root], ["mount", "-o", "remount,ro,bind", root]]
        if any(subprocess.run(command, capture_output=True, check=False).returncode for command in commands):
            pytest.skip("this container may not mount")
        try:
            yield
        finally:
            subprocess.run(["umount", root], check=True)
        return
    places = [root, *root.rglob("*")]
    for place in places:
        place.chmod(0o500 if place.is_dir() else 0o400)
    try:
        yield
    finally:
        for place in places:
            place.chmod(0o700)


def test_read_only_media_can_be_read(open_store, tmp_path) -> None:
    """A store that nobody may write answers everything, compacted and with a deletion, and refuses its care."""
    fill(open_store)
    store = open_store()
    store.delete_runs(["run:p.a"])
    store.compact()
    store.close()
    with unwritable(tmp_path / "records"):
        with open_store(read_only=True) as reader:
            assert (len(ids(reader)), dict(reader.counts("run:p.b"))) == (18, {"metric": 18})
            assert list(reader.check_integrity()) == []
        with open_store() as writer:
            with pytest.raises(ReadOnlyStoreError):
                writer.compact()
            with pytest.raises(ReadOnlyStoreError):
                writer.delete_runs(["run:p.b"])
            assert len(ids(writer)) == 18
