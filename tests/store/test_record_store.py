"""The public record store: receipts, idempotence, replay, export, import, integrity, repair, compaction."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from contexta.config import load_config
from contexta.contract import to_json
from contexta.errors import (
    ConflictError,
    NotFoundError,
    ReadOnlyStoreError,
    RecordError,
    StoreAccessError,
    ValidationError,
)
from contexta.spi.flat import restore
from contexta.store.records import (
    DurabilityStatus,
    IntegrityState,
    RecordStore,
    ReplayMode,
    ScanFilter,
    apply_repairs,
    check_integrity,
    export_jsonl,
    import_jsonl,
    iter_replay,
    plan_repairs,
    repair_truncated_tails,
    replay,
)


def record(record_id, *, run="run:p.r", value=0.5, second=0):
    """Return a canonical metric record."""
    return restore(
        {
            "type": "metric",
            "id": record_id,
            "run": run,
            "key": "loss",
            "value": value,
            "time": f"2026-01-31T12:00:{second:02d}Z",
        }
    )


@pytest.fixture
def opened(tmp_path):
    """Open stores on one plane, by default; all are closed at the end."""
    stores = []

    def open_store(name="ws", **settings):
        settings = {"durability_mode": "flush", **settings}
        config = load_config(workspace=tmp_path / name, config={"records": settings}, use_env=False)
        stores.append(RecordStore(config))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


def ids(store, scan_filter=None):
    """Return the identifiers of the records that a scan yields."""
    return [each.flat["id"] for each in store.scan(scan_filter)]


def segments(tmp_path, suffix="seg"):
    """Return the segment files."""
    return sorted((tmp_path / "ws" / "records" / "segments").glob(f"*.{suffix}"))


def spoil(path, needle):
    """Flip one bit behind a text of a file."""
    data = bytearray(path.read_bytes())
    data[data.index(needle) + len(needle)] ^= 1
    path.write_bytes(data)


# -- appending --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "status", "durable"),
    [("fsync", DurabilityStatus.FSYNCED, 3), ("flush", DurabilityStatus.FLUSHED, 0)],
)
def test_a_receipt_says_where_and_how_safe(opened, mode, status, durable):
    """Place and durability of one record and of a batch are those that a scan and the configuration say."""
    store = opened(durability_mode=mode)
    receipt = store.append(record("a"))
    result = store.append_many([record(each) for each in "bcd"])
    assert (receipt.durability_status, receipt.repeated, receipt.record_ref) == (
        status,
        False,
        "record:p.r.a",
    )
    assert (result.accepted_count, result.rejected_count, result.success) == (3, 0, True)
    assert (result.durability_status, result.durable_count) == (status, durable)
    told = [(each.segment_id, each.sequence, each.offset) for each in (receipt, *result.accepted)]
    assert told == [(each.segment_id, each.sequence, each.offset) for each in store.scan()]


def test_the_same_record_twice_is_one(opened):
    """By single appends, in one batch, over two openings: one record, and receipts that name its place."""
    store = opened()
    first = store.append(record("a"))
    second = store.append(record("a"))
    batch = store.append_batch([record("a"), record("b"), record("b")])
    other = opened().append(record("b"))
    assert ids(store) == ["a", "b"]
    assert [each.repeated for each in (first, second, *batch.accepted, other)] == [
        False,
        True,
        True,
        False,
        True,
        True,
    ]
    assert (second.segment_id, second.sequence) == (first.segment_id, first.sequence)
    assert other.offset == batch.accepted[1].offset == batch.accepted[2].offset


def test_another_body_under_a_reference_is_a_conflict(opened):
    """The store keeps what it has; alone it raises, in a batch the others are appended."""
    store = opened()
    store.append(record("a"))
    with pytest.raises(ConflictError, match=r"record:p\.r\.a") as caught:
        opened().append(record("a", value=0.25))
    assert caught.value.code == "record_store_conflict"
    result = store.append_many([record("b"), record("a", value=0.25), record("c"), record("c", value=2.0)])
    assert [(each.index, each.code, each.record_ref) for each in result.rejected] == [
        (1, "record_store_conflict", "record:p.r.a"),
        (3, "record_store_conflict", "record:p.r.c"),
    ]
    assert [(each.flat["id"], each.flat["value"]) for each in store.scan()] == [
        ("a", 0.5),
        ("b", 0.5),
        ("c", 0.5),
    ]


def test_what_another_store_appended_meanwhile_is_known(opened):
    """Two open stores that take turns see each other's records."""
    one, two = opened(), opened()
    for number in range(4):
        assert not (one, two)[number % 2].append(record(f"r{number}")).repeated
        assert (two, one)[number % 2].append(record(f"r{number}")).repeated
    assert sorted(ids(one)) == ["r0", "r1", "r2", "r3"]


