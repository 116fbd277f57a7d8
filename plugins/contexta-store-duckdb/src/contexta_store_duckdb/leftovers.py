"""Files below the root of the plane that belong to nothing: looked for by the check, moved away by the repair."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

from contexta.log import filesystem
from contexta.log.names import TEMPORARY_PREFIX
from contexta.spi.integrity import IntegrityFinding
from contexta_store_duckdb.claims import BOOT_PREFIX, claim_name
from contexta_store_duckdb.generation import UnreadableGenerationError, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from contexta_store_duckdb.index import GenerationIndex

__all__ = ["QUARANTINE", "find_claims_without_runs", "find_leftovers", "quarantine"]

#: Directory, in that of what it holds, of files that a repair took out of use.
QUARANTINE = "quarantine"
#: What is younger may be somebody's work that is not finished.
_SETTLED_SECONDS = 3_600.0
_INDEX_FILE = re.compile(r"generation-\d{8}-\d{16}-[0-9a-f]{32}\.duckdb|\.tmp-.*|\.lock|quarantine", re.ASCII)


def find_leftovers(root: Path, index: GenerationIndex) -> Iterator[IntegrityFinding]:
    """Report temporary files whose makers are gone, and what the index cannot use.

    Args:
        root: Root of the plane.
        index: The generations; those whose content is not what their names say are reported elsewhere.
    """
    for directory in ("", "journal", "index"):
        for name in _names(root / directory):
            path = root / directory / name
            if name.startswith(TEMPORARY_PREFIX) and _is_settled(path):
                yield IntegrityFinding(
                    "metadata_leftover",
                    "warning",
                    "A temporary file is left of a process that ended before it was finished; nothing needs it.",
                    f"{directory}/{name}" if directory else name,
                )
    damaged = set(index.damaged())
    for name in _names(root / "index"):
        path = root / "index" / name
        if not _INDEX_FILE.fullmatch(name):
            reason = "it has no name of a generation"
        elif path in damaged or not name.startswith("generation-"):
            continue
        else:
            reason = _unreadable(path)
        if reason:
            yield IntegrityFinding(
                "index_foreign",
                "warning",
                f"A file in the index is no generation that this version reads, and is ignored: {reason}",
                f"index/{name}",
            )


def find_claims_without_runs(root: Path, runs: Iterable[str]) -> Iterator[IntegrityFinding]:
    """Report claims that nothing came of, and runs without a claim.

    Args:
        root: Root of the plane.
        runs: References of all runs, deleted ones included.
    """
    claims = root / "claims"
    taken = {name for name in _names(claims) if not name.startswith(BOOT_PREFIX)}
    if not claims.is_dir():
        # The first claim builds the directory from the journal.
        return
    for run_ref in runs:
        name = claim_name(run_ref)
        if name in taken:
            taken.discard(name)
        else:
            yield IntegrityFinding(
                "run_without_claim",
                "warning",
                "The file of a run's claim is missing: another run could take its reference.",
                f"claims/{name}",
                run_ref,
            )
    for name in sorted(taken - {QUARANTINE}):
        if _is_settled(claims / name):
            yield IntegrityFinding(
                "claim_without_run",
                "warning",
                "A reference is claimed, and there is no such run: whoever claimed it ended before it wrote.",
                f"claims/{name}",
            )


def quarantine(path: Path) -> Path:
    """Move a file out of use, into ``quarantine/`` beside it; doing it twice is harmless.

    Raises:
        OSError: It cannot be moved.
    """
    directory = path.parent / QUARANTINE
    filesystem.create_private_directory(directory)
    target = directory / path.name
    number = 0
    while target.exists():
        number += 1
        target = directory / f"{path.name}.{number}"
    filesystem.replace(path, target)
    filesystem.sync_directory(directory)
    filesystem.sync_directory(path.parent)
    return target


def _names(directory: Path) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_settled(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime > _SETTLED_SECONDS
    except OSError:
        return False


def _unreadable(path: Path) -> str:
    try:
        read(path)
    except UnreadableGenerationError as error:
        return str(error)
    return ""
