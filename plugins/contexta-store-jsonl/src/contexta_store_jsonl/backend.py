"""The record store ``jsonl_segments``: flat records as lines of a segment log."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

from contexta.errors import ReadOnlyStoreError, StoreAccessError
from contexta.log import LogReader, LogWriter
from contexta.log.durability import Durability
from contexta.spi.records import RecordBackend, ScanFilter, StoredFlatRecord
from contexta_store_jsonl.encoding import encode_members, point_members, series_members
from contexta_store_jsonl.integrity import find_damage
from contexta_store_jsonl.scanning import Source, scan_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from contexta.log.writer import Position
    from contexta.spi.context import OpenContext
    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.records import FlatRecord, MetricPoint, MetricSummary
    from contexta_store_jsonl.encoding import SeriesMembers

__all__ = ["JsonlRecordBackend", "open_backend"]

_EVERYTHING = ScanFilter()


def open_backend(context: OpenContext, options: object = None) -> JsonlRecordBackend:
    """Open the store below a plane's root; nothing is created before the first append.

    Args:
        context: Where, and how durable.
        options: None; this store has no options of its own.

    Returns:
        The store.
    """
    del options
    return JsonlRecordBackend(context)


class JsonlRecordBackend(RecordBackend):
    """Records in ``segments/`` below the plane's root, one JSON object on a line.

    Any number of processes append and read at once: each appends to segments of its own.

    Args:
        context: Where, and how durable.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"series", "summaries"})

    def __init__(self, context: OpenContext) -> None:
        self._root = context.root
        self._directory = context.root / "segments"
        self._read_only = context.read_only
        self._reader = LogReader(self._directory)
        self._closed = False
        # Creates nothing before its first append.
        self._writer = LogWriter(
            self._directory,
            durability=Durability(context.durability),
            max_segment_bytes=context.max_segment_bytes,
        )
        self._append_line = self._refuse if context.read_only else self._writer.append

    def append(self, records: Sequence[FlatRecord]) -> Sequence[StoredFlatRecord]:
        """Append records, all or none; see :meth:`RecordBackend.append`.

        Raises:
            ValidationError: One of them is no flat record (``record_store_invalid_record``); nothing was appended.
            ReadOnlyStoreError: The store is open for reading (``record_store_read_only``).
            StorageFullError: There is no space; nothing was appended.
            StoreAccessError: The store is closed or cannot be written.
        """
        members = [encode_members(record) for record in records]
        self._check_writable()
        positions = self._writer.append_many(members) if len(members) != 1 else [self._writer.append(members[0])]
        return [
            StoredFlatRecord(record, self._writer.segment_name(position.segment), position.n, position.offset)
            for record, position in zip(records, positions, strict=True)
        ]

    def scan(self, scan_filter: ScanFilter | None = None) -> Iterator[StoredFlatRecord]:
        """Yield the records that match, segment by segment; see :meth:`RecordBackend.scan`."""
        sources = [Source(segment) for segment in self._reader.segments()]
        return scan_records(self._reader, sources, scan_filter or _EVERYTHING)

    def check_integrity(self) -> Sequence[IntegrityFinding]:
        """Read everything and report damage; see :meth:`RecordBackend.check_integrity`."""
        return find_damage(self._reader, self._root)

    # -- series -------------------------------------------------------------------------------------------------

    def open_series(self, constants: FlatRecord) -> SeriesMembers:
        """Encode what the points of a series share; the handle is plain data and survives a fork."""
        return series_members(constants)

    def append_point(
        self, series: SeriesMembers, record_id: str, value: float, time: str, step: int | None
    ) -> None:
        """Append one point; as :meth:`append` for one record."""
        self._append_line(point_members(series, record_id, value, time, step))

    def append_points(self, points: Iterable[tuple[SeriesMembers, str, float, str, int | None]]) -> None:
        """Append many points, all or none, with one write."""
        members = [point_members(*point) for point in points]
        self._check_writable()
        self._writer.append_many(members)

    def close(self) -> None:
        """Seal what is open; nothing acknowledged is lost.  Closing twice is harmless."""
        self._closed = True
        self._append_line = self._refuse
        self._writer.close()

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