def test_what_is_no_record_is_rejected_by_itself(opened):
    """A thing without an envelope is an error of its own code alone, a rejection in a batch."""
    store = opened()
    with pytest.raises(ValidationError) as caught:
        store.append({"type": "metric"})
    assert caught.value.code == "record_store_unsupported_record"
    result = store.append_many([{"type": "metric"}, record("a"), None])
    assert ([each.index for each in result.rejected], ids(store)) == ([0, 2], ["a"])
    assert store.append_many([]).success


def test_a_read_only_store_reads_and_refuses(opened):
    """Appending, compacting and repairing are refused; reading, replaying and checking work."""
    opened().append(record("a"))
    store = opened(read_only=True)
    for act in (lambda: store.append(record("b")), store.compact):
        with pytest.raises(ReadOnlyStoreError):
            act()
    assert (ids(store), replay(store).record_count, check_integrity(store).healthy) == (["a"], 1, True)


def test_threads_append_the_same_records_once(opened):
    """Eight threads that append the same twenty records leave twenty."""
    store = opened()
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda number: store.append(record(f"r{number % 20}")), range(160)))
    assert sum(not each.repeated for each in receipts) == 20
    assert len(ids(store)) == 20


def test_a_deleted_runs_records_are_refused(opened):
    """A record that would never be read again is not acknowledged."""
    store = opened()
    store.append_many([record("a"), record("b", run="run:p.other")])
    store.backend.delete_runs(["run:p.r"])
    with pytest.raises(NotFoundError) as caught:
        store.append(record("c"))
    assert caught.value.code == "record_store_run_deleted"
    assert ids(store) == ["b"]


def test_filters_of_a_scan(opened):
    """Run, key and time choose; the ends of a range belong to it."""
    store = opened()
    store.append_many([record(f"a{second}", second=second) for second in range(5)])
    store.append(record("b", run="run:p.other", second=2))
    assert ids(store, ScanFilter(run_ref="run:p.r")) == ["a0", "a1", "a2", "a3", "a4"]
    inside = ScanFilter(run_ref="run:p.r", start_time="2026-01-31T12:00:01Z", end_time="2026-01-31T12:00:03Z")
    assert ids(store, inside) == ["a1", "a2", "a3"]
    assert ids(store, ScanFilter(key="other")) == []


# -- replay, export, import ---------------------------------------------------------------------------------------


def test_a_replay_of_a_whole_store(opened):
    """Every record, canonical and in order; nothing is known to be missing."""
    store = opened()
    written = [record(f"a{second}", second=second) for second in range(3)]
    store.append_many(written)
    result = replay(store)
    assert (result.records, result.record_count, result.mode) == (tuple(written), 3, ReplayMode.STRICT)
    assert (result.warnings, result.known_gaps, result.integrity_state) == ((), (), IntegrityState.HEALTHY)
    assert list(iter_replay(store, ScanFilter(key="loss"))) == written
    assert store.replay(mode=ReplayMode.LENIENT).records == tuple(written)


def test_damage_stops_a_strict_replay_and_is_named_by_a_lenient_one(opened, tmp_path):
    """One flipped bit: strict raises and exports nothing, lenient gives the rest and says where the gap is."""
    store = opened()
    store.append_many([record(each) for each in "abc"])
    store.close()
    (path,) = segments(tmp_path)
    spoil(path, b'"id":"')
    store = opened()
    for act in (lambda: replay(store), lambda: export_jsonl(store, tmp_path / "out.jsonl")):
        with pytest.raises(RecordError) as caught:
            act()
        assert caught.value.code == "record_replay_unhealthy_store"
    assert not (tmp_path / "out.jsonl").exists()
    result = replay(store, mode=ReplayMode.LENIENT)
    assert (result.record_count, result.integrity_state) == (2, IntegrityState.CORRUPTED)
    assert ("checksum", path.stem, 1) in [
        (gap.code, gap.segment_id, gap.line_number) for gap in result.known_gaps
    ]
    assert export_jsonl(store, tmp_path / "out.jsonl", mode=ReplayMode.LENIENT).record_count == 2


