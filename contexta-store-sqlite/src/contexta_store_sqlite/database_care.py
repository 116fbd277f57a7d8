"""What both backends offer alike: a copy of their database, and what can be done about its damage."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.repair import RepairCandidate
    from contexta_store_sqlite.database import Database

__all__ = ["DatabaseCare"]


class DatabaseCare:
    """A part of a backend that keeps one database."""

    _database: Database

    def write_backup(self, directory: Path) -> None:
        """Write a consistent copy of the database; see :meth:`SupportsBackup.write_backup`."""
        self._database.write_copy(directory)

    def repair_candidates(self, findings: Sequence[IntegrityFinding]) -> Sequence[RepairCandidate]:
        """Return what can be done about findings of this store; those that it does not know are left out."""
        from contexta_store_sqlite.quarantine import repair_candidates

        return repair_candidates(findings)
