"""Exporting records as JSON Lines."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from contexta.contract import to_json
from contexta.log import filesystem
from contexta.log.failures import write_failure
from contexta.store.records.replaying import Replay, ReplayMode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.spi.records import ScanFilter
    from contexta.store.records.replaying import ReplayResult
    from contexta.store.records.store import RecordStore

__all__ = ["export_jsonl"]

_BLOCK_BYTES = 1_048_576


def export_jsonl(
    store: RecordStore,
    destination: str | Path,
    scan_filter: ScanFilter | None = None,
    *,
    mode: ReplayMode = ReplayMode.STRICT,
) -> ReplayResult:
    """Write the canonical records that match to a file, one JSON object on a line.

    The file appears whole, on stable storage, or not at all; one that exists is replaced.  Memory does not grow with the
    number of records.

    Args:
        store: The store.
        destination: The file; its directory must exist.
        scan_filter: Which records; all when None.
        mode: ``ReplayMode.STRICT`` raises on any bad record, ``ReplayMode.LENIENT`` skips bad records and says so.

    Returns:
        What was exported; ``records`` is empty.

    Raises:
        RecordError: Something in the store is damaged or cannot be read, in strict mode
            (``record_replay_unhealthy_store``); there is no file then.
        StorageFullError: There is no space.
        StoreAccessError: The file cannot be written (``record_export_failed``).
    """
    replayed = Replay(store, mode)
    target = Path(destination)
    lines = (to_json(record).encode() + b"\n" for record in replayed.records(scan_filter))
    temporary = target.with_name(f".tmp-{os.urandom(8).hex()}")
    try:
        _write(temporary, target, lines)
    except OSError as error:
        raise write_failure(error, target, "export the records", code="record_export_failed") from error
    return replayed.result()


def _write(temporary: Path, target: Path, lines: Iterable[bytes]) -> None:
    """Write lines to a temporary file, and give it its name when it is whole."""
    descriptor = filesystem.create_file(temporary)
    try:
        try:
            offset, block, size = 0, [], 0
            for line in lines:
                block.append(line)
                size += len(line)
                if size >= _BLOCK_BYTES:
                    filesystem.write_all(descriptor, b"".join(block), offset)
                    offset, block, size = offset + size, [], 0
            if block:
                filesystem.write_all(descriptor, b"".join(block), offset)
            filesystem.sync_file(descriptor)
        finally:
            os.close(descriptor)
        filesystem.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            filesystem.remove_file(temporary)
        raise
    filesystem.sync_directory(target.parent)
