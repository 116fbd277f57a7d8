"""The record store ``sqlite``: flat records as rows of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from contexta.errors import ConfigurationError
from contexta.spi.records import CompactionReport, RecordBackend, ScanFilter, StoredFlatRecord
from contexta.spi.summaries import SummaryBuilder, point_of, series_order
from contexta_store_sqlite.database import Database
from contexta_store_sqlite.database_care import DatabaseCare
from contexta_store_sqlite.options import SQLiteOptions
from contexta_store_sqlite.records import schema
from contexta_store_sqlite.records.rows import encode_row
from contexta_store_sqlite.records.scanning import TABLE, last_sequence, read_records, scan_records, where

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contexta.spi.context import OpenContext
    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.records import FlatRecord, MetricPoint, MetricSummary
    from contexta.spi.repair import RepairCandidate, RepairOutcome
    from contexta_store_sqlite.database import Connection

__all__ = ["SQLiteRecordBackend", "open_backend"]

_EVERYTHING = ScanFilter()
_LAYOUT_VERSION = "1"
_INSERT = (
    "INSERT INTO records (id, run, type, key, stage, time, microseconds, value, step, unit, rest, checksum)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
#: Bytes of a row beside its texts: numbers, checksum, and what the table and its index need.
_ROW_BYTES = 64


def open_backend(context: OpenContext, options: SQLiteOptions | None = None) -> SQLiteRecordBackend:
    """Open the store; the factory that the plugin names.

    Args:
        context: The surroundings.
        options: ``[records.options]``; None for the defaults.

    Returns:
        The backend.  Nothing is made before the first append.

    Raises:
        ConfigurationError: ``records.layout_version`` asks for a layout that this store does not write.
    """
    layout = context.settings.get("layout_version", _LAYOUT_VERSION)
    if layout != _LAYOUT_VERSION:
        raise ConfigurationError(
            f"records.layout_version is {layout!r}, and this store writes layout {_LAYOUT_VERSION!r}; "
            "leave the setting out",
            code="unsupported_layout_version",
            details={"path": "records.layout_version"},
        )
    return SQLiteRecordBackend(context, SQLiteOptions() if options is None else options)


class SQLiteRecordBackend(DatabaseCare, RecordBackend):
    """Records in one SQLite file; any number of processes.

    Args:
        context: The surroundings.
        options: How the database is kept.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"compaction", "deletion", "summaries"})

    def __init__(self, context: OpenContext, options: SQLiteOptions) -> None:
        self._root = context.root
        self._damaged: set[int] = set()
        self._database = Database(
            context, options, name=schema.FILE_NAME, version=schema.VERSION, create=schema.create
        )

    @property
    def damage_count(self) -> int:
        """Number of damaged rows that reads through this object have passed over so far."""
        return len(self._damaged)

    def append(self, records: Sequence[FlatRecord]) -> Sequence[StoredFlatRecord]:
        """Append records in one transaction; see :meth:`RecordBackend.append`."""
        self._database.check_writable("append records")
        rows = [encode_row(record) for record in records]
        if not rows:
            return []

        def insert(connection: Connection) -> list[int]:
            deleted = {run for (run,) in connection.execute("SELECT run FROM deleted_runs")}
            # Whoever does not know yet that a run was deleted is answered, and nothing is kept.
            kept = [row for row in rows if row[1] not in deleted] if deleted else rows
            connection.executemany(_INSERT, kept)
            # Numbers are given in order, and in this transaction to nobody else.
            numbers = iter(range(last_sequence(connection) - len(kept) + 1, last_sequence(connection) + 1))
            return [0 if row[1] in deleted else next(numbers) for row in rows]

        sequences = self._database.write(insert, action="append records")
        return [
            StoredFlatRecord(record, TABLE, sequence, sequence)
            for record, sequence in zip(records, sequences, strict=True)
        ]

    def scan(self, scan_filter: ScanFilter | None = None) -> Iterator[StoredFlatRecord]:
        """Yield the records that match, in the order of appending."""
        self._database.check_open()
        return scan_records(self._database, scan_filter or _EVERYTHING, self._damaged.add)

    # -- summaries ------------------------------------------------------------------------------------------------

    def summaries(
        self, *, runs: Sequence[str] | None = None, keys: Sequence[str] | None = None
    ) -> Sequence[MetricSummary]:
        """Return one summary for each run, stage and key; None for all runs or all keys."""
        wanted = None if keys is None else frozenset(keys)
        builders: dict[tuple[str, str | None, str], SummaryBuilder] = {}
        for run in [None] if runs is None else dict.fromkeys(runs):
            condition, parameters = where(ScanFilter(run_ref=run, record_type="metric"))
            for _, record in read_records(self._database, condition, parameters, self._damaged.add):
                identity = (record["run"], record.get("stage"), record["key"])
                if wanted is not None and identity[2] not in wanted:
                    continue
                builder = builders.get(identity)
                if builder is None:
                    builder = builders[identity] = SummaryBuilder(*identity)
                builder.add(record)
        return [builder.build() for builder in builders.values()]

    def points(self, run: str, key: str, *, stage: str | None = None) -> Sequence[MetricPoint]:
        """Return the points of one metric of one run, ordered by step, then time; None for all stages."""
        wanted = ScanFilter(run_ref=run, record_type="metric", key=key, stage_execution_ref=stage)
        found = read_records(self._database, *where(wanted), self._damaged.add)
        return sorted((point_of(record) for _, record in found), key=series_order)

    def counts(self, run: str) -> Mapping[str, int]:
        """Return the number of records of one run by record type; types without records are absent."""

        def count(connection: Connection) -> list[tuple[str, int]]:
            return connection.execute(
                "SELECT type, count(*) FROM records WHERE run = ? GROUP BY type", (run,)
            ).fetchall()

        return dict(self._database.read(count, action="count records") or ())

    # -- deletion -------------------------------------------------------------------------------------------------

    def run_bytes(self, run_refs: Sequence[str]) -> Mapping[str, int]:
        """Return about how many bytes the records of each run take; 0 for one without any."""

        def measure(connection: Connection) -> dict[str, int]:
            return {run: _size_of(connection, run) for run in run_refs}

        return self._database.read(measure, action="measure runs") or dict.fromkeys(run_refs, 0)

    def deleted_runs(self) -> frozenset[str]:
        """Return the references of all runs that were deleted."""

        def read(connection: Connection) -> frozenset[str]:
            return frozenset(run for (run,) in connection.execute("SELECT run FROM deleted_runs"))

        return self._database.read(read, action="list the deleted runs") or frozenset()

    def delete_runs(self, run_refs: Sequence[str]) -> int:
        """Delete the records of runs; the pages are used again, and given back by the next compaction."""
        self._database.check_writable("delete runs")
        if not run_refs:
            return 0

        def delete(connection: Connection) -> int:
            freed = 0
            for run in run_refs:
                freed += _size_of(connection, run)
                connection.execute("DELETE FROM records WHERE run = ?", (run,))
                connection.execute("INSERT OR IGNORE INTO deleted_runs VALUES (?)", (run,))
            return freed

        return self._database.write(delete, action="delete runs")

    # -- care -----------------------------------------------------------------------------------------------------

    def compact(self) -> CompactionReport:
        """Put what is in the write-ahead log into the file, and give free pages back."""
        self._database.check_writable("compact the records")
        if not self._database.exists():
            return CompactionReport(performed=True)
        before = self._bytes()

        def shrink(connection: Connection) -> None:
            connection.execute("PRAGMA incremental_vacuum").fetchall()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

        self._database.outside_transactions(shrink, action="compact the records")
        return CompactionReport(True, 1, 1, before, self._bytes())

    def check_integrity(self) -> Sequence[IntegrityFinding]:
        """Read every page and every row, and report damage."""
        from contexta_store_sqlite.records.care import find_damage

        return find_damage(self._database)

    def repair(self, candidates: Sequence[RepairCandidate]) -> Sequence[RepairOutcome]:
        """Do what the candidates say; damaged rows are moved to ``quarantine/``."""
        from contexta_store_sqlite.records.care import repair

        return repair(self._database, self._root, candidates)

    def close(self) -> None:
        """Let go of the database; closing twice is harmless."""
        self._database.close()

    def _bytes(self) -> int:
        return sum(path.stat().st_size for path in self._root.glob(f"{schema.FILE_NAME}*"))


def _size_of(connection: Connection, run: str) -> int:
    [size] = connection.execute(
        "SELECT coalesce(sum(length(id) + length(run) + length(time) + length(coalesce(key, '')) +"
        f" length(coalesce(stage, '')) + length(coalesce(rest, '')) + {_ROW_BYTES}), 0) FROM records WHERE run = ?",
        (run,),
    ).fetchone()
    return int(size)
