"""Record stores that break one promise each."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

from wrong import breaks

from contexta.errors import ContextaError
from contexta.spi.records import CompactionReport, ScanFilter, StoredFlatRecord
from contexta.spi.series import PlainSeries
from contexta.spi.summaries import PlainSummaries
from contexta.testing.reference import PlainRecordStore

breaks = partial(breaks, "RecordStoreContract")


@breaks("test_a_record_is_what_was_appended", "a flat mapping of JSON data")
class DropsUnknownFields(PlainRecordStore):
    KNOWN = (
        "type",
        "id",
        "run",
        "stage",
        "batch",
        "sample",
        "key",
        "time",
        "value",
        "step",
        "message",
        "tags",
    )

    def _scan(self, wanted):
        for stored in super()._scan(wanted):
            yield replace(stored, record={k: v for k, v in stored.record.items() if k in self.KNOWN})


@breaks("test_numbers_keep_every_digit", "value: the number")
class KeepsSinglePrecision(PlainRecordStore):
    def _scan(self, wanted):
        for stored in super()._scan(wanted):
            record = dict(stored.record)
            if isinstance(record.get("value"), float):
                record["value"] = float(f"{record['value']:.7g}")
            yield replace(stored, record=record)


@breaks("test_places_are_returned_in_order", "the records with their places, in order")
class ReturnsNoPlaces(PlainRecordStore):
    def append(self, records):
        return [StoredFlatRecord(each.record) for each in super().append(records)]


@breaks("test_a_scan_keeps_the_order_of_appending", "each writer's in the order of appending")
class ScansBackwards(PlainRecordStore):
    def _scan(self, wanted):
        return iter(list(super()._scan(wanted))[::-1])


@breaks("test_records_are_appended_all_or_none", "Append records, all or none")
class AppendsOneByOne(PlainRecordStore):
    def append(self, records):
        return [super(AppendsOneByOne, self).append([each])[0] for each in records]


@breaks("test_what_is_no_record_is_refused", "ValidationError: one of them is no flat record")
class TakesAnything(PlainRecordStore):
    def append(self, records):
        return super().append([each for each in records if each.get("id") and each.get("run")])


@breaks("test_a_filter_means_what_it_says", "every given field must match")
class IgnoresTags(PlainRecordStore):
    def _scan(self, wanted):
        return super()._scan(replace(wanted, tags={}))


@breaks("test_times_are_compared_as_instants", "observed at or after this instant")
class ComparesTimesAsText(PlainRecordStore):
    def _scan(self, wanted):
        plain = replace(wanted, start_time=None, end_time=None)
        for stored in super()._scan(plain):
            time = stored.record["time"]
            if (wanted.start_time or "") <= time <= (wanted.end_time or "~"):
                yield stored


@breaks(
    "test_another_opening_sees_it_at_once", "readers see every acknowledged record of every process at once"
)
class SeesItsOwnOnly(PlainRecordStore):
    def __init__(self, context):
        super().__init__(context)
        self._before = None

    def _scan(self, wanted):
        if self._before is None:
            self._before = {each.segment for each in super()._scan(ScanFilter())}
        own = f"{self._lines.writer}"
        for stored in super()._scan(wanted):
            if own in stored.segment or stored.segment in self._before:
                yield stored


@breaks(
    "test_what_was_acknowledged_survives_a_kill", "when this returns they are as durable as the context asks"
)
class LosesTheLastOnes(PlainRecordStore):
    def __init__(self, context):
        super().__init__(context)
        self._late = []

    def append(self, records):
        for each in records:
            if each.get("type") != "metric":
                return super().append(records)
        self._late += records
        return [StoredFlatRecord(each, "memory", place) for place, each in enumerate(records)]

    def _scan(self, wanted):
        if self._late:
            late, self._late = self._late, []
            super().append(late)
        return super()._scan(wanted)

    def close(self):
        list(self._scan(ScanFilter()))
        super().close()


@breaks("test_opened_for_reading_it_refuses_to_write", "every write is refused with ReadOnlyStoreError")
class SwallowsWritesWhenReadOnly(PlainRecordStore):
    def append(self, records):
        try:
            return super().append(records)
        except ContextaError:
            return []


@breaks("test_opened_for_reading_it_creates_nothing", "when True the store creates nothing")
class LeavesALockFile(PlainRecordStore):
    def __init__(self, context):
        super().__init__(context)
        context.root.mkdir(parents=True, exist_ok=True)
        (context.root / "lock").touch()


@breaks("test_damage_never_stops_a_read", "a damaged record is left out; it never stops a read")
class StopsAtDamage(PlainRecordStore):
    def _scan(self, wanted):
        if self.check_integrity():
            raise ValueError("damaged")
        return super()._scan(wanted)


@breaks("test_damage_is_found", "read everything and report damage")
class FindsNoDamage(PlainRecordStore):
    def check_integrity(self):
        return []


@breaks("test_threads_share_it", "every method may be called from any thread")
class LosesRecordsBetweenThreads(PlainRecordStore):
    def append(self, records):
        if threading.current_thread() is not threading.main_thread():
            return [StoredFlatRecord(each, "nowhere", place) for place, each in enumerate(records)]
        return super().append(records)


@breaks("test_a_scan_can_be_left_and_begun_again", "yield the records that match")
class ScansOnce(PlainRecordStore):
    def __init__(self, context):
        super().__init__(context)
        self._iterator = None

    def scan(self, scan_filter=None):
        if self._iterator is None:
            self._iterator = super().scan(scan_filter)
        return self._iterator


class WithSeries(PlainRecordStore):
    capabilities = frozenset({"series"})

    def open_series(self, constants):
        return PlainSeries(self).open_series(constants)

    def append_point(self, series, record_id, value, time, step):
        PlainSeries(self).append_point(series, record_id, value, time, step)

    def append_points(self, points):
        PlainSeries(self).append_points(points)


@breaks(
    "test_a_point_is_the_record_it_stands_for",
    "append one point; as append for one record",
    capabilities={"series"},
)
class ForgetsSteps(WithSeries):
    def append_point(self, series, record_id, value, time, step):
        super().append_point(series, record_id, value, time, None)


@breaks("test_points_are_appended_all_or_none", "append many points, all or none", capabilities={"series"})
class AppendsPointsOneByOne(WithSeries):
    def append_points(self, points):
        for point in points:
            self.append_point(*point)


class WithSummaries(PlainRecordStore):
    capabilities = frozenset({"summaries"})

    def summaries(self, *, runs=None, keys=None):
        return PlainSummaries(self).summaries(runs=runs, keys=keys)

    def points(self, run, key, *, stage=None):
        return PlainSummaries(self).points(run, key, stage=stage)

    def counts(self, run):
        return PlainSummaries(self).counts(run)


@breaks(
    "test_summaries_are_those_of_a_scan",
    "of several at one instant the one appended last",
    capabilities={"summaries"},
)
class TakesTheFirstOfAnInstant(WithSummaries):
    def summaries(self, *, runs=None, keys=None):
        found = super().summaries(runs=runs, keys=keys)
        return [
            replace(
                each,
                latest=min(
                    (p for p in self.points(each.run, each.key) if p.time == each.latest.time),
                    key=lambda p: p.record_id,
                ),
            )
            for each in found
        ]


@breaks("test_points_are_ordered_as_a_series", "ordered by step, then time", capabilities={"summaries"})
class OrdersPointsByTime(WithSummaries):
    def points(self, run, key, *, stage=None):
        return sorted(super().points(run, key, stage=stage), key=lambda point: point.time)


@breaks("test_counts_are_those_of_a_scan", "types without records are absent", capabilities={"summaries"})
class CountsWhatIsNotThere(WithSummaries):
    def counts(self, run):
        return {"event": 0, "metric": 0, "span": 0, "degraded": 0, **super().counts(run)}


class WithDeletion(PlainRecordStore):
    capabilities = frozenset({"deletion"})

    def _deleted(self):
        found = super()._scan(ScanFilter(key="_deleted"))
        return {each.record["message"] for each in found}

    def _scan(self, wanted):
        deleted = self._deleted()
        for each in super()._scan(wanted):
            if each.record["run"] not in deleted and each.record.get("key") != "_deleted":
                yield each

    def run_bytes(self, run_refs):
        return {
            run: sum(len(str(each.record)) for each in self._scan(ScanFilter(run_ref=run)))
            for run in run_refs
        }

    def deleted_runs(self):
        return frozenset(self._deleted())

    def delete_runs(self, run_refs):
        freed = sum(self.run_bytes(run_refs).values())
        gone = self._deleted()
        marks = [
            {
                "type": "event",
                "id": f"deleted-{run}",
                "run": "run:deleted.runs",
                "key": "_deleted",
                "time": "2026-01-01T00:00:00Z",
                "message": run,
            }
            for run in run_refs
            if run not in gone
        ]
        if marks:
            self.append(marks)
        return freed


@breaks(
    "test_what_is_appended_to_a_deleted_run_is_deleted_as_well",
    "what a writer appends to such a run afterwards is deleted as well",
    capabilities={"deletion"},
)
class DeletesOnlyWhatWasThere(WithDeletion):
    def delete_runs(self, run_refs):
        there = [each.record["id"] for run in run_refs for each in self._scan(ScanFilter(run_ref=run))]
        mark = {"type": "event", "id": "there", "run": "run:deleted.runs", "key": "_there", "message": there}
        self.append([{**mark, "time": "2026-01-01T00:00:00Z"}])
        return super().delete_runs(run_refs)

    def _scan(self, wanted):
        everything = list(PlainRecordStore._scan(self, ScanFilter()))
        gone = {
            name for each in everything if each.record["key"] == "_there" for name in each.record["message"]
        }
        for each in everything:
            is_record = each.record["id"] not in gone and not each.record["key"].startswith("_")
            if is_record and wanted.matches(each.record):
                yield each


@breaks(
    "test_a_deleted_run_is_gone_for_every_reader",
    "at once for every reader",
    capabilities={"deletion"},
)
class DeletesForItselfOnly(WithDeletion):
    def __init__(self, context):
        super().__init__(context)
        self._own = set()

    def _deleted(self):
        return self._own

    def delete_runs(self, run_refs):
        freed = sum(self.run_bytes(run_refs).values())
        self._own |= set(run_refs)
        return freed


@breaks(
    "test_compaction_loses_doubles_and_reorders_nothing",
    "no record is lost, doubled or reordered",
    capabilities={"compaction"},
)
class CompactsBySorting(PlainRecordStore):
    capabilities = frozenset({"compaction"})

    _sorted = False

    def compact(self):
        self._sorted = True
        return CompactionReport(performed=True)

    def _scan(self, wanted):
        found = super()._scan(wanted)
        return iter(sorted(found, key=lambda each: each.record["time"])) if self._sorted else found


@breaks("test_abilities_are_declared", "abilities beyond this class, by name", capabilities={"series"})
class DeclaresWhatItCannot(PlainRecordStore):
    capabilities = frozenset({"series"})
