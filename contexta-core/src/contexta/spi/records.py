"""The record plane's SPI: flat records, appended once and scanned often.

A *flat record* is one event, metric, span or degraded marker as a flat mapping of JSON data, the queried fields at the
top level.  It is what a store keeps and what crosses the border; :mod:`contexta.spi.flat` turns it into the canonical
models and back.

========== =========================================================================================
field      meaning
========== =========================================================================================
type       ``event``, ``metric``, ``span`` or ``degraded``
id         last component of the record's reference; unique in its run
run        reference of the run; likewise ``stage``, ``batch``, ``sample``, ``op``, ``deployment``
key        metric key, event key, span name or issue key
time       when it was observed (ISO 8601, UTC, ``Z``)
value      metric: the number; ``step``: its integer step, when given
message    event: the text; degraded: the summary
…          further fields of the payload and envelope, left out where they hold their default
========== =========================================================================================
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, runtime_checkable

from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.contract.timestamps import instant, normalize_timestamp
from contexta.contract.vocabularies import RECORD_TYPES
from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from contexta.spi.integrity import IntegrityFinding

__all__ = [
    "CompactionReport",
    "FlatRecord",
    "MetricPoint",
    "MetricSummary",
    "RecordBackend",
    "ScanFilter",
    "StoredFlatRecord",
    "SupportsCompaction",
    "SupportsDeletion",
    "SupportsSeries",
    "SupportsSummaries",
    "record_ref_of",
]

FlatRecord = dict[str, Any]


def record_ref_of(record: FlatRecord) -> str:
    """Return the full reference of a flat record."""
    return f"record:{record['run'].partition(':')[2]}.{record['id']}"


@dataclass(frozen=True, slots=True)
class ScanFilter:
    """Which records to read; every given field must match.

    Args:
        run_ref: Reference of the run.
        stage_execution_ref: Reference of the stage.
        batch_execution_ref: Reference of the batch.
        sample_observation_ref: Reference of the sample.
        record_type: ``"event"``, ``"metric"``, ``"span"`` or ``"degraded"``.
        start_time: Observed at or after this instant (ISO 8601 text).
        end_time: Observed at or before this instant (ISO 8601 text).
        key: Metric key, event key, span name or issue key.
        tags: Every pair must be among the record's tags.

    Raises:
        ValidationError: An unknown record type, an unreadable time, or a range that ends before it starts.
    """

    run_ref: str | None = None
    stage_execution_ref: str | None = None
    batch_execution_ref: str | None = None
    sample_observation_ref: str | None = None
    record_type: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    key: str | None = None
    tags: Mapping[str, str] = field(default_factory=lambda: EMPTY_MAPPING)

    def __post_init__(self) -> None:
        if self.record_type is not None and self.record_type not in RECORD_TYPES:
            raise ValidationError(
                f"record_type is {self.record_type!r}; use one of {', '.join(RECORD_TYPES)}",
                code="record_store_invalid_record_type",
            )
        for name in ("start_time", "end_time"):
            text = getattr(self, name)
            if text is not None:
                object.__setattr__(self, name, normalize_timestamp(text))
        start, end = self.start_time, self.end_time
        if start is not None and end is not None and instant(start) > instant(end):
            raise ValidationError(
                f"the range ends ({end}) before it starts ({start})", code="record_store_invalid_time_range"
            )

    def constants(self) -> dict[str, str]:
        """Return the equality conditions by flat field name."""
        pairs = {
            "run": self.run_ref,
            "stage": self.stage_execution_ref,
            "batch": self.batch_execution_ref,
            "sample": self.sample_observation_ref,
            "type": self.record_type,
            "key": self.key,
        }
        return {name: str(value) for name, value in pairs.items() if value is not None}

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Return whether a flat record matches; the meaning that every backend's pushdown must have."""
        if any(record.get(name) != value for name, value in self.constants().items()):
            return False
        if self.tags:
            tags = record.get("tags") or {}
            if any(tags.get(name) != value for name, value in self.tags.items()):
                return False
        if self.start_time is None and self.end_time is None:
            return True
        observed = instant(record["time"])
        if self.start_time is not None and observed < instant(self.start_time):
            return False
        return self.end_time is None or observed <= instant(self.end_time)


