"""What is done about damaged rows: they are taken out of their table and kept in a file."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import utc_now_text
from contexta.log import filesystem
from contexta.log.failures import write_failure
from contexta.spi.repair import RepairCandidate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta.spi.integrity import IntegrityFinding

__all__ = ["DAMAGED_PAGES", "DAMAGED_ROW", "QUARANTINE_ROW", "repair_candidates", "set_aside"]

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
