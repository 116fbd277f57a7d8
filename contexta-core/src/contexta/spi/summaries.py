"""Metric summaries, series and counts by a plain scan: the meaning that every pushdown must match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.spi.records import MetricPoint, MetricSummary, ScanFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.spi.records import FlatRecord, RecordBackend

__all__ = ["PlainSummaries", "SummaryBuilder", "is_degraded", "point_of", "series_order"]


def is_degraded(record: FlatRecord) -> bool:
    """Return whether a flat record carries a mark that something was lost on the way to it."""
    return record.get("degradation") not in (None, "none")


def point_of(record: FlatRecord) -> MetricPoint:
    """Return the point of a flat metric record."""
    return MetricPoint(
        value=record["value"],
        time=record["time"],
        step=record.get("step"),
        stage=record.get("stage"),
        record_id=record.get("id", ""),
        unit=record.get("unit"),
        degraded=is_degraded(record),
    )


def series_order(point: MetricPoint) -> tuple[bool, int, int]:
    """Sort key of a series: by step, then by time; points without a step come first."""
    return point.step is not None, point.step or 0, instant(point.time)


class SummaryBuilder:
    """Folds the points of one run, stage and key into a summary, in the order of appending.

    Args:
        run: Reference of the run.
        stage: Reference of the stage, or None.
        key: The metric's key.
    """

    __slots__ = (
        "_first", "_first_at", "_greatest", "_greatest_at", "_latest", "_latest_at", "_least", "_least_at",
        "count", "degraded", "key", "run", "stage", "total", "unit",
    )  # fmt: skip

    def __init__(self, run: str, stage: str | None, key: str) -> None:
        self.run = run
        self.stage = stage
        self.key = key
        self.count = 0
        self.total = 0.0
        self.degraded = 0
        self.unit: str | None = None

    def add(self, record: FlatRecord) -> None:
        """Fold one flat metric record."""
        value = record["value"]
        observed = instant(record["time"])
        if self.count == 0:
            self._first = self._latest = self._least = self._greatest = record
            self._first_at = self._latest_at = self._least_at = self._greatest_at = observed
        else:
            if observed < self._first_at:
                self._first, self._first_at = record, observed
            if observed >= self._latest_at:
                self._latest, self._latest_at = record, observed
            if (value, observed) < (self._least["value"], self._least_at):
                self._least, self._least_at = record, observed
            if (value, -observed) > (self._greatest["value"], -self._greatest_at):
                self._greatest, self._greatest_at = record, observed
        self.count += 1
        self.total += value
        self.degraded += is_degraded(record)
        self.unit = record.get("unit") or self.unit

    def build(self) -> MetricSummary:
        """Return the summary of all points folded so far; at least one."""
        return MetricSummary(
            run=self.run,
            stage=self.stage,
            key=self.key,
            count=self.count,
            total=self.total,
            first=point_of(self._first),
            latest=point_of(self._latest),
            least=point_of(self._least),
            greatest=point_of(self._greatest),
            unit=self.unit,
            degraded=self.degraded,
        )


class PlainSummaries:
    """``SupportsSummaries`` over the plain ``scan`` of any backend.

    Args:
        backend: The backend to scan.
    """

    def __init__(self, backend: RecordBackend) -> None:
        self._backend = backend

    def summaries(
        self, *, runs: Sequence[str] | None = None, keys: Sequence[str] | None = None
    ) -> Sequence[MetricSummary]:
        """Return one summary for each run, stage and key; None for all runs or all keys."""
        wanted_runs = None if runs is None else frozenset(runs)
        wanted_keys = None if keys is None else frozenset(keys)
        only = runs[0] if runs is not None and len(runs) == 1 else None
        builders: dict[tuple[str, str | None, str], SummaryBuilder] = {}
        for record in self._metrics(ScanFilter(run_ref=only, record_type="metric")):
            if wanted_runs is not None and record["run"] not in wanted_runs:
                continue
            if wanted_keys is not None and record["key"] not in wanted_keys:
                continue
            identity = (record["run"], record.get("stage"), record["key"])
            builder = builders.get(identity)
            if builder is None:
                builder = builders[identity] = SummaryBuilder(*identity)
            builder.add(record)
        return [builder.build() for builder in builders.values()]

    def points(self, run: str, key: str, *, stage: str | None = None) -> Sequence[MetricPoint]:
        """Return the points of one metric of one run, ordered by step, then time; None for all stages."""
        scan_filter = ScanFilter(run_ref=run, record_type="metric", key=key, stage_execution_ref=stage)
        return sorted((point_of(record) for record in self._metrics(scan_filter)), key=series_order)

    def counts(self, run: str) -> Mapping[str, int]:
        """Return the number of records of one run by record type; types without records are absent."""
        counts: dict[str, int] = {}
        for stored in self._backend.scan(ScanFilter(run_ref=run)):
            kind = stored.record["type"]
            counts[kind] = counts.get(kind, 0) + 1
        return counts

    def _metrics(self, scan_filter: ScanFilter) -> Iterable[FlatRecord]:
        return (stored.record for stored in self._backend.scan(scan_filter))