@dataclass(frozen=True, slots=True)
class StoredFlatRecord:
    """One stored record with its place.

    Args:
        record: The flat record.
        segment: Name of the segment or table that holds it.
        sequence: Its number within the segment.
        offset: Its place within the segment, in bytes, or its row.
    """

    record: FlatRecord
    segment: str = ""
    sequence: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One observation of a metric.

    Args:
        value: The observed number.
        time: When it was observed (ISO 8601, UTC).
        step: The step given with it, or None.
        stage: Reference of the stage, or None for a metric of the run itself.
        record_id: Last component of the record's reference.
        unit: The unit given with it, or None.
        degraded: Whether its record is marked as degraded, so that the value may not be the whole truth.
    """

    value: float
    time: str
    step: int | None = None
    stage: str | None = None
    record_id: str = ""
    unit: str | None = None
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """What is known of one metric of one run and stage.

    Points are ordered as a series is: by step, then by time; points without a step come first.  ``latest`` is the
    point observed last.

    Args:
        run: Reference of the run.
        stage: Reference of the stage, or None for metrics of the run itself.
        key: The metric's key.
        count: Number of points.
        total: Sum of the values.
        first: The point observed first.
        latest: The point observed last; of several at one instant the one appended last.
        least: The point with the smallest value; of several the first observed.
        greatest: The point with the greatest value; of several the first observed.
        unit: Unit of the latest point that names one.
        degraded: Number of points whose records are marked as degraded.
    """

    run: str
    stage: str | None
    key: str
    count: int
    total: float
    first: MetricPoint
    latest: MetricPoint
    least: MetricPoint
    greatest: MetricPoint
    unit: str | None = None
    degraded: int = 0

    @property
    def mean(self) -> float:
        """Arithmetic mean of the values; never beyond them, as the quotient of a rounded sum may be."""
        return min(max(self.total / self.count, self.least.value), self.greatest.value)


class RecordBackend(ABC):
    """What a record store implements.

    Every method may be called from any thread; a backend survives ``os.fork``.  Readers see every acknowledged record
    of every process at once, and never block a writer.
    """

    #: Abilities beyond this class, by name: ``"series"``, ``"summaries"``, ``"compaction"``, ``"deletion"``,
    #: ``"following"`` (:mod:`contexta.spi.following`).
    capabilities: ClassVar[frozenset[str]] = frozenset()

    @property
    def damage_count(self) -> int:
        """Number of damaged lines that reads through this object have passed over so far.

        :meth:`check_integrity` locates them.  A backend that cannot tell says 0.
        """
        return 0

    @abstractmethod
    def append(self, records: Sequence[FlatRecord]) -> Sequence[StoredFlatRecord]:
        """Append records, all or none; when this returns they are as durable as the context asks.

        Returns:
            The records with their places, in order.

        Raises:
            ValidationError: One of them is no flat record; nothing was appended.
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space; nothing was appended.
            StoreAccessError: The store was closed, or cannot be written.
        """

    @abstractmethod
    def scan(self, scan_filter: ScanFilter | None = None) -> Iterator[StoredFlatRecord]:
        """Yield the records that match, each writer's in the order of appending.

        A damaged record is left out and is found by :meth:`check_integrity`; it never stops a read.
        """

    @abstractmethod
    def check_integrity(self) -> Sequence[IntegrityFinding]:
        """Read everything and report damage; an empty answer means that none was found."""

    @abstractmethod
    def close(self) -> None:
        """Let go of every resource; nothing acknowledged is lost.  Closing twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@runtime_checkable
class SupportsSeries(Protocol):
    """The fast path for metrics: what repeats in a series is handed over once.

    A backend without it gets the same through :class:`contexta.spi.series.PlainSeries`.
    """

    def open_series(self, constants: FlatRecord) -> Any:
        """Return a handle for records that share these fields; any hashable or opaque object.

        Args:
            constants: A flat metric record without ``id``, ``value``, ``time`` and ``step``.
        """

    def append_point(self, series: Any, record_id: str, value: float, time: str, step: int | None) -> None:
        """Append one point; as :meth:`RecordBackend.append` for one record."""

    def append_points(self, points: Iterable[tuple[Any, str, float, str, int | None]]) -> None:
        """Append many points ``(series, record_id, value, time, step)``, all or none, with one write."""


@runtime_checkable
class SupportsSummaries(Protocol):
    """Pushdown of the questions that services ask most.

    A backend without it gets the same answers from :mod:`contexta.spi.summaries`, by a scan.
    """

    def summaries(
        self, *, runs: Sequence[str] | None = None, keys: Sequence[str] | None = None
    ) -> Sequence[MetricSummary]:
        """Return one summary for each run, stage and key; None for all runs or all keys."""

    def points(self, run: str, key: str, *, stage: str | None = None) -> Sequence[MetricPoint]:
        """Return the points of one metric of one run, ordered by step, then time; None for all stages."""

    def counts(self, run: str) -> Mapping[str, int]:
        """Return the number of records of one run by record type; types without records are absent."""


@dataclass(frozen=True, slots=True)
class CompactionReport:
    """What a compaction did.

    Args:
        performed: Whether it was its turn; False when another process is compacting, and nothing was done.
        segments_before: Number of segments that were there.
        segments_after: Number of segments that are there now.
        bytes_before: Their size before, in bytes.
        bytes_after: Their size now, in bytes.
        adopted: Number of segments of dead writers that were sealed.
        repetitions: Number of records that were dropped because an earlier segment holds the very same one.
        deleted: Number of records that were dropped because their run is deleted.
    """

    performed: bool
    segments_before: int = 0
    segments_after: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    adopted: int = 0
    repetitions: int = 0
    deleted: int = 0


@runtime_checkable
class SupportsCompaction(Protocol):
    """Rewriting what was appended in many pieces into fewer, beside readers and writers."""

    def compact(self) -> CompactionReport:
        """Seal what dead writers left, rewrite sealed segments into fewer, and drop what nobody reads any more.

        No record is lost, doubled or reordered, whenever the process dies; readers and writers need not stop.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space; what was not rewritten stays as it was.
            StoreAccessError: The store cannot be read or written.
        """


@runtime_checkable
class SupportsDeletion(Protocol):
    """Taking the records of whole runs out of the store, for good."""

    def run_bytes(self, run_refs: Sequence[str]) -> Mapping[str, int]:
        """Return how many bytes the records of each run take.

        Args:
            run_refs: References of runs.

        Returns:
            The bytes by reference, one entry for each that was asked; 0 for a run without records, and for one that
            is deleted.

        Raises:
            StoreAccessError: The store cannot be read.
        """

    def deleted_runs(self) -> frozenset[str]:
        """Return the references of all runs that were deleted."""

    def delete_runs(self, run_refs: Sequence[str]) -> int:
        """Delete the records of runs; on stable storage when this returns, and at once for every reader.

        What a writer that lives appends to such a run afterwards is deleted as well: the reference of a deleted run
        is never given out again.  The bytes are freed by the next compaction.  Deleting a run again does nothing.

        Args:
            run_refs: References of runs.

        Returns:
            The bytes that are freed, now or by the next compaction.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space; nothing was deleted.
            StoreAccessError: The store cannot be written.
        """