def test_a_record_of_another_version_is_a_gap(opened):
    """What is whole but not readable stops a strict replay and is named by a lenient one."""
    store = opened()
    store.append(record("a"))
    store.backend.append([next(iter(store.scan())).flat | {"id": "later", "schema": "2.0.0"}])
    with pytest.raises(RecordError):
        replay(store)
    result = replay(store, mode="tolerant")
    assert (result.record_count, [gap.record_ref for gap in result.known_gaps]) == (1, ["record:p.r.later"])


def test_lenient_is_tolerant():
    """Both names of the mode are one."""
    assert ReplayMode.LENIENT is ReplayMode.TOLERANT
    assert ReplayMode("tolerant") is ReplayMode.LENIENT


def test_an_export_is_canonical_json_and_imports_again(opened, tmp_path):
    """What comes out is what to_json says, one object on a line; imported elsewhere it is the same store."""
    store = opened()
    written = [record(f"a{second}", second=second) for second in range(5)]
    store.append_many(written)
    result = export_jsonl(store, tmp_path / "out.jsonl")
    assert (result.records, result.record_count) == ((), 5)
    assert (tmp_path / "out.jsonl").read_text().splitlines() == [to_json(each) for each in written]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "ws"]
    other = opened("elsewhere")
    for expected in ((5, 5, 0), (5, 0, 5)):
        found = import_jsonl(other, tmp_path / "out.jsonl")
        assert (found.read_count, found.imported_count, found.repeated_count) == expected
        assert found.success
    assert replay(other).records == tuple(written)


def test_an_export_chooses_by_filter_and_replaces_a_file(opened, tmp_path):
    """Only what matches is exported; a file that was there is replaced as a whole."""
    store = opened()
    store.append_many([record("a"), record("b", run="run:p.other")])
    target = tmp_path / "out.jsonl"
    target.write_text("old\n" * 1000)
    export_jsonl(store, str(target), ScanFilter(run_ref="run:p.other"))
    assert [json.loads(line)["envelope"]["record_ref"] for line in target.read_text().splitlines()] == [
        "record:p.other.b"
    ]
    store.export_jsonl(target)
    assert len(target.read_text().splitlines()) == 2


def test_an_export_that_cannot_be_written_leaves_nothing(opened, tmp_path):
    """A directory that is missing is a typed error."""
    store = opened()
    store.append(record("a"))
    with pytest.raises(StoreAccessError) as caught:
        export_jsonl(store, tmp_path / "missing" / "out.jsonl")
    assert caught.value.code == "record_export_failed"


def test_lines_of_a_segment_can_be_imported(opened, tmp_path):
    """A flat record as it stands in a segment is read, too; header and seal are no records and are named."""
    store = opened()
    store.append_many([record("a"), record("b")])
    store.close()
    (path,) = segments(tmp_path)
    other = opened("elsewhere")
    result = other.import_jsonl(path, mode=ReplayMode.LENIENT)
    assert (result.imported_count, [each.index for each in result.rejected]) == (2, [1, 4])
    assert ids(other) == ["a", "b"]


BAD_LINES = [
    b"{",
    b"[1]",
    b'"text"',
    b"\xff\xfe",
    b'{"envelope": 7}',
    b'{"envelope": {"record_type": "odd"}}',
]


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_bad_line_stops_a_strict_import_before_it_begins(opened, tmp_path, line):
    """Strict imports nothing; lenient imports the rest and names the line."""
    store = opened()
    good = to_json(record("a")).encode(), to_json(record("b")).encode()
    source = tmp_path / "in.jsonl"
    source.write_bytes(b"\n".join([good[0], b"", line, good[1]]))
    with pytest.raises(RecordError) as caught:
        import_jsonl(store, source)
    assert (caught.value.code, caught.value.details["line"]) == ("record_import_invalid_line", 3)
    assert ids(store) == []
    result = import_jsonl(store, source, mode=ReplayMode.LENIENT)
    assert (result.read_count, result.imported_count, result.success) == (3, 2, False)
    assert ([each.index for each in result.rejected], ids(store)) == ([3], ["a", "b"])


def test_an_overlong_line_is_passed_in_bounded_memory(opened, tmp_path, monkeypatch):
    """What is longer than any record is one bad line, however long."""
    monkeypatch.setattr("contexta.store.records.importing._LONGEST_LINE_BYTES", 4_096)
    source = tmp_path / "in.jsonl"
    source.write_bytes(b"x" * 50_000 + b"\n" + to_json(record("a")).encode() + b"\n")
    store = opened()
    result = import_jsonl(store, source, mode=ReplayMode.LENIENT)
    assert ([each.index for each in result.rejected], ids(store)) == ([1], ["a"])


