"""The public record store."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from contexta.spi.flat import flatten, record_ref_of, restore
from contexta.spi.records import RecordBackend
from contexta.store.face import StoreFace
from contexta.store.integrity import IntegrityReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contexta.spi.flat import CanonicalRecord
    from contexta.spi.records import FlatRecord, ScanFilter, StoredFlatRecord

__all__ = ["RecordStore", "StoredRecord", "check_integrity"]


class StoredRecord:
    """One stored record; its canonical model is made when it is asked for.

    Args:
        stored: The flat record with its place.
    """

    def __init__(self, stored: StoredFlatRecord) -> None:
        self._stored = stored

    @property
    def flat(self) -> FlatRecord:
        """The flat record, as it is kept."""
        return self._stored.record

    @property
    def sequence(self) -> int:
        """Its number within the segment."""
        return self._stored.sequence

    @property
    def segment_id(self) -> str:
        """Name of the segment that holds it."""
        return self._stored.segment

    @property
    def offset(self) -> int:
        """Its place within the segment, in bytes."""
        return self._stored.offset

    @property
    def record_ref(self) -> str:
        """Its reference."""
        return record_ref_of(self.flat)

    @property
    def record_type(self) -> str:
        """``"event"``, ``"metric"``, ``"span"`` or ``"degraded"``."""
        return str(self.flat["type"])

    @property
    def run_ref(self) -> str:
        """Reference of its run."""
        return str(self.flat["run"])

    @property
    def stage_execution_ref(self) -> str | None:
        """Reference of its stage, or None."""
        return self.flat.get("stage")

    @property
    def batch_execution_ref(self) -> str | None:
        """Reference of its batch, or None."""
        return self.flat.get("batch")

    @property
    def sample_observation_ref(self) -> str | None:
        """Reference of its sample, or None."""
        return self.flat.get("sample")

    @cached_property
    def record(self) -> CanonicalRecord:
        """The canonical record."""
        return restore(self.flat)


class RecordStore(StoreFace[RecordBackend]):
    """The record truth plane: append-only; readers and writers never wait for each other.

    The backend is the plugin that ``storage_adapter`` names; ``"jsonl_segments"`` where nothing else is configured.

    Args:
        config: A :class:`~contexta.config.RecordStoreConfig`, a whole configuration, or None for the defaults.

    Raises:
        MissingPluginError: No installed plugin has the configured name.
    """

    plane = "records"

    def append(self, record: CanonicalRecord) -> StoredRecord:
        """Append one record; durable when this returns."""
        return self.append_many([record])[0]

    def append_many(self, records: Iterable[CanonicalRecord]) -> list[StoredRecord]:
        """Append records with one write, all or none; durable when this returns."""
        return [StoredRecord(each) for each in self._backend.append([flatten(record) for record in records])]

    def scan(self, scan_filter: ScanFilter | None = None) -> Iterator[StoredRecord]:
        """Yield the records that match, each writer's in the order of appending."""
        return (StoredRecord(each) for each in self._backend.scan(scan_filter))

    def check_integrity(self) -> IntegrityReport:
        """Read everything and report damage."""
        return IntegrityReport.of(self._backend.check_integrity())


def check_integrity(store: RecordStore) -> IntegrityReport:
    """Read every record segment and report damage: torn tails, wrong checksums, gaps."""
    return store.check_integrity()
