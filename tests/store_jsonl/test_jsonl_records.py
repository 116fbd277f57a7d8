"""Appending and scanning flat records."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexta.errors import ReadOnlyStoreError, StoreAccessError, ValidationError
from contexta.spi.context import OpenContext
from contexta.spi.records import ScanFilter
from contexta_store_jsonl.backend import open_backend

EVENT = {"type": "event", "id": "e1", "run": "run:p.r", "key": "started", "time": "2026-03-01T10:00:00Z"}
METRIC = {
    "type": "metric", "id": "m1", "run": "run:p.r", "key": "loss", "value": 0.5, "time": "2026-03-01T10:00:01.250000Z",
}  # fmt: skip


def records_of(store, scan_filter=None):
    """Return the flat records of a scan."""
    return [stored.record for stored in store.scan(scan_filter)]


def test_records_come_back_as_they_went_in(open_store) -> None:
    """Every field returns with its value and type, unknown and nested ones included, in the order of appending."""
    rich = EVENT | {
        "id": "e2", "tags": {"b": "2", "a": "1"}, "x-new": {"deep": [1, 2.5, None, True, {"k": "v"}]},
        "message": 'Grüße, 世界 \U0001f600 "quoted" \\ \n\t\u2028',
    }  # fmt: skip
    store = open_store()
    store.append([EVENT, METRIC])
    store.append([rich])
    assert records_of(store) == [EVENT, METRIC, rich]
    assert type(records_of(store)[1]["value"]) is float


def test_places_of_append_and_scan_agree(open_store) -> None:
    """What append says of where a record stands is what a scan says, also across segments."""
    store = open_store(max_segment_bytes=600)
    told = [place for i in range(9) for place in store.append([EVENT | {"id": f"e{i}"}])]
    assert list(store.scan()) == told
    assert len({place.segment for place in told}) > 1


def test_a_line_is_json_with_the_queried_fields_first(open_store, tmp_path) -> None:
    """The stored line can be read with any JSON tool, and its members stand in the documented order."""
    store = open_store()
    store.append([{"unit": "nats", "step": 3, "stage": "stage:p.r.s", **dict(reversed(METRIC.items()))}])
    (segment,) = (tmp_path / "records" / "segments").iterdir()
    line = json.loads(segment.read_text(encoding="utf-8").splitlines()[1])
    assert list(line) == ["n", "type", "id", "run", "stage", "key", "value", "step", "time", "unit", "c"]
    assert stat.S_IMODE(segment.stat().st_mode) == 0o600
    assert stat.S_IMODE(segment.parent.stat().st_mode) == 0o700


def test_nothing_is_created_before_the_first_append(open_store, tmp_path) -> None:
    """Opening, reading, checking, an empty batch and closing leave no directory behind."""
    store = open_store()
    assert records_of(store) == []
    assert records_of(store, ScanFilter(run_ref="run:p.r")) == []
    assert list(store.append([])) == []
    assert store.check_integrity() == []
    assert store.summaries() == []
    assert store.counts("run:p.r") == {}
    assert store.points("run:p.r", "loss") == []
    store.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"type": "metrics"}, {"type": None}, {"id": ""}, {"run": None}, {"time": "yesterday"},
        {"time": "2026-02-30T00:00:00Z"}, {"time": "2026-03-01T10:00:00+01:00"}, {"value": float("nan")},
        {"value": float("inf")}, {"value": True}, {"value": "0.5"}, {"value": 10**400}, {"key": ""}, {"step": 1.5},
        {"stage": 7}, {"n": 1}, {"c": "x"}, {"extra": {"deep": [float("-inf")]}}, {"extra": object()},
        {"message": "\ud800"},
    ],
)  # fmt: skip
def test_what_is_no_flat_record_is_refused_with_its_whole_batch(open_store, change) -> None:
    """A record that breaks the contract or that JSON cannot say is refused by code, and its batch with it."""
    store = open_store()
    with pytest.raises(ValidationError) as caught:
        store.append([EVENT, METRIC | change])
    assert caught.value.code == "record_store_invalid_record"
    assert records_of(store) == []


def test_a_leap_day_is_a_time(open_store) -> None:
    """29 February is refused in 2026 and taken in 2028, with any number of digits in the fraction."""
    store = open_store()
    store.append([EVENT | {"time": "2028-02-29T23:59:59.123Z"}])
    with pytest.raises(ValidationError):
        store.append([EVENT | {"time": "2026-02-29T00:00:00Z"}])
    assert [record["time"] for record in records_of(store)] == ["2028-02-29T23:59:59.123Z"]


def test_a_read_only_store_refuses_writes_and_creates_nothing(open_store, tmp_path) -> None:
    """Each way of writing raises ReadOnlyStoreError with the documented code."""
    store = open_store(read_only=True)
    series = store.open_series({"type": "metric", "run": "run:p.r", "key": "loss"})
    point = (series, "m1", 0.5, "2026-03-01T10:00:00Z", None)
    for write in (
        lambda: store.append([EVENT]),
        lambda: store.append_point(*point),
        lambda: store.append_points([point]),
    ):
        with pytest.raises(ReadOnlyStoreError) as caught:
            write()
        assert caught.value.code == "record_store_read_only"
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_store_sees_what_another_one_appends(open_store) -> None:
    """A record is there for every reader as soon as its append returned."""
    writer, reader = open_store(), open_store(read_only=True)
    for i in range(3):
        writer.append([EVENT | {"id": f"e{i}"}])
        assert len(records_of(reader)) == len(records_of(reader, ScanFilter(run_ref="run:p.r"))) == i + 1


def test_a_closed_store_refuses_appends_and_closes_twice(open_store) -> None:
    """After close an append raises; closing again does nothing, and what was appended stays readable."""
    store = open_store()
    store.append([EVENT])
    store.close()
    store.close()
    with pytest.raises(StoreAccessError) as caught:
        store.append([EVENT])
    assert caught.value.code == "record_store_closed"
    assert records_of(open_store(read_only=True)) == [EVENT]


def test_a_replayed_record_is_read_once(open_store) -> None:
    """The same record appended by a second writer, whatever the order of its fields, is a repetition."""
    first, second = open_store(), open_store()
    batch = [EVENT, METRIC | {"tags": {"a": "1", "b": "2"}, "unit": "nats"}]
    first.append(batch)
    second.append([dict(reversed(record.items())) for record in batch] + [EVENT | {"id": "e2"}])
    assert records_of(first) == [*batch, EVENT | {"id": "e2"}]
    assert records_of(first, ScanFilter(run_ref="run:p.r", key="loss")) == [batch[1]]
    assert first.counts("run:p.r") == {"event": 2, "metric": 1}
    assert [summary.count for summary in first.summaries()] == [1]
    assert len(first.points("run:p.r", "loss")) == 1


def test_records_that_differ_under_one_identifier_are_both_kept(open_store) -> None:
    """Only byte-equal records are repetitions; neither of two different ones is thrown away."""
    first, second = open_store(), open_store()
    first.append([METRIC])
    second.append([METRIC | {"value": 0.75}])
    assert sorted(record["value"] for record in records_of(first)) == [0.5, 0.75]
    assert first.counts("run:p.r") == {"metric": 2}


TEXTS = st.sampled_from(["a", "b", 'ä"\\', "run"])
RECORDS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["event", "span", "degraded"]),
        "run": TEXTS,
        "time": st.sampled_from(
            ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.500000Z", "2026-03-01T10:00:00.500000001Z"]
        ),
    },
    optional={
        "stage": TEXTS, "batch": TEXTS, "sample": TEXTS, "key": TEXTS,
        "tags": st.dictionaries(TEXTS, TEXTS, max_size=2), "run2": TEXTS,
        "decoy": st.fixed_dictionaries({"run": TEXTS, "key": TEXTS}),
    },
)  # fmt: skip
FILTERS = st.builds(
    ScanFilter,
    run_ref=st.none() | TEXTS,
    stage_execution_ref=st.none() | TEXTS,
    batch_execution_ref=st.none() | TEXTS,
    sample_observation_ref=st.none() | TEXTS,
    record_type=st.sampled_from([None, "event", "span", "metric"]),
    start_time=st.sampled_from([None, "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.25Z"]),
    end_time=st.sampled_from([None, "2026-03-01T10:00:00.5Z", "2026-03-01T10:00:01Z"]),
    key=st.none() | TEXTS,
    tags=st.dictionaries(TEXTS, TEXTS, max_size=1),
)


@given(records=st.lists(RECORDS, max_size=20), scan_filter=FILTERS)
@settings(max_examples=80)
def test_a_scan_yields_exactly_what_the_filter_matches(records, scan_filter) -> None:
    """Whatever is pushed down to bytes and segments, the answer is that of ScanFilter.matches on every record."""
    numbered = [record | {"id": str(number)} for number, record in enumerate(records)]
    with (
        TemporaryDirectory() as root,
        open_backend(OpenContext(root=Path(root), durability="flush", max_segment_bytes=700)) as store,
    ):
        for record in numbered:
            store.append([record])
        expected = [record for record in numbered if scan_filter.matches(record)]
        assert records_of(store, scan_filter) == expected
