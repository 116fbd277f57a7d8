"""The fast path for metrics."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexta.errors import ValidationError
from contexta.spi.context import OpenContext
from contexta.spi.outlines import SupportsOutlines
from contexta.spi.pushdown import SupportsIndexes, SupportsPushdown
from contexta.spi.records import SupportsCompaction, SupportsDeletion, SupportsSeries, SupportsSummaries
from contexta_store_jsonl.backend import open_backend
from contexta_store_jsonl.encoding import encode_members, point_members, series_members

CONSTANTS = {
    "type": "metric", "run": "run:p.r", "stage": "stage:p.r.train", "key": "loss",
    "unit": "nats", "tags": {"z": "1", "a": "ü"}, "scope": "run",
}  # fmt: skip
TIME = "2026-03-01T10:00:00.000001Z"


def test_the_store_has_the_abilities_that_it_names(open_store) -> None:
    """The capabilities and the protocols that the kernel asks for say the same."""
    store = open_store()
    assert store.capabilities >= {"series", "summaries", "pushdown", "outlines", "compaction", "deletion"}
    for protocol in (
        SupportsSeries,
        SupportsSummaries,
        SupportsPushdown,
        SupportsOutlines,
        SupportsIndexes,
        SupportsCompaction,
        SupportsDeletion,
    ):
        assert isinstance(store, protocol)


def test_points_come_back_as_whole_records(open_store) -> None:
    """A point with and one without a step return with the constants of their series; no step means no field."""
    store = open_store()
    series = store.open_series(CONSTANTS)
    store.append_point(series, "m1", 0.25, TIME, 7)
    store.append_points([(series, "m2", 3, TIME, None), (series, "m3", 1e-300, TIME, 0)])
    assert [stored.record for stored in store.scan()] == [
        CONSTANTS | {"id": "m1", "value": 0.25, "time": TIME, "step": 7},
        CONSTANTS | {"id": "m2", "value": 3, "time": TIME},
        CONSTANTS | {"id": "m3", "value": 1e-300, "time": TIME, "step": 0},
    ]


@given(
    record_id=st.text(min_size=1).filter(lambda text: text.isprintable()),
    value=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**62), 2**62),
    step=st.none() | st.integers(-(2**40), 2**40),
    extra=st.dictionaries(st.sampled_from(["unit", "tags2", "basis"]), st.sampled_from(["x", "ü"])),
)
def test_a_point_is_the_same_bytes_as_its_record(record_id, value, step, extra) -> None:
    """A replay through append gives what the fast path wrote, so that it is recognised as a repetition."""
    constants = {"type": "metric", "run": "run:p.r", "key": "loss", **extra}
    record = {**constants, "id": record_id, "value": value, "time": TIME}
    if step is not None:
        record["step"] = step
    assert point_members(series_members(constants), record_id, value, TIME, step) == encode_members(record)


@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
@settings(max_examples=30)
def test_floats_return_bit_for_bit(values) -> None:
    """Every finite double survives being written as decimal text, the sign of zero included."""
    with (
        TemporaryDirectory() as root,
        open_backend(OpenContext(root=Path(root), durability="flush")) as store,
    ):
        series = store.open_series({"type": "metric", "run": "run:p.r", "key": "loss"})
        store.append_points([(series, f"m{i}", value, TIME, i) for i, value in enumerate(values)])
        assert [point.value.hex() for point in store.points("run:p.r", "loss")] == [v.hex() for v in values]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 10**400])
def test_a_number_that_is_not_finite_is_refused_with_its_batch(open_store, value) -> None:
    """Neither path writes null for it, and no point of the batch is appended."""
    store = open_store()
    series = store.open_series(CONSTANTS)
    with pytest.raises(ValidationError) as caught:
        store.append_point(series, "m1", value, TIME, 1)
    assert caught.value.code == "record_store_invalid_record"
    with pytest.raises(ValidationError):
        store.append_points([(series, "m0", 1.0, TIME, 0), (series, "m1", value, TIME, 1)])
    assert list(store.scan()) == []


@pytest.mark.parametrize(
    "change",
    [{"type": "event"}, {"key": ""}, {"run": 5}, {"value": 1.0}, {"id": "x"}, {"tags": {"a": object()}}],
)
def test_constants_that_would_make_no_flat_record_are_refused(open_store, change) -> None:
    """A series is checked when it is opened, since its points are not."""
    with pytest.raises(ValidationError) as caught:
        open_store().open_series(CONSTANTS | change)
    assert caught.value.code == "record_store_invalid_record"


def test_a_handle_serves_other_openings_of_the_store(open_store) -> None:
    """A handle is plain data: it outlives a fork and fits every store of this kind."""
    series = open_store().open_series(CONSTANTS)
    store = open_store()
    store.append_point(series, "m1", 1.0, TIME, None)
    assert [point.record_id for point in store.points("run:p.r", "loss")] == ["m1"]
