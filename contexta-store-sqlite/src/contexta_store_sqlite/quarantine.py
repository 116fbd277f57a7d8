"""What is done about damaged rows: they are taken out of their table and kept in a file."""

from __future__ import annotations

import json
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import utc_now_text
from contexta.log import filesystem
from contexta.log.failures import write_failure
from contexta.spi.repair import RepairCandidate, RepairOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from contexta.spi.integrity import IntegrityFinding
    from contexta_store_sqlite.database import Connection, Database

__all__ = ["DAMAGED_PAGES", "DAMAGED_ROW", "QUARANTINE_ROW", "move_rows", "repair_candidates", "set_aside"]

#: Code of a finding for a row that is not what was written.
DAMAGED_ROW = "row_damaged"
#: Code of a finding for what SQLite itself finds.
DAMAGED_PAGES = "pages_damaged"
#: The action that moves a row away.
QUARANTINE_ROW = "quarantine_row"
_REVIEW = "review_damage"


def repair_candidates(findings: Sequence[IntegrityFinding]) -> list[RepairCandidate]:
    """Return what can be done about findings; those of other stores are left out."""
    candidates = []
    for finding in findings:
        if finding.code == DAMAGED_ROW:
            candidates.append(
                RepairCandidate(
                    finding.code,
                    finding.location,
                    QUARANTINE_ROW,
                    "Every reader passes over the row. It is moved to quarantine/, and what is written of it again"
                    " begins anew.",
                )
            )
        elif finding.code == DAMAGED_PAGES:
            candidates.append(
                RepairCandidate(
                    finding.code,
                    finding.location,
                    _REVIEW,
                    "The file itself is damaged; restore it from a backup, or save what can be read of it with"
                    " the program sqlite3 and its command .recover.",
                    is_automatic=False,
                )
            )
    return candidates


def move_rows(
    database: Database,
    candidates: Sequence[RepairCandidate],
    move: Callable[[Connection, str], bool],
    *,
    action: str,
) -> list[RepairOutcome]:
    """Move damaged rows to ``quarantine/``, each in a transaction of its own.

    Args:
        database: The database.
        candidates: What to do; what is left to people is skipped.
        move: Moves the row of a candidate's reference; returns False where it is whole, or gone.
        action: The same in words, for errors.

    Raises:
        ReadOnlyStoreError: The store is open for reading.
        StorageFullError: There is no space.
        StoreAccessError: The database or the quarantine cannot be written.
    """
    database.check_writable(action)
    outcomes = []
    for candidate in candidates:
        if candidate.action != QUARANTINE_ROW:
            outcomes.append(RepairOutcome(candidate, "skipped", "left to people"))
        elif database.write(partial(_move_one, move, candidate.ref), action=action):
            outcomes.append(RepairOutcome(candidate, "applied", "moved to quarantine/"))
        else:
            outcomes.append(RepairOutcome(candidate, "skipped", "it is whole now, or gone"))
    return outcomes


def _move_one(move: Callable[[Connection, str], bool], ref: str, connection: Connection) -> bool:
    return move(connection, ref)


def set_aside(root: Path, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep rows that are taken out of a table in a file of ``quarantine/``, on stable storage.

    Raises:
        StorageFullError: There is no space.
        StoreAccessError: The file cannot be written.
    """
    directory = root / "quarantine"
    lines = [json.dumps({"table": table, "row": [_readable(value) for value in row]}) for row in rows]
    stamp = utc_now_text().replace(":", "").replace("-", "")
    path = directory / f"{table}-{stamp}-{os.urandom(4).hex()}.jsonl"
    try:
        filesystem.create_private_directory(directory)
        filesystem.write_file_atomically(path, "".join(f"{line}\n" for line in lines).encode())
    except OSError as error:
        raise write_failure(error, path, "set damaged rows aside") from error


def _readable(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
