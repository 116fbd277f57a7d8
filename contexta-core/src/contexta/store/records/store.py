"""The public record store."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import TYPE_CHECKING

from contexta.errors import SchemaVersionError, SerializationError, ValidationError
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
        lenient: Whether a record of another major version is read as far as this version understands it.
    """

    def __init__(self, stored: StoredFlatRecord, *, lenient: bool = False) -> None:
        self._stored = stored
        self._lenient = lenient

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
        """The canonical record.

        Raises:
            SchemaVersionError: It is of another major version; ``contract.compatibility_mode = "lenient"`` reads what
                this version knows of it.
        """
        try:
            return restore(self.flat)
        except SchemaVersionError:
            if not self._lenient:
                raise
            # The flat form without its version is one of this version; unknown fields have no effect in it.
            return restore({name: value for name, value in self.flat.items() if name != "schema"})


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
        """Append one record; see :meth:`append_many`."""
        return self.append_many([record])[0]

    def append_many(self, records: Iterable[CanonicalRecord]) -> list[StoredRecord]:
        """Append records with one write, all or none; durable when this returns.

        A record that breaks a rule of the contract is refused with its whole batch; where ``contract.validation_mode``
        is ``"lenient"`` it is kept as long as the store can hold it, and a warning says what is wrong.

        Raises:
            ValidationError: A record breaks a rule.
            SerializationError: A record has no canonical form.
        """
        flats = [flatten(record) for record in records]
        for flat in flats:
            self._validate(flat)
        return [self._stored(each) for each in self._backend.append(flats)]

    def _validate(self, flat: FlatRecord) -> None:
        try:
            restore(flat)
        except (ValidationError, SerializationError) as error:
            if self._config.contract.validation_mode == "strict":
                raise
            warnings.warn(
                f"{record_ref_of(flat)} is kept, and breaks a rule: {error}", RuntimeWarning, stacklevel=3
            )

    def _stored(self, stored: StoredFlatRecord) -> StoredRecord:
        return StoredRecord(stored, lenient=self._config.contract.compatibility_mode == "lenient")

    def scan(self, scan_filter: ScanFilter | None = None) -> Iterator[StoredRecord]:
        """Yield the records that match, each writer's in the order of appending."""
        return (self._stored(each) for each in self._backend.scan(scan_filter))

    def check_integrity(self) -> IntegrityReport:
        """Read everything and report damage."""
        return IntegrityReport.of(self._backend.check_integrity())


def check_integrity(store: RecordStore) -> IntegrityReport:
    """Read every record segment and report damage: torn tails, wrong checksums, gaps."""
    return store.check_integrity()
