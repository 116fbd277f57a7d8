"""The plainest record store: every record is a line, and every question reads all lines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from contexta.contract.timestamps import instant
from contexta.contract.vocabularies import RECORD_TYPES
from contexta.errors import ContextaError, ValidationError
from contexta.spi.records import RecordBackend, ScanFilter, StoredFlatRecord
from contexta.testing.reference.lines import SharedLines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from contexta.spi.context import OpenContext
    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.records import FlatRecord

__all__ = ["PlainRecordStore"]

_EVERYTHING = ScanFilter()
_FRAME = ("n", "c")


class PlainRecordStore(RecordBackend):
    """Keeps records as JSON lines.

    Args:
        context: The surroundings.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, context: OpenContext) -> None:
        self._lines = SharedLines(context, "records")

    @property
    def damage_count(self) -> int:
        """Number of damaged places that the last question passed over."""
        return self._lines.damage_count

    def append(self, records: Sequence[FlatRecord]) -> Sequence[StoredFlatRecord]:
        """Append records as one batch."""
        self._lines.check_writable()
        for record in records:
            _check(record)
        positions = self._lines.append([dict(record) for record in records])
        return [
            StoredFlatRecord(record, self._lines.segment_name(place), place.n, place.offset)
            for record, place in zip(records, positions, strict=True)
        ]

    def scan(self, scan_filter: ScanFilter | None = None) -> Iterator[StoredFlatRecord]:
        """Read everything, and yield what matches."""
        self._lines.check_open()
        return self._scan(scan_filter or _EVERYTHING)

    def _scan(self, wanted: ScanFilter) -> Iterator[StoredFlatRecord]:
        for segment, n, offset, line in self._lines.read():
            record = {name: value for name, value in line.items() if name not in _FRAME}
            if wanted.matches(record):
                yield StoredFlatRecord(record, segment, n, offset)

    def check_integrity(self) -> Sequence[IntegrityFinding]:
        """Report damaged lines."""
        return self._lines.findings()

    def close(self) -> None:
        """Let go of what is open."""
        self._lines.close()


def _check(record: Mapping[str, Any]) -> None:
    """Refuse what is no flat record."""
    problem = None
    if record.get("type") not in RECORD_TYPES:
        problem = f"no known type: {record.get('type')!r}"
    elif not all(isinstance(record.get(name), str) and record[name] for name in ("id", "run")):
        problem = "no id or no run"
    elif record["type"] == "metric" and not _is_number(record.get("value")):
        problem = f"no finite number as its value: {record.get('value')!r}"
    else:
        try:
            instant(record.get("time", ""))
        except ContextaError:
            problem = f"no time: {record.get('time')!r}"
    if problem is not None:
        raise ValidationError(
            f"A flat record was to be appended, but it has {problem}.", code="plain_store_invalid_record"
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
