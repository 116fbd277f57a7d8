"""Summaries, series and counts by a plain scan: the meaning that every pushdown must match, by hand."""

from __future__ import annotations

import pytest

from contexta.spi.records import StoredFlatRecord
from contexta.spi.series import PlainSeries
from contexta.spi.summaries import PlainSummaries


class Memory:
    """A record backend that is a list."""

    def __init__(self, *records):
        self.records = list(records)

    def append(self, records):
        self.records.extend(records)
        return [StoredFlatRecord(each) for each in records]

    def scan(self, scan_filter=None):
        return (
            StoredFlatRecord(each)
            for each in self.records
            if scan_filter is None or scan_filter.matches(each)
        )


def point(value, second, *, step=None, key="loss", run="run:p.a", stage=None, unit=None, name=""):
    """Build a flat metric at a second of one minute."""
    flat = {"type": "metric", "id": name or f"m{second}", "run": run, "key": key, "value": value}
    flat |= {"time": f"2024-01-01T00:00:{second:02}Z"}
    optional = {"step": step, "stage": stage, "unit": unit}
    return flat | {field: given for field, given in optional.items() if given is not None}


@pytest.fixture
def summary():
    """Return the only summary of some points."""

    def only(*points):
        (found,) = PlainSummaries(Memory(*points)).summaries()
        return found

    return only


def test_numbers_of_a_series(summary):
    """Count, total, mean and extremes are those of the values."""
    found = summary(point(4.0, 1), point(-2.5, 2), point(6.0, 3))
    assert (found.count, found.total, found.mean) == (3, 7.5, 2.5)
    assert (found.least.value, found.greatest.value) == (-2.5, 6.0)


def test_first_and_latest_are_told_by_time_not_by_appending(summary):
    """A point that was appended last but observed first is the first."""
    found = summary(point(2.0, 5), point(3.0, 9), point(1.0, 1))
    assert (found.first.value, found.latest.value) == (1.0, 3.0)


def test_of_equal_times_the_one_appended_last_is_the_latest(summary):
    """Two points of one instant: the first appended is the first, the last appended the latest."""
    found = summary(point(1.0, 5, name="a"), point(2.0, 5, name="b"))
    assert (found.first.record_id, found.latest.record_id) == ("a", "b")


def test_of_equal_values_the_one_observed_first_is_the_extreme(summary):
    """Ties of the extremes are broken by the time of observation."""
    found = summary(
        point(1.0, 5, name="late"), point(1.0, 2, name="early"), point(0.0, 9), point(0.0, 3, name="low")
    )
    assert (found.greatest.record_id, found.least.record_id) == ("early", "low")


def test_the_unit_is_that_of_the_last_point_that_names_one(summary):
    """A point without a unit does not take the unit away."""
    assert summary(point(1.0, 1, unit="s"), point(1.0, 2, unit="ms"), point(1.0, 3)).unit == "ms"


def test_runs_stages_and_keys_are_kept_apart():
    """There is one summary for each run, stage and key, and a stage's points are not the run's."""
    backend = Memory(
        point(1.0, 1),
        point(2.0, 2, stage="stage:p.a.s"),
        point(3.0, 3, key="acc"),
        point(4.0, 4, run="run:p.b"),
    )
    found = {(each.run, each.stage, each.key): each.total for each in PlainSummaries(backend).summaries()}
    assert found == {
        ("run:p.a", None, "loss"): 1.0,
        ("run:p.a", "stage:p.a.s", "loss"): 2.0,
        ("run:p.a", None, "acc"): 3.0,
        ("run:p.b", None, "loss"): 4.0,
    }


@pytest.mark.parametrize(
    ("runs", "keys", "total"),
    [
        (None, None, 10.0),
        (["run:p.a"], None, 6.0),
        (["run:p.a", "run:p.b"], ["loss"], 7.0),
        ([], None, 0.0),
        (None, [], 0.0),
        (["run:p.none"], None, 0.0),
    ],
)
def test_runs_and_keys_restrict(runs, keys, total):
    """Runs and keys restrict; None means all, and an empty list means none."""
    backend = Memory(
        point(1.0, 1),
        point(2.0, 2, stage="stage:p.a.s"),
        point(3.0, 3, key="acc"),
        point(4.0, 4, run="run:p.b"),
    )
    assert sum(each.total for each in PlainSummaries(backend).summaries(runs=runs, keys=keys)) == total


def test_series_are_ordered_by_step_then_time():
    """Points without a step come first, then by step, then by time."""
    backend = Memory(
        point(1.0, 9, step=2),
        point(2.0, 8, step=0),
        point(3.0, 7),
        point(4.0, 1, step=2),
        point(5.0, 2, step=-1),
    )
    found = PlainSummaries(backend).points("run:p.a", "loss")
    assert [each.value for each in found] == [3.0, 5.0, 2.0, 4.0, 1.0]


def test_series_of_one_stage_or_of_all():
    """A series may be restricted to a stage; without one it is that of the whole run."""
    backend = Memory(point(1.0, 1), point(2.0, 2, stage="stage:p.a.s"), point(3.0, 3, run="run:p.b"))
    plain = PlainSummaries(backend)
    assert [each.value for each in plain.points("run:p.a", "loss")] == [1.0, 2.0]
    assert [each.value for each in plain.points("run:p.a", "loss", stage="stage:p.a.s")] == [2.0]


def test_counts_by_type():
    """Records are counted by type; a type without records is absent."""
    event = {
        "type": "event",
        "id": "e",
        "run": "run:p.a",
        "key": "k",
        "message": "m",
        "time": "2024-01-01T00:00:00Z",
    }
    plain = PlainSummaries(Memory(point(1.0, 1), point(2.0, 2), event))
    assert plain.counts("run:p.a") == {"metric": 2, "event": 1}
    assert plain.counts("run:p.none") == {}


def test_plain_series_append_whole_records():
    """The metric fast path over a plain backend appends the same records as a plain append would."""
    backend = Memory()
    series = PlainSeries(backend)
    handle = series.open_series({"type": "metric", "run": "run:p.a", "key": "loss"})
    series.append_point(handle, "m1", 1.0, "2024-01-01T00:00:01Z", None)
    series.append_points([(handle, "m2", 2.0, "2024-01-01T00:00:02Z", 7)])
    assert backend.records == [point(1.0, 1), point(2.0, 2, step=7)]
