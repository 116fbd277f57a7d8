"""The same record twice is one; another body under the same reference is a conflict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.errors import ConflictError
from contexta.spi.records import ScanFilter, StoredFlatRecord, SupportsSummaries, record_ref_of
from contexta.spi.summaries import PlainSummaries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.records import FlatRecord, RecordBackend

__all__ = ["KnownRecords"]

#: So many runs are remembered; the one that was not asked for longest is forgotten first.
_KEPT_RUNS = 16


class _Known(NamedTuple):
    """A record of which the store has the body.

    Attributes:
        digest: Of the body.
        segment: Where it is: as in :class:`StoredFlatRecord`.
        sequence: Likewise.
        offset: Likewise.
    """

    digest: bytes
    segment: str
    sequence: int
    offset: int


class _Run:
    """What is known of one run.

    Args:
        count: Number of its records when it was read.
    """

    __slots__ = ("by_id", "count")

    def __init__(self, count: int) -> None:
        self.count = count
        self.by_id: dict[str, _Known] = {}


class KnownRecords:
    """Knows which records a store has, run by run; a run is read again when others have appended to it.

    Not safe for threads: the store holds its lock around every call.

    Args:
        backend: The store's backend.
    """

    def __init__(self, backend: RecordBackend) -> None:
        self._backend = backend
        # The last used last.
        self._runs: dict[str, _Run] = {}
        self._fresh: set[str] = set()

    def begin(self) -> None:
        """Begin a batch: every run is compared with the store once more."""
        self._fresh.clear()

    def find(self, record: FlatRecord) -> StoredFlatRecord | None:
        """Return where the store has a record already.

        Args:
            record: The flat record.

        Returns:
            Its place; None when the store has nothing of its reference.

        Raises:
            ConflictError: The store has another body under its reference (``record_store_conflict``).
        """
        known = self._run(record["run"]).by_id.get(record["id"])
        if known is None:
            return None
        if known.digest != _digest(record):
            raise _conflict(record, f"in segment {known.segment}, line {known.sequence}")
        return StoredFlatRecord(record, known.segment, known.sequence, known.offset)

    def compare(self, earlier: FlatRecord, later: FlatRecord) -> None:
        """Compare two records of one reference in a batch.

        Raises:
            ConflictError: They differ (``record_store_conflict``).
        """
        if _digest(earlier) != _digest(later):
            raise _conflict(later, "earlier in the same batch")

    def note(self, stored: Sequence[StoredFlatRecord]) -> None:
        """Note records that were appended."""
        for each in stored:
            run = self._runs[each.record["run"]]
            run.count += 1
            run.by_id[each.record["id"]] = _known(each)

    def _run(self, ref: str) -> _Run:
        """Return what is known of a run, reading it when it is not all."""
        run = self._runs.pop(ref, None)
        if run is None or (ref not in self._fresh and run.count != self._count(ref)):
            run = _Run(self._count(ref))
            for stored in self._backend.scan(ScanFilter(run_ref=ref)):
                # The first of several keeps the reference.
                run.by_id.setdefault(stored.record["id"], _known(stored))
        self._fresh.add(ref)
        self._runs[ref] = run
        while len(self._runs) > _KEPT_RUNS and next(iter(self._runs)) not in self._fresh:
            del self._runs[next(iter(self._runs))]
        return run

    def _count(self, ref: str) -> int:
        backend = self._backend
        counted = backend if isinstance(backend, SupportsSummaries) else PlainSummaries(backend)
        return sum(counted.counts(ref).values())


def _conflict(record: FlatRecord, where: str) -> ConflictError:
    ref = record_ref_of(record)
    return ConflictError(
        f"{ref} was to be appended, but there is another record of that reference, {where}. Nothing of it was "
        "appended; give it a reference of its own.",
        code="record_store_conflict",
        details={"record_ref": ref},
    )


def _known(stored: StoredFlatRecord) -> _Known:
    return _Known(_digest(stored.record), stored.segment, stored.sequence, stored.offset)


def _digest(record: FlatRecord) -> bytes:
    """Return the same for records that are the same JSON data, whatever order their fields are in."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), default=_plain)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _plain(value: Any) -> Any:
    """Give the encoder the mappings that are no dict."""
    return dict(value) if isinstance(value, Mapping) else str(value)
