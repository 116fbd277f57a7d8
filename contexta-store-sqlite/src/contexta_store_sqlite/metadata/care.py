"""Finding and moving away what is damaged in the metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import StoreAccessError
from contexta.spi.integrity import IntegrityFinding
from contexta_store_sqlite.metadata.rows import COLUMNS, decode_row
from contexta_store_sqlite.pages import page_findings
from contexta_store_sqlite.quarantine import DAMAGED_PAGES, DAMAGED_ROW, move_rows, set_aside

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta.spi.repair import RepairCandidate, RepairOutcome
    from contexta_store_sqlite.database import Connection, Database

__all__ = ["find_damage", "repair"]

_ALL = f"SELECT {COLUMNS} FROM entities ORDER BY kind, ref"


def find_damage(database: Database, *, full: bool) -> list[IntegrityFinding]:
    """Read the pages, and for a full look every row; what cannot be read at all is a finding too."""
    database.check_open()
    findings = page_findings(database)
    if full and not any(finding.code == DAMAGED_PAGES for finding in findings):
        try:
            damaged = database.read(_damaged, action="check the metadata") or []
        except StoreAccessError as error:
            findings.append(IntegrityFinding(error.code, "error", error.message, database.path.name))
        else:
            findings += [_finding(database, kind, ref) for kind, ref in damaged]
    return findings


def repair(database: Database, root: Path, candidates: Sequence[RepairCandidate]) -> list[RepairOutcome]:
    """Move damaged rows to ``quarantine/``."""
    return move_rows(
        database,
        candidates,
        lambda connection, ref: _move(connection, root, ref),
        action="repair the metadata",
    )


def _damaged(connection: Connection) -> list[tuple[str, str]]:
    return [(str(row[0]), str(row[1])) for row in connection.execute(_ALL) if decode_row(row) is None]


def _finding(database: Database, kind: str, ref: str) -> IntegrityFinding:
    return IntegrityFinding(
        DAMAGED_ROW,
        "error",
        f"the row of {ref} is not what was written: its checksum differs",
        f"{database.path.name}:entities/{kind}/{ref}",
        ref,
    )


def _move(connection: Connection, root: Path, place: str) -> bool:
    _, _, identity = place.partition("entities/")
    kind, _, ref = identity.partition("/")
    row = connection.execute(
        f"SELECT {COLUMNS} FROM entities WHERE kind = ? AND ref = ?", (kind, ref)
    ).fetchone()
    if row is None or decode_row(row) is not None:
        return False
    set_aside(root, "entities", [row])
    connection.execute("DELETE FROM entities WHERE kind = ? AND ref = ?", (kind, ref))
    return True
