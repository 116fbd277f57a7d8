"""The records that tell less than what happened, for stores that find them without decoding all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from contexta.spi.records import ScanFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.records import FlatRecord, RecordBackend, StoredFlatRecord

__all__ = ["FLAW_FIELDS", "SupportsFlawedScan", "flawed_records", "has_flaw"]

#: The fields of a flat record that mark it; a record that is whole has neither.
FLAW_FIELDS = ("degradation", "completeness")


@runtime_checkable
class SupportsFlawedScan(Protocol):
    """The marked records of a run, without all the others.

    Of a backend without it all records of the run are scanned.
    """

    def scan_flawed(self, run: str) -> Iterator[StoredFlatRecord]:
        """Yield the records of a run that are marked as incomplete or degraded, in the order of a scan.

        Args:
            run: Reference of the run.
        """


def flawed_records(backend: RecordBackend, run: str) -> Iterator[StoredFlatRecord]:
    """Yield the records of a run that are marked as incomplete or degraded, in the order of a scan.

    Args:
        backend: A record store.
        run: Reference of the run.
    """
    if isinstance(backend, SupportsFlawedScan):
        return iter(backend.scan_flawed(run))
    return (each for each in backend.scan(ScanFilter(run_ref=run)) if has_flaw(each.record))


def has_flaw(record: FlatRecord) -> bool:
    """Return whether a flat record is marked as incomplete or degraded.

    Args:
        record: The record.
    """
    return any(name in record for name in FLAW_FIELDS)
