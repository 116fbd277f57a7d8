"""The public record store."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import TYPE_CHECKING

from contexta.errors import (
    CompatibilityError,
    ConflictError,
    NotFoundError,
    SerializationError,
    ValidationError,
)
from contexta.log.fork_lock import ForkLock
from contexta.spi.flat import flatten, restore
from contexta.spi.pushdown import IndexReport, SupportsIndexes
from contexta.spi.records import (
    CompactionReport,
    RecordBackend,
    SupportsCompaction,
    SupportsDeletion,
    record_ref_of,
)
from contexta.store.face import StoreFace
from contexta.store.integrity import IntegrityReport
from contexta.store.records.identity import KnownRecords
from contexta.store.records.receipts import (
    AppendReceipt,
    AppendRejection,
    AppendResult,
    DurabilityStatus,
)
from contexta.store.records.stored import StoredRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from contexta.config.models import RecordStoreConfig, UnifiedConfig
    from contexta.errors import ContextaError
    from contexta.spi.flat import CanonicalRecord
    from contexta.spi.records import FlatRecord, ScanFilter, StoredFlatRecord
    from contexta.store.metadata.repair import RepairPlan, RepairPreview, RepairResult
    from contexta.store.records.importing import ImportResult
    from contexta.store.records.replaying import ReplayMode, ReplayResult

__all__ = ["RecordStore", "StoredRecord", "check_integrity", "rebuild_indexes"]


#: What is wrong with one record and not with the store.
_REFUSALS = (ValidationError, SerializationError, CompatibilityError, ConflictError, NotFoundError)


class RecordStore(StoreFace[RecordBackend]):
    """The record truth plane: append-only; readers and writers never wait for each other.

    The backend is the plugin that ``storage_adapter`` names; ``"jsonl_segments"`` where nothing else is configured.

    Args:
        config: A :class:`~contexta.config.RecordStoreConfig`, a whole configuration, or None for the defaults.

    Raises:
        MissingPluginError: No installed plugin has the configured name.
    """

    plane = "records"

    def __init__(self, config: RecordStoreConfig | UnifiedConfig | None = None) -> None:
        super().__init__(config)

    # -- appending ----------------------------------------------------------------------------------------------

    def append(self, record: CanonicalRecord) -> AppendReceipt:
        """Append one record; durable when this returns.

        The same record twice is one: the second time nothing is written, and the receipt says so.

        Args:
            record: An event, metric, span or degraded record.

        Raises:
            ValidationError: It breaks a rule, or is no record (``record_store_unsupported_record``).
            SerializationError: It has no canonical form.
            ConflictError: The store has another body under its reference (``record_store_conflict``).
            NotFoundError: Its run is deleted (``record_store_run_deleted``).
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space; nothing was appended.
            StoreAccessError: The store cannot be written.
        """
        with self._lock:
            self._known.begin()
            flat, stored = self._examine(record, stacklevel=3)
            repeated = stored is not None
            if stored is None:
                (stored,) = self._write([flat])
        return self._receipt(stored, repeated=repeated)

    def append_many(self, records: Iterable[CanonicalRecord]) -> AppendResult:
        """Append records with one write, and one sync where the durability asks for it.

        What cannot be appended is left out, and the result says why; the others are appended all or none.

        Args:
            records: Event, metric, span or degraded records.

        Returns:
            Receipts and rejections.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space; nothing was appended.
            StoreAccessError: The store cannot be written.
        """
        found: list[tuple[FlatRecord, StoredFlatRecord | None] | int] = []
        rejected: list[AppendRejection] = []
        fresh: list[FlatRecord] = []
        pending: dict[tuple[str, str], int] = {}
        with self._lock:
            self._known.begin()
            for index, record in enumerate(records):
                try:
                    flat, stored = self._examine(record, stacklevel=3)
                    place = pending.get((flat["run"], flat["id"]))
                    if stored is None and place is not None:
                        self._known.compare(fresh[place], flat)
                        found.append(place)
                        continue
                except _REFUSALS as error:
                    rejected.append(_rejection(index, record, error))
                    continue
                if stored is None:
                    pending[flat["run"], flat["id"]] = len(fresh)
                    fresh.append(flat)
                found.append((flat, stored))
            written = iter(self._write(fresh) if fresh else ())
        accepted: list[AppendReceipt] = []
        places: list[StoredFlatRecord] = []
        for entry in found:
            if isinstance(entry, int):
                accepted.append(self._receipt(places[entry], repeated=True))
                continue
            _, stored = entry
            if stored is None:
                places.append(next(written))
            accepted.append(self._receipt(stored or places[-1], repeated=stored is not None))
        return AppendResult(tuple(accepted), tuple(rejected), self._durability)

    #: The same under the name that a batch has elsewhere.
    append_batch = append_many

    def _examine(
        self, record: CanonicalRecord, *, stacklevel: int
    ) -> tuple[FlatRecord, StoredFlatRecord | None]:
        """Return the flat form of a record, and its place where the store has it already."""
        try:
            flat = flatten(record)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValidationError(
                f"{type(record).__name__} was to be appended, and is no record; pass an event, metric, span or"
                " degraded record.",
                code="record_store_unsupported_record",
                cause=error,
            ) from error
        self._validate(flat, stacklevel + 1)
        if isinstance(self._backend, SupportsDeletion) and flat["run"] in self._backend.deleted_runs():
            raise NotFoundError(
                f"{record_ref_of(flat)} was to be appended, but {flat['run']} is deleted; a deleted run's reference is"
                " not given out again. Record it under another run.",
                code="record_store_run_deleted",
                details={"run_ref": flat["run"]},
            )
        return flat, self._known.find(flat)

    def _validate(self, flat: FlatRecord, stacklevel: int) -> None:
        try:
            restore(flat)
        except (ValidationError, SerializationError) as error:
            if self._config.contract.validation_mode == "strict":
                raise
            text = f"{record_ref_of(flat)} is kept, and breaks a rule: {error}"
            warnings.warn(text, RuntimeWarning, stacklevel=stacklevel + 1)

    def _write(self, flats: Sequence[FlatRecord]) -> Sequence[StoredFlatRecord]:
        stored = self._backend.append(flats)
        self._known.note(stored)
        return stored

    def _receipt(self, stored: StoredFlatRecord, *, repeated: bool) -> AppendReceipt:
        return AppendReceipt(
            stored, durability_status=self._durability, repeated=repeated, lenient=self._is_lenient
        )

    @cached_property
    def _lock(self) -> ForkLock:
        return ForkLock(level=2)

    @cached_property
    def _known(self) -> KnownRecords:
        return KnownRecords(self._backend)

    @property
    def _durability(self) -> DurabilityStatus:
        is_synced = self._config.records.durability_mode == "fsync"
        return DurabilityStatus.FSYNCED if is_synced else DurabilityStatus.FLUSHED

    @property
    def _is_lenient(self) -> bool:
        return bool(self._config.contract.compatibility_mode == "lenient")

    # -- reading ------------------------------------------------------------------------------------------------

    def scan(self, scan_filter: ScanFilter | None = None) -> Iterator[StoredRecord]:
        """Yield the records that match, each writer's in the order of appending."""
        lenient = self._is_lenient
        return (StoredRecord(each, lenient=lenient) for each in self._backend.scan(scan_filter))

    def replay(
        self, scan_filter: ScanFilter | None = None, *, mode: ReplayMode | None = None
    ) -> ReplayResult:
        """Return the canonical records that match, and what is known to be missing.

        Args:
            scan_filter: Which records; all when None.
            mode: ``ReplayMode.STRICT``, the default, or ``ReplayMode.LENIENT``.

        Raises:
            RecordError: In strict mode, something in the store is damaged or cannot be read
                (``record_replay_unhealthy_store``).
        """
        from contexta.store.records.replaying import ReplayMode, replay

        return replay(self, scan_filter, mode=ReplayMode.STRICT if mode is None else mode)

    def export_jsonl(
        self,
        destination: str | Path,
        scan_filter: ScanFilter | None = None,
        *,
        mode: ReplayMode | None = None,
    ) -> ReplayResult:
        """Write canonical records as JSON Lines; see :func:`contexta.store.records.export_jsonl`."""
        from contexta.store.records.exporting import export_jsonl
        from contexta.store.records.replaying import ReplayMode

        return export_jsonl(self, destination, scan_filter, mode=ReplayMode.STRICT if mode is None else mode)

    def import_jsonl(self, source: str | Path, *, mode: ReplayMode | None = None) -> ImportResult:
        """Append the records of a file of JSON Lines; see :func:`contexta.store.records.import_jsonl`."""
        from contexta.store.records.importing import import_jsonl
        from contexta.store.records.replaying import ReplayMode

        return import_jsonl(self, source, mode=ReplayMode.STRICT if mode is None else mode)

    # -- care ---------------------------------------------------------------------------------------------------

    def check_integrity(self) -> IntegrityReport:
        """Read everything and report damage."""
        return IntegrityReport.of(self._backend.check_integrity())

    def plan_repairs(self, report: IntegrityReport | None = None) -> RepairPlan:
        """Return what can be done about what a check found.

        Args:
            report: The report; a check is made when None.
        """
        from contexta.store.records.repair import plan_repairs

        return plan_repairs(self, report)

    def preview_repairs(self, plan: RepairPlan | None = None) -> RepairPreview:
        """Return a plan in words.

        Args:
            plan: The plan; one is made when None.
        """
        from contexta.store.records.repair import preview_of

        return preview_of(self.plan_repairs() if plan is None else plan)

    def apply_repairs(self, plan: RepairPlan | None = None) -> RepairResult:
        """Do what a plan says, but for what it leaves to people; see :func:`contexta.store.records.apply_repairs`."""
        from contexta.store.records.repair import apply_repairs

        return apply_repairs(self, plan)

    def compact(self) -> CompactionReport:
        """Rewrite what was appended in many pieces into fewer, beside readers and writers.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space; what was not rewritten stays as it was.
            NotFoundError: The configured store has no compaction (``record_store_no_compaction``).
        """
        if not isinstance(self._backend, SupportsCompaction):
            adapter = self._config.records.storage_adapter
            raise NotFoundError(
                f"The records were to be compacted, but the store {adapter!r} has nothing to compact.",
                code="record_store_no_compaction",
            )
        return self._backend.compact()

    def rebuild_indexes(self) -> IndexReport:
        """Build what is derived from the records anew; see :func:`contexta.store.records.rebuild_indexes`."""
        if not isinstance(self._backend, SupportsIndexes):
            adapter = self._config.records.storage_adapter
            raise NotFoundError(
                f"The indexes were to be built anew, but the store {adapter!r} keeps nothing beside its records.",
                code="record_store_no_index",
            )
        return self._backend.rebuild_indexes()


def _rejection(index: int, record: object, error: ContextaError) -> AppendRejection:
    """Say why a record was not appended."""
    envelope = getattr(record, "envelope", None)
    ref, kind = getattr(envelope, "record_ref", None), getattr(envelope, "record_type", None)
    return AppendRejection(
        index,
        error.code,
        error.message,
        None if ref is None else str(ref),
        None if kind is None else str(kind),
    )


def check_integrity(store: RecordStore) -> IntegrityReport:
    """Read every record segment and report damage: torn tails, wrong checksums, gaps."""
    return store.check_integrity()


def rebuild_indexes(store: RecordStore) -> IndexReport:
    """Build the index of the records anew, so that it covers all that it can.

    Nothing depends on it but the time that questions take: it is kept up to date by the questions themselves.

    Args:
        store: The store.

    Returns:
        What it covers now; ``performed`` is False where another process builds, or none is kept.

    Raises:
        ReadOnlyStoreError: The store is open for reading.
        StorageFullError: There is no space; questions are answered all the same.
        NotFoundError: The configured store keeps none (``record_store_no_index``).
    """
    return store.rebuild_indexes()
