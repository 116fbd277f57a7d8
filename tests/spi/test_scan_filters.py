"""Scan filters: what matches, by hand and against an independent reading of the same conditions."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.errors import ValidationError
from contexta.spi.records import ScanFilter

RECORD = {
    "type": "metric",
    "id": "a1",
    "run": "run:p.r",
    "stage": "stage:p.r.s",
    "batch": "batch:p.r.s.b",
    "sample": "sample:p.r.s.b.x",
    "key": "loss",
    "value": 1.0,
    "time": "2024-01-01T00:00:00.500Z",
    "tags": {"split": "val", "rank": "0"},
}


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({}, True),
        ({"run_ref": "run:p.r"}, True),
        ({"run_ref": "run:p.other"}, False),
        ({"stage_execution_ref": "stage:p.r.s"}, True),
        ({"stage_execution_ref": "stage:p.r.t"}, False),
        ({"batch_execution_ref": "batch:p.r.s.c"}, False),
        ({"sample_observation_ref": "sample:p.r.s.b.x"}, True),
        ({"record_type": "metric"}, True),
        ({"record_type": "event"}, False),
        ({"key": "loss"}, True),
        ({"key": "los"}, False),
        ({"tags": {"split": "val"}}, True),
        ({"tags": {"split": "val", "rank": "0"}}, True),
        ({"tags": {"split": "val", "rank": "1"}}, False),
        ({"tags": {"none": "x"}}, False),
        ({"start_time": "2024-01-01T00:00:00.5Z"}, True),
        ({"end_time": "2024-01-01T00:00:00.5Z"}, True),
        ({"start_time": "2024-01-01T00:00:00.500000001Z"}, False),
        ({"end_time": "2024-01-01T00:00:00Z"}, False),
        ({"start_time": "2024-01-01T01:00:00.4+01:00", "end_time": "2024-01-01T00:00:01Z"}, True),
        ({"run_ref": "run:p.r", "key": "loss", "record_type": "event"}, False),
    ],
)
def test_every_given_field_must_match(fields, matches):
    """A filter matches when each of its conditions does; bounds of time belong to the range."""
    assert ScanFilter(**fields).matches(RECORD) is matches


@pytest.mark.parametrize("missing", ["stage", "batch", "sample", "tags", "key"])
def test_a_missing_field_matches_no_condition_on_it(missing):
    """A record without a field is not found by a condition on that field."""
    record = {name: value for name, value in RECORD.items() if name != missing}
    conditions = {
        "stage": {"stage_execution_ref": "stage:p.r.s"},
        "batch": {"batch_execution_ref": "batch:p.r.s.b"},
        "sample": {"sample_observation_ref": "sample:p.r.s.b.x"},
        "tags": {"tags": {"split": "val"}},
        "key": {"key": "loss"},
    }
    assert ScanFilter(**conditions[missing]).matches(RECORD)
    assert not ScanFilter(**conditions[missing]).matches(record)
    assert ScanFilter().matches(record)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"record_type": "song"}, "record_store_invalid_record_type"),
        (
            {"start_time": "2024-01-01T00:00:00.1Z", "end_time": "2024-01-01T00:00:00Z"},
            "record_store_invalid_time_range",
        ),
        ({"start_time": "yesterday"}, None),
    ],
)
def test_filters_that_cannot_be_are_refused(fields, code):
    """An unknown type, a range that ends before it starts and an unreadable time are ValidationErrors."""
    with pytest.raises(ValidationError) as caught:
        ScanFilter(**fields)
    assert code in {None, caught.value.code}


def test_a_whole_second_starts_a_range_that_ends_within_it():
    """The range from 00Z to 00.5Z is no error, though its texts sort the other way."""
    made = ScanFilter(start_time="2024-01-01T00:00:00Z", end_time="2024-01-01T00:00:00.5Z")
    assert made.matches(RECORD)


TIMES = st.datetimes(datetime(2024, 1, 1), datetime(2024, 1, 2))  # noqa: DTZ001 - all of one zone


@given(TIMES, TIMES, TIMES)
def test_times_match_as_instants(observed, one, other):
    """A range holds a record exactly when its instant lies between the bounds, whatever the texts look like."""
    start, end = sorted([one, other])
    made = ScanFilter(start_time=start.isoformat() + "Z", end_time=end.isoformat() + "Z")
    assert made.matches({"time": observed.isoformat() + "Z"}) is (start <= observed <= end)
