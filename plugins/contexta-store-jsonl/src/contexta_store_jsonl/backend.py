"""The record store ``jsonl_segments``: flat records as lines of a segment log."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from contexta.errors import ConfigurationError, ReadOnlyStoreError, StoreAccessError
from contexta.log import LogWriter
from contexta.log.durability import Durability
from contexta.spi.records import RecordBackend, ScanFilter, StoredFlatRecord
from contexta_store_jsonl.deletions import Deletions
from contexta_store_jsonl.encoding import encode_members, point_members, series_members
from contexta_store_jsonl.pushed_down import PushedDownAnswers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from contexta.log.writer import Position
    from contexta.spi.context import OpenContext
    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.pushdown import IndexReport
    from contexta.spi.records import CompactionReport, FlatRecord
    from contexta.spi.repair import RepairCandidate, RepairOutcome
    from contexta_store_jsonl.catalog import Catalog
    from contexta_store_jsonl.deletions import DeletedRuns
    from contexta_store_jsonl.encoding import SeriesMembers
    from contexta_store_jsonl.places import Source
    from contexta_store_jsonl.tallying_reader import TallyingReader

__all__ = ["JsonlRecordBackend", "open_backend"]

_EVERYTHING = ScanFilter()
#: How long a rebuild of the index waits for another process that builds.
_PATIENCE_SECONDS = 60.0
_LAYOUT_VERSION = "1"


def open_backend(context: OpenContext, options: object = None) -> JsonlRecordBackend:
    """Open the store below a plane's root; nothing is created before the first append.

    Args:
        context: Where, and how durable.
        options: None; this store has no options of its own.

    Returns:
        The store.

    Raises:
        ConfigurationError: ``records.layout_version`` asks for a layout that this store does not write.
    """
    del options
    layout = context.settings.get("layout_version", _LAYOUT_VERSION)
    if layout != _LAYOUT_VERSION:
        raise ConfigurationError(
            f"records.layout_version is {layout!r}, and this store writes layout {_LAYOUT_VERSION!r}; "
            "leave the setting out",
            code="unsupported_layout_version",
            details={"path": "records.layout_version"},
        )
    return JsonlRecordBackend(context)


class JsonlRecordBackend(PushedDownAnswers, RecordBackend):
    """Records in ``segments/`` below the plane's root, one JSON object on a line.

    Any number of processes append and read at once: each appends to segments of its own.  What only questions need is
    imported by the first one, so that programs that capture do not pay for it.

    Args:
        context: Where, and how durable.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"series", "summaries", "pushdown", "outlines", "compaction", "deletion", "following", "repairs"}
    )

    def __init__(self, context: OpenContext) -> None:
        self._root = context.root
        self._directory = context.root / "segments"
        self._read_only = context.read_only
        self._indexed = bool(context.settings.get("enable_indexes", True))
        self._deterministic = context.deterministic
        self._deletions = Deletions(context.root / "deleted")
        self._closed = False
        # Creates nothing before its first append.
        self._writer = LogWriter(
            self._directory,
            durability=Durability(context.durability),
            max_segment_bytes=context.max_segment_bytes,
        )
        self._append_line = self._refuse if context.read_only else self._writer.append

    @cached_property
    def _reader(self) -> TallyingReader:
        from contexta_store_jsonl.tallying_reader import TallyingReader

        # Of two threads that come here at once both get the same.
        reader: TallyingReader = vars(self).setdefault("_reader", TallyingReader(self._directory))
        return reader

    @cached_property
    def _catalog(self) -> Catalog:
        from contexta_store_jsonl.catalog import Catalog

        # The index is derived: it is left out where nothing may be kept beside the records.
        index = self._root / "index" if self._indexed else None
        return Catalog(self._reader, index, may_build=not self._read_only)

    @property
    def damage_count(self) -> int:
        """Number of damaged lines that reads through this object have passed over so far."""
        return len(self._reader.tally)

    def append(self, records: Sequence[FlatRecord]) -> Sequence[StoredFlatRecord]:
        """Append records, all or none; see :meth:`RecordBackend.append`.

        Raises:
            ValidationError: One of them is no flat record (``record_store_invalid_record``); nothing was appended.
            ReadOnlyStoreError: The store is open for reading (``record_store_read_only``).
            StorageFullError: There is no space; nothing was appended.
            StoreAccessError: The store is closed or cannot be written.
        """
        self._check_writable()
        members = [encode_members(record, deterministic=self._deterministic) for record in records]
        positions = (
            self._writer.append_many(members) if len(members) != 1 else [self._writer.append(members[0])]
        )
        return [
            StoredFlatRecord(record, self._writer.segment_name(position.segment), position.n, position.offset)
            for record, position in zip(records, positions, strict=True)
        ]

    def scan(self, scan_filter: ScanFilter | None = None) -> Iterator[StoredFlatRecord]:
        """Yield the records that match, segment by segment; see :meth:`RecordBackend.scan`."""
        wanted = scan_filter or _EVERYTHING
        deleted = self._deletions.current()
        if wanted.run_ref is not None and wanted.run_ref in deleted:
            return iter(())
        return self._scan(wanted, deleted)

    def _scan(self, wanted: ScanFilter, deleted: DeletedRuns) -> Iterator[StoredFlatRecord]:
        """Yield the records that match; what they stand in is held for as long."""
        from contexta_store_jsonl.scanning import scan_records

        with self._reader.hold():
            for stored in scan_records(self._reader, self._sources(wanted), wanted):
                if not deleted or stored.record["run"] not in deleted:
                    yield stored

    def scan_flawed(self, run: str) -> Iterator[StoredFlatRecord]:
        """Yield the records of a run that are marked; see :class:`contexta.spi.flawed_records.SupportsFlawedScan`."""
        from contexta_store_jsonl.scanning import scan_flawed

        if run in self._deletions.current():
            return
        with self._reader.hold():
            yield from scan_flawed(self._reader, self._sources_of(run)[0], run)

    def follow(self, run: str) -> Iterator[Sequence[StoredFlatRecord]]:
        """Yield the records of a run, and then what comes; see ``SupportsFollowing``."""
        from contexta_store_jsonl.following import follow_run

        return follow_run(self._reader, run, lambda: self.scan(ScanFilter(run_ref=run)))

    def _sources(self, wanted: ScanFilter) -> Sequence[Source]:
        """Tell where the records that match are."""
        from contexta_store_jsonl.places import WHOLE, Source
        from contexta_store_jsonl.span import span_of

        if wanted.run_ref is None:
            span = span_of(wanted.start_time, wanted.end_time)
            if span is not None:
                return self._catalog.sources_between(span)
            return [Source(segment, WHOLE) for segment in self._reader.segments()]
        return self._sources_of(wanted.run_ref)[0]

    # -- care ---------------------------------------------------------------------------------------------------

    def check_integrity(self) -> Sequence[IntegrityFinding]:
        """Read everything and report damage; see :meth:`RecordBackend.check_integrity`."""
        from contexta_store_jsonl.integrity import find_damage, find_damaged_deletions

        with self._reader.hold():
            return [*find_damage(self._reader, self._root), *find_damaged_deletions(self._deletions)]

    def repair_candidates(self, findings: Sequence[IntegrityFinding]) -> Sequence[RepairCandidate]:
        """Return what can be done about findings; see :meth:`SupportsRepairs.repair_candidates`."""
        from contexta_store_jsonl.repairs import find_repairs

        return list(find_repairs(self._directory, findings))

    def repair(self, candidates: Sequence[RepairCandidate]) -> Sequence[RepairOutcome]:
        """Do what the candidates say; see :meth:`SupportsRepairs.repair`."""
        self._check_writable()
        from contexta_store_jsonl.repairs import repair_segments

        return repair_segments(self._directory, candidates)

    def compact(self) -> CompactionReport:
        """Rewrite the segments into fewer; see :meth:`SupportsCompaction.compact`.

        What this object has open is sealed first; what it appends next goes to a new segment.
        """
        self._check_writable()
        from contexta_store_jsonl.compaction import compact_records

        self._writer.seal_open_segment()
        return compact_records(self._directory, self._deletions)

    def run_bytes(self, run_refs: Sequence[str]) -> Mapping[str, int]:
        """Return how many bytes the records of each run take; see :meth:`SupportsDeletion.run_bytes`."""
        from contexta_store_jsonl.run_sizes import run_sizes

        deleted = self._deletions.current()
        sizes = run_sizes(self._reader, [run for run in run_refs if run not in deleted])
        return {run: sizes.get(run, 0) for run in run_refs}

    def deleted_runs(self) -> frozenset[str]:
        """Return the references of all runs that were deleted."""
        return self._deletions.current().runs

    def delete_runs(self, run_refs: Sequence[str]) -> int:
        """Delete the records of runs; see :meth:`SupportsDeletion.delete_runs`."""
        self._check_writable()
        freed = sum(self.run_bytes(run_refs).values())
        self._deletions.add(run_refs)
        return freed

    def rebuild_indexes(self) -> IndexReport:
        """Build the index anew; see :meth:`SupportsIndexes.rebuild_indexes`."""
        self._check_writable()
        import duckdb

        from contexta.log.failures import write_failure
        from contexta.spi.pushdown import IndexReport

        try:
            with self._reader.hold():
                return IndexReport(*self._catalog.rebuild(patience_seconds=_PATIENCE_SECONDS))
        except OSError as error:
            raise write_failure(error, self._root / "index", "build the index") from error
        except duckdb.Error as error:
            raise StoreAccessError(
                f"The index in {self._root / 'index'} was to be built, and DuckDB failed: {error}. Questions are answered"
                " without it; see whether there is space, and build it again.",
                code="record_store_index_failed",
                cause=error,
            ) from error

    # -- series -------------------------------------------------------------------------------------------------

    def open_series(self, constants: FlatRecord) -> SeriesMembers:
        """Encode what the points of a series share; the handle is plain data and survives a fork."""
        return series_members(constants, deterministic=self._deterministic)

    def append_point(
        self, series: SeriesMembers, record_id: str, value: float, time: str, step: int | None
    ) -> None:
        """Append one point; as :meth:`append` for one record."""
        self._append_line(point_members(series, record_id, value, time, step))

    def append_points(self, points: Iterable[tuple[SeriesMembers, str, float, str, int | None]]) -> None:
        """Append many points, all or none, with one write."""
        self._check_writable()
        members = [point_members(*point) for point in points]
        self._writer.append_many(members)

    def close(self) -> None:
        """Seal what is open; nothing acknowledged is lost.  Closing twice is harmless."""
        self._closed = True
        self._append_line = self._refuse
        self._writer.close()
        catalog: Catalog | None = vars(self).get("_catalog")
        if catalog is not None:
            catalog.release()

    def _check_writable(self) -> None:
        """Refuse where appending one record would."""
        if self._closed or self._read_only:
            self._refuse(b"")

    def _refuse(self, members: bytes) -> Position:
        """Refuse an append to a store that is closed or open for reading."""
        del members
        if self._closed:
            raise StoreAccessError(
                f"A record was to be appended to {self._directory}, but the store is closed; open it again.",
                code="record_store_closed",
            )
        raise ReadOnlyStoreError(
            f"A record was to be appended to {self._directory}, but the store is open for reading only;"
            " open it for writing.",
            code="record_store_read_only",
        )
