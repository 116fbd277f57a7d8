"""Mending the journal and what lies beside it; whatever is taken out of use is moved to ``quarantine/``.

A damaged segment is mended by writing the mutations of its writer that can still be read anew, under the clocks that
they have, and moving the writer's segments away once that is on stable storage.  Merging is idempotent, so a process
that dies between the two has changed nothing, and doing it again does no harm.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from contexta.errors import ContextaError
from contexta.log.adoption import adopt_dead
from contexta.log.failures import write_failure
from contexta.log.frame import END_BYTES
from contexta.log.holding import may_remove_segments
from contexta.log.liveness import Liveness
from contexta.log.names import parse_file_name
from contexta.log.reader import LogReader
from contexta.spi.repair import RepairCandidate, RepairOutcome
from contexta_store_duckdb.entries import decode_entry, decode_fields
from contexta_store_duckdb.leftovers import quarantine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta.log.segments import Segment
    from contexta.spi.integrity import IntegrityFinding
    from contexta_store_duckdb.claims import RunClaims
    from contexta_store_duckdb.journal import Journal

__all__ = ["JournalRepair", "repair_candidates"]

_SEAL, _REWRITE, _QUARANTINE, _CLAIM = (
    "seal_dead_segment",
    "rewrite_segments",
    "quarantine_file",
    "restore_claim",
)
_REASONS = {
    "torn_tail": (_SEAL, "the segment of a dead writer is sealed; the bytes of its torn tail are kept"),
    "index_damaged": (_QUARANTINE, "the index is built from the journal again; no answer changes"),
    "index_foreign": (_QUARANTINE, "it is no part of the index"),
    "metadata_leftover": (_QUARANTINE, "nothing refers to it"),
    "claim_without_run": (_QUARANTINE, "the reference is free again"),
    "run_without_claim": (_CLAIM, "no other run can take the reference any more"),
    **dict.fromkeys(
        (
            "chain_broken",
            "checksum",
            "header_missing",
            "incomplete_call",
            "malformed",
            "oversize",
            "seal_mismatch",
            "seal_missing",
            "sequence_gap",
            "sequence_repeat",
            "undecodable_entry",
        ),
        (
            _REWRITE,
            "what can be read of the writer's segments is written anew; the damaged ones are kept aside",
        ),
    ),
}
_MORE = b',"more":true'


class _Entry(msgspec.Struct, gc=False):
    """A mutation as it is written anew where its line cannot be taken over."""

    h: str
    kind: str
    ref: str
    set: msgspec.Raw


def repair_candidates(findings: Sequence[IntegrityFinding]) -> list[RepairCandidate]:
    """Return what can be done about findings of this store."""
    candidates: dict[tuple[str, str], RepairCandidate] = {}
    for finding in findings:
        if finding.code not in _REASONS:
            continue
        action, reason = _REASONS[finding.code]
        place = finding.location.partition(",")[0]
        ref = str(finding.ref) if action == _CLAIM else place
        candidates.setdefault((finding.code, ref), RepairCandidate(finding.code, ref, action, reason))
    return list(candidates.values())


class JournalRepair:
    """Does what candidates say.

    Args:
        root: Root of the plane.
        journal: Where mutations are written anew.
        claims: Where claims are put back.
    """

    def __init__(self, root: Path, journal: Journal, claims: RunClaims) -> None:
        self._root = root
        self._directory = root / "journal"
        self._journal = journal
        self._claims = claims
        self._done: dict[str, tuple[str, str]] = {}

    def repair(self, candidates: Sequence[RepairCandidate]) -> list[RepairOutcome]:
        """Do what the candidates say, one by one; what fails does not stop the others."""
        return [
            self._outcome(each)
            for each in candidates
            if each.action in {_SEAL, _REWRITE, _QUARANTINE, _CLAIM}
        ]

    def _outcome(self, candidate: RepairCandidate) -> RepairOutcome:
        try:
            return RepairOutcome(candidate, *self._do(candidate))
        except OSError as error:
            failure = write_failure(
                error, self._root, f"repair {candidate.ref}", code="metadata_repair_failed"
            )
            return RepairOutcome(candidate, "failed", str(failure))
        except ContextaError as error:
            return RepairOutcome(candidate, "failed", str(error))

    def _do(self, candidate: RepairCandidate) -> tuple[str, str]:
        if candidate.action == _CLAIM:
            self._claims.note(candidate.ref)
            return "applied", "the claim is there again"
        if candidate.action == _QUARANTINE:
            return self._put_away(candidate.ref)
        name = candidate.ref.rpartition("/")[2]
        if candidate.action == _SEAL:
            return self._seal(name)
        return self._rewrite(name)

    def _put_away(self, place: str) -> tuple[str, str]:
        path = self._root / place
        # A place that leads out of the plane was not found by a check of it.
        if re.search(r"(^|/)\.\.(/|$)", place) or not path.is_relative_to(self._root) or not path.exists():
            return "skipped", "there is no such file any more"
        target = quarantine(path)
        return "applied", f"moved to {target.relative_to(self._root)}"

    def _seal(self, name: str) -> tuple[str, str]:
        sealed = adopt_dead(self._directory)
        if name in sealed or not (self._directory / f"{name}.open").exists():
            return "applied", "the segment is sealed"
        return "skipped", "its writer may still be at work, or another process is repairing"

    def _rewrite(self, name: str) -> tuple[str, str]:
        parts = parse_file_name(f"{name}.seg")
        if parts is None:
            return "skipped", "there is no such segment"
        writer = parts.writer
        if writer not in self._done:
            self._done[writer] = self._rewrite_writer(writer)
        return self._done[writer]

    def _rewrite_writer(self, writer: str) -> tuple[str, str]:
        """Write anew what a writer's segments hold, and put them away."""
        adopt_dead(self._directory)
        reader = LogReader(self._directory)
        segments = [each for each in reader.segments() if each.writer == writer]
        if writer == self._journal.writer or reader.liveness(writer) is not Liveness.DEAD:
            return "skipped", "its writer may still be at work"
        if any(not each.sealed for each in segments):
            return "skipped", "another process is repairing"
        if not segments:
            return "skipped", "there is no such segment any more"
        mutations = [members for each in segments for members in _members(reader, each)]
        self._journal.write_again(mutations)
        with may_remove_segments(self._directory) as alone:
            if not alone:
                return "failed", "somebody reads the journal all the time; repair again later"
            # The newest first: the others stay a chain until they are gone.
            for segment in reversed(segments):
                quarantine(segment.path)
        return (
            "applied",
            f"{len(mutations)} mutations written anew, {len(segments)} segments moved to journal/quarantine",
        )


def _members(reader: LogReader, segment: Segment) -> list[bytes]:
    """Return the members of all lines of a segment that are mutations, but for a call that was never finished."""
    kept: list[bytes] = []
    held: list[bytes] = []
    for chunk in reader.blocks(segment):
        for _, _, line in chunk.lines:
            try:
                entry = decode_entry(line)
                decode_fields(entry)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
            members = line[line.index(b",") + 1 : -END_BYTES]
            if not entry.more:
                kept += [*held, members]
                held.clear()
            elif members.endswith(_MORE):
                # Each stands for itself from now on: a call is torn no more.
                held.append(members.removesuffix(_MORE))
            else:
                again = _Entry(entry.clock, entry.kind, entry.ref, entry.fields)
                held.append(msgspec.json.encode(again)[1:-1])
    return kept
