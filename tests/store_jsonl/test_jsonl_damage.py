"""Damaged segments: the rest is read, the damage is reported."""

from __future__ import annotations

from contexta.log import LogWriter
from contexta.spi.records import ScanFilter

RUN = "run:p.r"


def fill(store, count: int = 20) -> None:
    """Append points with the step as their value."""
    series = store.open_series({"type": "metric", "run": RUN, "key": "loss"})
    for i in range(count):
        store.append_point(series, f"m{i:02}", float(i), f"2026-03-01T10:00:{i:02}Z", i)


def segment_in(tmp_path):
    """Return the store's one segment."""
    (segment,) = (tmp_path / "records" / "segments").iterdir()
    return segment


def test_a_flipped_digit_in_the_middle_costs_one_record(open_store, tmp_path) -> None:
    """The other records are read by every way of asking, and the place is reported as an error."""
    with open_store() as store:
        fill(store)
    segment = segment_in(tmp_path)
    data = segment.read_bytes()
    segment.write_bytes(data.replace(b'"value":7.0', b'"value":9.0'))
    store = open_store(read_only=True)
    left = [f"m{i:02}" for i in range(20) if i != 7]
    assert [stored.record["id"] for stored in store.scan()] == left
    assert [stored.record["id"] for stored in store.scan(ScanFilter(run_ref=RUN))] == left
    assert [point.record_id for point in store.points(RUN, "loss")] == left
    assert store.counts(RUN) == {"metric": 19}
    assert store.summaries()[0].count == 19
    place = data.index(b'{"n":8,')
    findings = {(finding.code, finding.severity): finding for finding in store.check_integrity()}
    assert findings["checksum", "error"].location == f"segments/{segment.stem}:{place}"


def test_a_lost_newline_costs_nothing(open_store, tmp_path) -> None:
    """Two lines glued together are both read, whatever part of the segment is asked for."""
    with open_store() as store:
        fill(store)
    segment = segment_in(tmp_path)
    segment.write_bytes(segment.read_bytes().replace(b'\n{"n":5,', b'{"n":5,'))
    store = open_store(read_only=True)
    assert len(list(store.scan())) == 20
    assert store.summaries()[0].count == 20
    assert len(store.points(RUN, "loss")) == 20
    assert store.check_integrity() != []


def test_the_torn_tail_of_a_dead_writer_is_no_loss(open_store, tmp_path) -> None:
    """An incomplete last line was never acknowledged: it is skipped, and reported as a warning."""
    with open_store() as store:
        fill(store)
    segment = segment_in(tmp_path)
    data = segment.read_bytes()
    segment.unlink()
    torn = data[: data.index(b'{"n":11,') + 30]
    segment.with_suffix(".open").write_bytes(torn)
    store = open_store(read_only=True)
    assert store.counts(RUN) == {"metric": 10}
    assert [(finding.code, finding.severity) for finding in store.check_integrity()] == [
        ("torn_tail", "warning")
    ]


def test_a_whole_line_that_is_no_flat_record_is_skipped_and_reported(open_store, tmp_path) -> None:
    """What another program framed well but filled badly stops no read; a whole store has no findings."""
    with open_store() as store:
        fill(store, 3)
        assert store.check_integrity() == []
    with LogWriter(tmp_path / "records" / "segments", durability="flush") as log:
        log.append(b'"type":"verdict","id":"v1","run":"run:p.r","time":"2026-03-01T10:00:00Z"')
        log.append(
            b'"type":"metric","id":"v2","run":"run:p.r","key":"loss","value":"1","time":"2026-03-01T10:00:00Z"'
        )
        log.append(b'"type":"metric","id":"v3","run":"run:p.r","key":"loss","time":"2026-03-01T10:00:00Z"')
        log.append(b"no JSON at all")
        log.append(b'"type":"event","id":"v4","run":"run:p.r","time":"2026-03-01T10:00:00Z"')
    store = open_store(read_only=True)
    assert [stored.record["id"] for stored in store.scan()] == ["m00", "m01", "m02", "v4"]
    assert store.counts(RUN) == {"metric": 3, "event": 1}
    assert [summary.count for summary in store.summaries()] == [3]
    assert len(store.points(RUN, "loss")) == 3
    findings = store.check_integrity()
    assert [(finding.code, finding.ref) for finding in findings] == [
        ("invalid_record", "v1"), ("invalid_record", "v2"), ("invalid_record", "v3"), ("invalid_record", None),
    ]  # fmt: skip
    assert all(finding.location.startswith("segments/") for finding in findings)


def test_a_series_that_was_damaged_after_it_was_read_is_left_out_of_a_repeated_run(
    open_store, tmp_path
) -> None:
    """A run that must be read once more shows what is left of it, also where nothing is left of a metric."""
    points = [
        {
            "type": "metric",
            "id": f"m{i}",
            "run": RUN,
            "key": key,
            "value": 1.0,
            "time": f"2026-03-01T10:00:0{i}Z",
        }
        for i, key in enumerate(("loss", "accuracy", "loss"))
    ]
    with open_store() as store:
        store.append(points)
    reader = open_store(read_only=True)
    assert {summary.key: summary.count for summary in reader.summaries()} == {"loss": 2, "accuracy": 1}
    segment = segment_in(tmp_path)
    segment.write_bytes(segment.read_bytes().replace(b'"accuracy"', b'"accurasy"'))
    open_store().append(points[:1])
    assert {summary.key: summary.count for summary in reader.summaries()} == {"loss": 2}
