"""The contract of record stores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from contexta.errors import ValidationError
from contexta.spi.records import ScanFilter
from contexta.testing.contracts.record_abilities import RecordAbilities
from contexta.testing.contracts.record_lines import at, ids, metric
from contexta.testing.contracts.record_outlines import RecordOutlines
from contexta.testing.contracts.record_pushdown import RecordPushdown

if TYPE_CHECKING:
    from contexta.spi.records import FlatRecord, RecordBackend
    from contexta.testing.contracts.stores import Stores

__all__ = ["RecordStoreContract"]

_RECORDS: tuple[FlatRecord, ...] = (
    metric("m0", 0.5, stage="stage:demo.r1.fit", tags={"split": "train", "n": "1"}),
    metric("m1", 0.4, time=at(1), key="acc", tags={"split": "val"}),
    metric("m2", 0.3, run="run:demo.r2", time=at(2), batch="batch:demo.r2.fit.b", stage="stage:demo.r2.fit"),
    {"type": "event", "id": "e0", "run": "run:demo.r1", "key": "begun", "message": "x", "time": at(3)},
    {
        "type": "span", "id": "s0", "run": "run:demo.r1", "key": "load", "span": "1", "start": at(1), "end": at(4),
        "time": at(4), "sample": "sample:demo.r1.fit.s",
    },
    {
        "type": "degraded", "id": "d0", "run": "run:demo.r2", "key": "lost", "message": "y", "category": "capture",
        "severity": "warning", "time": at(5),
    },
)  # fmt: skip


class RecordStoreContract(RecordPushdown, RecordOutlines, RecordAbilities, contract=True):
    """What a record store promises (``contexta.spi.records.RecordBackend``).

    ::

        class TestMyStore(RecordStoreContract):
            capabilities = frozenset({"series", "summaries"})

            def open_store(self, context):
                return my_store.open_backend(context)
    """

    abilities: ClassVar[dict[str, str]] = {
        "series": "contexta.spi.records.SupportsSeries",
        "summaries": "contexta.spi.records.SupportsSummaries",
        "pushdown": "contexta.spi.pushdown.SupportsPushdown",
        "outlines": "contexta.spi.outlines.SupportsOutlines",
        "following": "contexta.spi.following.SupportsFollowing",
        "compaction": "contexta.spi.records.SupportsCompaction",
        "deletion": "contexta.spi.records.SupportsDeletion",
        "repairs": "contexta.spi.repair.SupportsRepairs",
    }

    def test_a_record_is_what_was_appended(self, stores: Stores) -> None:
        """Every field comes back as it was given, those that only a later version knows among them."""
        record = metric(
            "m0",
            1,
            step=2**40,
            unit="Prüf\U0001f9ea\nunit",
            time="2026-01-31T12:00:00.123456789Z",
            tags={"ключ": "значение"},
            extra={"payload": {"later": [1, None, {"deep": True}]}},
            correlation={"trace_id": "a" * 32},
            completeness="partial",
        )
        store = stores.open()
        [stored] = store.append([record])
        assert record == stored.record
        for reader in (store, stores.open(read_only=True)):
            [found] = reader.scan()
            assert record == found.record
            assert (stored.segment, stored.sequence, stored.offset) == (
                found.segment,
                found.sequence,
                found.offset,
            )

    def test_every_type_of_record_is_kept(self, stores: Stores) -> None:
        """Events, metrics, spans and degraded markers come back in the order of appending."""
        store = stores.open()
        store.append(_RECORDS)
        assert list(_RECORDS) == [stored.record for stored in store.scan()]

    @pytest.mark.parametrize(
        "value", [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0, 2**53 + 1, 1, 1.0, -(2**63)], ids=str
    )
    def test_numbers_keep_every_digit(self, stores: Stores, value: float) -> None:
        """A number comes back to the last bit, and an integer as an integer."""
        store = stores.open()
        store.append([metric("m0", value, step=-3)])
        [found] = stores.open().scan()
        kept = found.record["value"]
        assert (value, type(value), math.copysign(1, value)) == (kept, type(kept), math.copysign(1, kept))
        assert -3 == found.record["step"]

    def test_places_are_returned_in_order(self, stores: Stores) -> None:
        """Appending returns the records with their places, each another one, as a scan tells them."""
        store = stores.open()
        stored = [*store.append(_RECORDS[:3]), *store.append(_RECORDS[3:])]
        assert list(_RECORDS) == [each.record for each in stored]
        places = [(each.segment, each.sequence) for each in stored]
        assert len(_RECORDS) == len(set(places))
        assert places == [(each.segment, each.sequence) for each in store.scan()]
        assert [] == list(store.append([]))

    def test_a_scan_keeps_the_order_of_appending(self, stores: Stores) -> None:
        """What one writer appended is scanned in that order, whatever the times say."""
        store = stores.open()
        names = [f"m{number}" for number in (3, 1, 2, 0)]
        for place, name in enumerate(names):
            store.append([metric(name, 1.0, time=at(-place))])
        assert names == ids(store)

    def test_records_are_appended_all_or_none(self, stores: Stores) -> None:
        """Where one record of a call is none, none of them is appended."""
        store = stores.open()
        with pytest.raises(ValidationError):
            store.append([metric("m0", 1.0), metric("m1", math.nan)])
        assert [] == ids(store)

    @pytest.mark.parametrize(
        "change",
        [{"type": "song"}, {"id": ""}, {"run": None}, {"time": "soon"}, {"value": math.inf}, {"value": "1"}],
        ids=str,
    )
    def test_what_is_no_record_is_refused(self, stores: Stores, change: dict[str, Any]) -> None:
        """A record without a known type, an id, a run, a time or a finite value is a ValidationError."""
        store = stores.open()
        with pytest.raises(ValidationError):
            store.append([{**metric("m0", 1.0), **change}])
        assert [] == ids(store)

    def test_records_are_the_callers_own(self, stores: Stores) -> None:
        """What the caller does afterwards to what was handed over changes nothing."""
        store = stores.open()
        record = metric("m0", 1.0, tags={"a": "1"})
        store.append([record])
        record["tags"]["b"] = "2"
        [found] = store.scan()
        assert {"a": "1"} == found.record["tags"]

    # -- scans ----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({}, "m0 m1 m2 e0 s0 d0"),
            ({"run_ref": "run:demo.r1"}, "m0 m1 e0 s0"),
            ({"run_ref": "run:demo.r"}, ""),
            ({"stage_execution_ref": "stage:demo.r1.fit"}, "m0"),
            ({"batch_execution_ref": "batch:demo.r2.fit.b"}, "m2"),
            ({"sample_observation_ref": "sample:demo.r1.fit.s"}, "s0"),
            ({"record_type": "metric"}, "m0 m1 m2"),
            ({"record_type": "degraded", "run_ref": "run:demo.r1"}, ""),
            ({"key": "acc"}, "m1"),
            ({"tags": {"split": "train"}}, "m0"),
            ({"tags": {"split": "train", "n": "2"}}, ""),
            ({"start_time": at(2), "end_time": at(4)}, "m2 e0 s0"),
            ({"start_time": at(5)}, "d0"),
            ({"end_time": at(0)}, "m0"),
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_a_filter_means_what_it_says(self, stores: Stores, wanted: dict[str, Any], expected: str) -> None:
        """Every given field must match, and the bounds of a time are inclusive."""
        store = stores.open()
        store.append(_RECORDS)
        scan_filter = ScanFilter(**wanted)
        assert expected.split() == ids(store, scan_filter)
        assert expected.split() == [each["id"] for each in _RECORDS if scan_filter.matches(each)]

    def test_times_are_compared_as_instants(self, stores: Stores) -> None:
        """A whole second lies before its fraction, although its text does not."""
        store = stores.open()
        whole, half, nanoseconds = (
            "2026-01-31T12:00:00Z",
            "2026-01-31T12:00:00.500000Z",
            "2026-01-31T12:00:00.500000001Z",
        )
        store.append(
            [metric("m0", 1.0, time=whole), metric("m1", 1.0, time=half), metric("m2", 1.0, time=nanoseconds)]
        )
        assert ["m0"] == ids(store, ScanFilter(end_time=whole))
        assert ["m1", "m2"] == ids(store, ScanFilter(start_time=half))
        assert ["m2"] == ids(store, ScanFilter(start_time=nanoseconds))
        assert ["m0", "m1"] == ids(store, ScanFilter(end_time="2026-01-31T13:00:00.5+01:00"))

    def test_a_scan_can_be_left_and_begun_again(self, stores: Stores) -> None:
        """A scan that was left early, or runs beside another one, disturbs none."""
        store: RecordBackend = stores.open()
        store.append(_RECORDS)
        left = store.scan()
        assert "m0" == next(left).record["id"]
        beside = store.scan(ScanFilter(record_type="metric"))
        assert ["m0", "m1", "m2"] == [each.record["id"] for each in beside]
        del left
        store.append([metric("m9", 1.0)])
        assert [*(each["id"] for each in _RECORDS), "m9"] == ids(store)

    def test_an_append_during_a_scan_succeeds(self, stores: Stores) -> None:
        """Who scans does not keep others from appending, and sees at least what was there before."""
        store, other = stores.open(), stores.open()
        store.append([metric(f"m{number}", 1.0) for number in range(50)])
        seen = []
        for stored in store.scan():
            seen.append(stored.record["id"])
            if len(seen) < 10:
                other.append([metric(f"n{len(seen)}", 1.0)])
        assert [f"m{number}" for number in range(50)] == [name for name in seen if name.startswith("m")]
        assert 59 == len(ids(store))
