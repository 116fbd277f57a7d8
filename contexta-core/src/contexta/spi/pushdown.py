"""The questions about many points that a record store may answer without handing over a single record.

:class:`PlainPushdown` gives the same answers over the plain ``scan`` of any backend, and so says what they mean.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from contexta.contract.timestamps import instant
from contexta.spi.records import ScanFilter
from contexta.spi.summaries import PlainSummaries, SummaryBuilder, point_of, series_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.spi.records import MetricPoint, MetricSummary, RecordBackend

__all__ = [
    "IndexReport",
    "MetricArrays",
    "PlainPushdown",
    "SupportsIndexes",
    "SupportsPushdown",
    "arrays_of",
    "clipped",
    "pushdown_of",
]


@dataclass(frozen=True, slots=True)
class MetricArrays:
    """One series as numbers, in its order: by step, then by time; points without a step come first.

    Each array is a buffer of 8-byte numbers, which ``numpy.asarray`` and its like take without copying.

    Args:
        values: The observed numbers as doubles.
        times: When they were observed, in nanoseconds since 1970 UTC.
        steps: Their steps; 0 for the points without one.  Of times and steps that 64 bits do not hold, the nearest.
        stepless: How many points have no step; they are the first ones.
    """

    values: array[float] = field(default_factory=lambda: array("d"))
    times: array[int] = field(default_factory=lambda: array("q"))
    steps: array[int] = field(default_factory=lambda: array("q"))
    stepless: int = 0

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What is known of a store's derived index once it was built anew.

    Args:
        performed: Whether it was built; False where another process builds, or none is kept.
        covered_bytes: Bytes of records that it covers.
        uncovered_bytes: Bytes of records that it does not, and that questions read instead.
        index_bytes: What it takes itself, in bytes.
    """

    performed: bool
    covered_bytes: int = 0
    uncovered_bytes: int = 0
    index_bytes: int = 0


@runtime_checkable
class SupportsPushdown(Protocol):
    """Pushdown of what is asked of many points at once, beyond :class:`~contexta.spi.records.SupportsSummaries`.

    A backend without it gets the same answers from :class:`PlainPushdown`.  Times are ISO 8601 texts, compared as
    instants; both ends belong to the range, and None leaves it open.
    """

    def arrays(self, run: str, key: str, *, stage: str | None = None) -> MetricArrays:
        """Return the points of one metric of one run as numbers; None for all stages.

        Args:
            run: Reference of the run.
            key: Key of the metric.
            stage: Reference of the stage.
        """

    def keys(self, *, runs: Sequence[str] | None = None) -> Sequence[str]:
        """Return the distinct keys of the metrics of some runs, sorted; None for all runs."""

    def counts_by_run(self, *, runs: Sequence[str] | None = None) -> Mapping[str, Mapping[str, int]]:
        """Return the number of records by run and type; runs and types without records are absent."""

    def points_between(
        self,
        run: str,
        key: str,
        *,
        stage: str | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
    ) -> Sequence[MetricPoint]:
        """Return the points of one metric that were observed within a range, in the order of the series.

        Raises:
            ValidationError: An unreadable time, or a range that ends before it starts.
        """

    def summaries_between(
        self,
        *,
        runs: Sequence[str] | None = None,
        keys: Sequence[str] | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
    ) -> Sequence[MetricSummary]:
        """Return summaries of the points that were observed within a range; series without such points are absent.

        Raises:
            ValidationError: An unreadable time, or a range that ends before it starts.
        """


@runtime_checkable
class SupportsIndexes(Protocol):
    """A store that keeps something derived beside its records."""

    def rebuild_indexes(self) -> IndexReport:
        """Build it anew from the records, so that it covers all that it can.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space; questions are answered all the same.
            StoreAccessError: The store cannot be read or written.
        """


class PlainPushdown:
    """``SupportsPushdown`` over the plain ``scan`` of any backend.

    Args:
        backend: The backend to scan.
    """

    def __init__(self, backend: RecordBackend) -> None:
        self._backend = backend

    def arrays(self, run: str, key: str, *, stage: str | None = None) -> MetricArrays:
        """Return the points of one metric of one run as numbers; None for all stages."""
        return arrays_of(PlainSummaries(self._backend).points(run, key, stage=stage))

    def keys(self, *, runs: Sequence[str] | None = None) -> Sequence[str]:
        """Return the distinct keys of the metrics of some runs, sorted; None for all runs."""
        found = self._backend.scan(ScanFilter(record_type="metric"))
        return sorted({each.record["key"] for each in found if runs is None or each.record["run"] in runs})

    def counts_by_run(self, *, runs: Sequence[str] | None = None) -> Mapping[str, Mapping[str, int]]:
        """Return the number of records by run and type; runs and types without records are absent."""
        counts: dict[str, dict[str, int]] = {}
        for stored in self._backend.scan():
            run, kind = stored.record["run"], stored.record["type"]
            if runs is None or run in runs:
                of_run = counts.setdefault(run, {})
                of_run[kind] = of_run.get(kind, 0) + 1
        return counts

    def points_between(
        self,
        run: str,
        key: str,
        *,
        stage: str | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
    ) -> Sequence[MetricPoint]:
        """Return the points of one metric that were observed within a range, in the order of the series."""
        scan_filter = ScanFilter(
            run_ref=run,
            stage_execution_ref=stage,
            record_type="metric",
            start_time=start_time,
            end_time=end_time,
            key=key,
        )
        return sorted((point_of(each.record) for each in self._backend.scan(scan_filter)), key=series_order)

    def summaries_between(
        self,
        *,
        runs: Sequence[str] | None = None,
        keys: Sequence[str] | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
    ) -> Sequence[MetricSummary]:
        """Return summaries of the points that were observed within a range."""
        builders: dict[tuple[str, str | None, str], SummaryBuilder] = {}
        scan_filter = ScanFilter(record_type="metric", start_time=start_time, end_time=end_time)
        for stored in self._backend.scan(scan_filter):
            record = stored.record
            if (runs is None or record["run"] in runs) and (keys is None or record["key"] in keys):
                identity = (record["run"], record.get("stage"), record["key"])
                builder = builders.get(identity)
                if builder is None:
                    builder = builders[identity] = SummaryBuilder(*identity)
                builder.add(record)
        return [builder.build() for builder in builders.values()]


def arrays_of(points: Iterable[MetricPoint]) -> MetricArrays:
    """Return points, in the order of their series, as numbers.

    Args:
        points: The points.
    """
    arrays = MetricArrays()
    stepless = 0
    for point in points:
        arrays.values.append(point.value)
        arrays.times.append(clipped(instant(point.time)))
        arrays.steps.append(clipped(point.step or 0))
        stepless += point.step is None
    return MetricArrays(arrays.values, arrays.times, arrays.steps, stepless)


def clipped(number: int) -> int:
    """Return the nearest number that 64 bits hold.

    Args:
        number: Any number.
    """
    return max(-(2**63), min(number, 2**63 - 1))


def pushdown_of(backend: Any) -> SupportsPushdown:
    """Return what answers the questions of :class:`SupportsPushdown` for a backend: itself, or a plain scan.

    Args:
        backend: A record backend.
    """
    return backend if isinstance(backend, SupportsPushdown) else PlainPushdown(backend)
