"""Replaying records: canonical, in order, with what is known to be missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError, RecordError
from contexta.store.integrity import IntegrityState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contexta.spi.flat import CanonicalRecord
    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.records import ScanFilter
    from contexta.store.integrity import IntegrityReport
    from contexta.store.records.store import RecordStore
    from contexta.store.records.stored import StoredRecord

__all__ = ["KnownGap", "ReplayMode", "ReplayResult", "iter_replay", "replay"]


class ReplayMode(StrEnum):
    """What a replay does where something is damaged."""

    #: Raises before anything is replayed.
    STRICT = "strict"
    #: Replays what is whole, and says what is not.
    TOLERANT = "tolerant"
    #: The same by the name that the documentation uses.
    LENIENT = "tolerant"


@dataclass(frozen=True, slots=True)
class KnownGap:
    """One place where records are missing, or may be.

    Args:
        code: What is wrong: the code of a finding of :func:`check_integrity`, or ``"unreadable_record"``.
        message: The same for people.
        segment_id: The segment, where the place is in one.
        line_number: The line in it, from 0, where it is known.
        record_ref: The record, where it is known.
        details: Further figures.
    """

    code: str
    message: str
    segment_id: str | None = None
    line_number: int | None = None
    record_ref: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a replay gave.

    Args:
        records: The canonical records; empty for an export, which holds none in memory.
        record_count: Their number.
        mode: How damage was treated.
        warnings: What was untidy, though nothing acknowledged is missing.
        known_gaps: Where records are missing.
        integrity_state: How the store was.
    """

    records: tuple[CanonicalRecord, ...]
    record_count: int
    mode: ReplayMode
    warnings: tuple[str, ...]
    known_gaps: tuple[KnownGap, ...]
    integrity_state: IntegrityState


class Replay:
    """One pass over a store.

    Args:
        store: The store.
        mode: How damage is treated.

    Attributes:
        gaps: The gaps found so far.
        count: The records replayed so far.

    Raises:
        RecordError: The store is damaged, in strict mode.
    """

    def __init__(self, store: RecordStore, mode: ReplayMode) -> None:
        self._store = store
        self._mode = ReplayMode(mode)
        self._report = store.check_integrity()
        self.gaps = [_gap(issue) for issue in self._report.issues if issue.severity == "error"]
        self.count = 0
        if self.gaps and self._mode is ReplayMode.STRICT:
            raise _unhealthy(self._report, self.gaps)

    def records(self, scan_filter: ScanFilter | None) -> Iterator[CanonicalRecord]:
        """Yield the canonical records that match.

        Raises:
            RecordError: A record cannot be read, in strict mode.
        """
        for stored in self._store.scan(scan_filter):
            try:
                record = stored.record
            except ContextaError as error:
                gap = _unreadable(stored, error)
                if self._mode is ReplayMode.STRICT:
                    raise _unhealthy(self._report, [gap], error) from error
                self.gaps.append(gap)
                continue
            self.count += 1
            yield record

    def result(self, records: tuple[CanonicalRecord, ...] = ()) -> ReplayResult:
        """Return what was found.

        Args:
            records: The records, where they were kept.
        """
        warnings = tuple(
            f"{issue.location}: {issue.message}" for issue in self._report.issues if issue.severity != "error"
        )
        state = IntegrityState.CORRUPTED if self.gaps else self._report.state
        return ReplayResult(records, self.count, self._mode, warnings, tuple(self.gaps), state)


def replay(
    store: RecordStore, scan_filter: ScanFilter | None = None, *, mode: ReplayMode = ReplayMode.STRICT
) -> ReplayResult:
    """Return the canonical records that match; see :meth:`RecordStore.replay`."""
    run = Replay(store, mode)
    return run.result(tuple(run.records(scan_filter)))


def iter_replay(
    store: RecordStore, scan_filter: ScanFilter | None = None, *, mode: ReplayMode = ReplayMode.STRICT
) -> Iterator[CanonicalRecord]:
    """Yield the canonical records that match, one by one; as :func:`replay`, in bounded memory."""
    yield from Replay(store, mode).records(scan_filter)


def _gap(issue: IntegrityFinding) -> KnownGap:
    """Turn a finding into a gap."""
    details = {"location": issue.location, "severity": issue.severity}
    segment = issue.location.rpartition("/")[2].partition(":")[0] or None
    line = issue.message.partition("line ")[2].partition(":")[0]
    number = int(line) if issue.message.startswith("line ") and line.isdigit() else None
    return KnownGap(issue.code, issue.message, segment, number, issue.ref, details)


def _unreadable(stored: StoredRecord, error: ContextaError) -> KnownGap:
    """Describe a record that is whole and yet none that this version reads."""
    return KnownGap(
        "unreadable_record",
        error.message,
        stored.segment_id,
        stored.sequence,
        stored.record_ref,
        {"code": error.code},
    )


def _unhealthy(
    report: IntegrityReport, gaps: list[KnownGap], cause: ContextaError | None = None
) -> RecordError:
    """Build the error of a strict replay."""
    first = gaps[0]
    return RecordError(
        f"The records were to be replayed strictly, but {len(gaps)} place(s) are damaged, first {first.code} in "
        f"{first.segment_id or 'the store'}: {first.message}. Replay with mode=ReplayMode.LENIENT to have what is"
        " whole, or repair or restore the store.",
        code="record_replay_unhealthy_store",
        details={
            "known_gaps": tuple(gap.code for gap in gaps),
            "integrity_state": str(report.state),
        },
        cause=cause,
    )
