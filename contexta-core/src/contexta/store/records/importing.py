"""Importing records from JSON Lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.contract import (
    deserialize_degraded_record,
    deserialize_metric_record,
    deserialize_structured_event_record,
    deserialize_trace_span_record,
)
from contexta.errors import ContextaError, RecordError, SerializationError, ValidationError
from contexta.log.failures import read_failure
from contexta.spi.flat import restore
from contexta.store.records.receipts import AppendRejection
from contexta.store.records.replaying import ReplayMode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contexta.spi.flat import CanonicalRecord
    from contexta.store.records.store import RecordStore

__all__ = ["ImportResult", "import_jsonl"]

#: Longer lines hold no record: one has at most a MiB.
_LONGEST_LINE_BYTES = 4 * 1_048_576
_BATCH = 1_000
_READERS: dict[str, Callable[[Any], CanonicalRecord]] = {
    "event": deserialize_structured_event_record,
    "metric": deserialize_metric_record,
    "span": deserialize_trace_span_record,
    "degraded": deserialize_degraded_record,
}


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file.

    Args:
        read_count: Lines that hold something.
        imported_count: Records that were appended.
        repeated_count: Records that the store had already.
        rejected: What was not imported and why; ``index`` is the number of the line, from 1.
    """

    read_count: int
    imported_count: int
    repeated_count: int
    rejected: tuple[AppendRejection, ...] = ()

    @property
    def success(self) -> bool:
        """Whether every record of the file is in the store."""
        return not self.rejected


def import_jsonl(
    store: RecordStore, source: str | Path, *, mode: ReplayMode = ReplayMode.STRICT
) -> ImportResult:
    """Append the records of a file that :func:`export_jsonl` wrote, or of flat records, one JSON object on a line.

    Importing the same file again changes nothing, so an import that was cut off is simply repeated.

    Args:
        store: The store.
        source: The file.
        mode: ``ReplayMode.STRICT`` reads the whole file first and imports nothing when one line is bad;
            ``ReplayMode.LENIENT`` imports the good lines and says which are bad.

    Returns:
        What was imported.

    Raises:
        RecordError: A line is bad, in strict mode (``record_import_invalid_line``); or a record is in conflict with the
            store, or its run is deleted (``record_import_rejected``), which is known once the lines before it are
            imported.
        StoreAccessError: The file cannot be read, or the store cannot be written.
    """
    path = Path(source)
    is_strict = ReplayMode(mode) is ReplayMode.STRICT
    if is_strict:
        for number, found in _lines(path):
            if isinstance(found, ContextaError):
                raise RecordError(
                    f"Line {number} of {path} was to be imported, but it is no record: {found.message} Nothing was "
                    "imported; correct the line, or import with mode=ReplayMode.LENIENT.",
                    code="record_import_invalid_line",
                    details={"line": number, "code": found.code},
                    cause=found,
                ) from found
    counts = _Counts(store, path, is_strict=is_strict)
    for number, found in _lines(path):
        counts.take(number, found)
    counts.append()
    return ImportResult(counts.read, counts.imported, counts.repeated, tuple(counts.rejected))


class _Counts:
    """Appends records batch by batch, and counts.

    Args:
        store: The store.
        path: The file, for messages.
        is_strict: Whether a rejection ends the import.
    """

    def __init__(self, store: RecordStore, path: Path, *, is_strict: bool) -> None:
        self._store = store
        self._path = path
        self._is_strict = is_strict
        self._batch: list[tuple[int, CanonicalRecord]] = []
        self.read = self.imported = self.repeated = 0
        self.rejected: list[AppendRejection] = []

    def take(self, number: int, found: CanonicalRecord | ContextaError) -> None:
        """Take one line of the file."""
        self.read += 1
        if isinstance(found, ContextaError):
            self.rejected.append(AppendRejection(number, found.code, found.message))
            return
        self._batch.append((number, found))
        if len(self._batch) >= _BATCH:
            self.append()

    def append(self) -> None:
        """Append what was taken."""
        batch, self._batch = self._batch, []
        if not batch:
            return
        result = self._store.append_many([record for _, record in batch])
        repeated = sum(receipt.repeated for receipt in result.accepted)
        self.repeated += repeated
        self.imported += len(result.accepted) - repeated
        for rejection in result.rejected:
            number = batch[rejection.index][0]
            if self._is_strict:
                raise RecordError(
                    f"Line {number} of {self._path} was to be imported, but: {rejection.message} What stands around it"
                    " is imported as far as it was read; an import that is repeated goes on.",
                    code="record_import_rejected",
                    details={"line": number, "code": rejection.code},
                )
            self.rejected.append(
                AppendRejection(
                    number, rejection.code, rejection.message, rejection.record_ref, rejection.record_type
                )
            )


def _lines(path: Path) -> Iterator[tuple[int, CanonicalRecord | ContextaError]]:
    """Yield number and record of each line that is not blank, or the error that reading it was."""
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(_LONGEST_LINE_BYTES):
                number += 1
                is_long = len(line) == _LONGEST_LINE_BYTES and not line.endswith(b"\n")
                while is_long and (rest := file.readline(_LONGEST_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                if is_long:
                    yield number, _bad_line(f"it has more than {_LONGEST_LINE_BYTES} bytes")
                elif line.strip():
                    yield number, _read(line)
    except OSError as error:
        raise read_failure(error, path, "import the records") from error


def _read(line: bytes) -> CanonicalRecord | ContextaError:
    """Read one line."""
    try:
        data = json.loads(line)
        if not isinstance(data, dict):
            return _bad_line(f"it holds {type(data).__name__} instead of an object")
        if "envelope" not in data:
            # As it stands in a segment: without the line's own number and checksum.
            return restore({name: value for name, value in data.items() if name not in {"n", "c"}})
        kind = data["envelope"].get("record_type") if isinstance(data["envelope"], dict) else None
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        return _bad_line(f"its record_type is {kind!r}") if reader is None else reader(data)
    except (ValidationError, SerializationError) as error:
        return error
    except ContextaError as error:
        return error
    except (ValueError, RecursionError) as error:
        return _bad_line(f"it is no JSON: {error}", error)


def _bad_line(found: str, cause: BaseException | None = None) -> SerializationError:
    """Say what keeps a line from being a record."""
    return SerializationError(
        f"A line was to be read as a record, but {found}.", code="record_import_unreadable_line", cause=cause
    )
