"""What is wrong with the stored records, for people and for recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from contexta.log.damage import DamageKind
from contexta.spi.integrity import IntegrityFinding
from contexta_store_jsonl.places import WHOLE, read_lines
from contexta_store_jsonl.validity import why_invalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contexta.log import LogReader
    from contexta.log.scan import Line
    from contexta.log.segments import Segment
    from contexta_store_jsonl.deletions import Deletions

__all__ = ["find_damage", "find_damaged_deletions"]

#: Code of a finding for a whole line that holds no flat record.
INVALID_RECORD = "invalid_record"
# An incomplete last line was never acknowledged, so nothing is lost with it.
_WARNINGS = frozenset({DamageKind.TORN_TAIL})


def find_damage(reader: LogReader, root: Path) -> list[IntegrityFinding]:
    """Read everything and report damage.

    Args:
        reader: The log.
        root: Directory of the plane; locations are relative to it.

    Returns:
        The damage of segments and lines first, then the lines that are whole but hold no flat record.

    Raises:
        StoreAccessError: A file cannot be read.
    """
    findings = [
        IntegrityFinding(
            code=damage.kind.value,
            severity="warning" if damage.kind in _WARNINGS else "error",
            message=f"line {damage.line_number}: {damage.detail}",
            location=f"{reader.directory.relative_to(root)}/{damage.segment}:{damage.offset}",
        )
        for damage in reader.verify()
    ]
    for segment in reader.segments():
        findings.extend(_invalid_records(reader, segment, root))
    return findings


def find_damaged_deletions(deletions: Deletions) -> Iterator[IntegrityFinding]:
    """Report the files of deleted runs that no longer say which run it is.

    Args:
        deletions: The deleted runs.

    Yields:
        One finding for each; such a run stays deleted, and deleting it again repairs its file.
    """
    for name in sorted(deletions.current().unreadable):
        yield IntegrityFinding(
            code="deletion_damaged",
            severity="warning",
            message="the file of a deleted run is damaged; the run stays deleted, and deleting it again repairs this",
            location=f"deleted/{name}",
        )


def _invalid_records(reader: LogReader, segment: Segment, root: Path) -> Iterator[IntegrityFinding]:
    """Report the whole lines of a segment that hold no flat record."""
    for lines in read_lines(reader, segment, WHOLE, ()):
        for line in lines:
            reason, ref = _judge(line)
            if reason is not None:
                yield IntegrityFinding(
                    code=INVALID_RECORD,
                    severity="error",
                    message=f"line {line[0]} is whole but no flat record: it has {reason}",
                    location=f"{segment.path.relative_to(root)}:{line[1]}",
                    ref=ref,
                )


def _judge(line: Line) -> tuple[str | None, str | None]:
    """Say what keeps a line from being a flat record, and which record it is if it names itself."""
    try:
        record = msgspec.json.decode(line[2])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return f"text that is no JSON: {error}", None
    name = record.get("id")
    return why_invalid(record), name if isinstance(name, str) else None