def test_conflicts_and_deleted_runs_are_said_by_an_import(opened, tmp_path):
    """What the store would not keep is not counted as imported."""
    store = opened()
    store.append_many([record("a"), record("b", run="run:p.gone")])
    export_jsonl(store, tmp_path / "out.jsonl")
    store.backend.delete_runs(["run:p.gone"])
    with pytest.raises(RecordError) as caught:
        import_jsonl(store, tmp_path / "out.jsonl")
    assert (caught.value.code, caught.value.details["line"]) == ("record_import_rejected", 2)
    other = opened("elsewhere")
    other.append(record("a", value=9.0))
    result = import_jsonl(other, tmp_path / "out.jsonl", mode=ReplayMode.LENIENT)
    assert [each.code for each in result.rejected] == ["record_store_conflict"]
    assert result.imported_count == 1


def test_a_missing_file_is_a_typed_error(opened, tmp_path):
    """Nothing raw reaches the caller."""
    with pytest.raises(StoreAccessError):
        import_jsonl(opened(), tmp_path / "missing.jsonl")


# -- care -----------------------------------------------------------------------------------------------------------


def abandon(tmp_path):
    """Turn the sealed segment into one that a dead writer left with a torn tail."""
    (path,) = segments(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.with_suffix(".open").write_bytes(b"".join(lines[:-1]) + b'{"n":4,"ty')
    path.unlink()


def test_a_torn_tail_is_planned_previewed_and_repaired(opened, tmp_path):
    """The plan says what is done, nothing is done before it is applied, and then the store is healthy."""
    store = opened()
    store.append_many([record(each) for each in "abc"])
    store.close()
    abandon(tmp_path)
    store = opened()
    report = check_integrity(store)
    assert (report.state, [issue.code for issue in report.issues]) == (IntegrityState.DEGRADED, ["torn_tail"])
    plan = plan_repairs(store, report)
    assert (plan.actions, plan.ok) == (("adopt_segment",), False)
    assert "adopt_segment" in store.preview_repairs(plan).summary_lines[1]
    assert len(segments(tmp_path, "open")) == 1
    result = store.apply_repairs(plan)
    assert (result.ok, [each.status for each in result.outcomes]) == (True, ["applied"])
    assert (ids(store), len(segments(tmp_path))) == (["a", "b", "c"], 1)
    (kept,) = (tmp_path / "ws" / "records" / "segments" / "quarantine").iterdir()
    assert kept.read_bytes() == b'{"n":4,"ty'
    assert [each.status for each in apply_repairs(store, plan).outcomes] == ["skipped"]


def test_damage_in_the_middle_is_left_to_people(opened, tmp_path):
    """Nothing that a program could do brings the record back, so nothing is done."""
    store = opened()
    store.append_many([record(each) for each in "abc"])
    store.close()
    (path,) = segments(tmp_path)
    spoil(path, b'"id":"')
    before = path.read_bytes()
    store = opened()
    plan = store.plan_repairs()
    assert set(plan.actions) == {"review_damage"}
    result = store.apply_repairs(plan)
    assert ({each.status for each in result.outcomes}, result.ok) == ({"skipped"}, False)
    assert repair_truncated_tails(store).outcomes == ()
    assert path.read_bytes() == before


def test_a_healthy_store_needs_nothing(opened):
    """The plan of a whole store is empty, and applying it changes nothing."""
    store = opened()
    store.append(record("a"))
    assert store.preview_repairs().summary_lines == ("Nothing needs to be repaired.",)
    assert store.apply_repairs().ok


def test_compaction_through_the_public_store(opened, tmp_path):
    """Several openings' segments become one, with the same records."""
    for name in "abc":
        store = opened()
        store.append(record(name))
        store.close()
    report = opened().compact()
    assert (report.performed, report.segments_before, report.segments_after) == (True, 3, 1)
    assert (ids(opened()), len(segments(tmp_path))) == (["a", "b", "c"], 1)


def test_a_forked_child_appends_through_the_parents_store(opened):
    """What parent and child append is there once each; the child's copy of a record is a repetition."""
    store = opened()
    store.append(record("parent"))
    child = os.fork()
    if child == 0:
        receipts = [store.append(record("parent")), store.append(record("child"))]
        os._exit(0 if [each.repeated for each in receipts] == [True, False] else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert store.append(record("child")).repeated
    assert ids(store) == ["parent", "child"]
