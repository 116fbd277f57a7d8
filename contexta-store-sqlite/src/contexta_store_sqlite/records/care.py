"""Finding and moving away what is damaged in the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import StoreAccessError
from contexta.spi.integrity import IntegrityFinding
from contexta_store_sqlite.pages import page_findings
from contexta_store_sqlite.quarantine import DAMAGED_PAGES, DAMAGED_ROW, move_rows, set_aside
from contexta_store_sqlite.records.rows import COLUMNS, decode_row
from contexta_store_sqlite.records.scanning import read_records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta.spi.repair import RepairCandidate, RepairOutcome
    from contexta_store_sqlite.database import Connection, Database

__all__ = ["find_damage", "repair"]


def find_damage(database: Database) -> list[IntegrityFinding]:
    """Read the pages and every row; what cannot be read at all is a finding too."""
    database.check_open()
    findings = page_findings(database)
    if any(finding.code == DAMAGED_PAGES for finding in findings):
        return findings
    damaged: list[int] = []
    try:
        for _ in read_records(database, "", (), damaged.append):
            continue
    except StoreAccessError as error:
        findings.append(IntegrityFinding(error.code, "error", error.message, database.path.name))
    findings += [
        IntegrityFinding(
            DAMAGED_ROW,
            "error",
            f"the record in row {sequence} is not what was written: its checksum differs",
            f"{database.path.name}:records/{sequence}",
        )
        for sequence in damaged
    ]
    return findings


def repair(database: Database, root: Path, candidates: Sequence[RepairCandidate]) -> list[RepairOutcome]:
    """Move damaged rows to ``quarantine/``."""
    return move_rows(
        database,
        candidates,
        lambda connection, ref: _move(connection, root, ref),
        action="repair the records",
    )


def _move(connection: Connection, root: Path, ref: str) -> bool:
    sequence = int(ref.rpartition("/")[2])
    row = connection.execute(f"SELECT {COLUMNS} FROM records WHERE sequence = ?", (sequence,)).fetchone()
    if row is None or decode_row(row) is not None:
        return False
    set_aside(root, "records", [row])
    connection.execute("DELETE FROM records WHERE sequence = ?", (sequence,))
    return True
