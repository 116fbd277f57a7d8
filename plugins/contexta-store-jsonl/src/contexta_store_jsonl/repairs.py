"""What can be done about damage of the segments: tails of dead writers are cut; all else is left to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.log.adoption import QUARANTINE, adopt_dead
from contexta.log.damage import DamageKind
from contexta.log.failures import write_failure
from contexta.log.names import OPEN_SUFFIX
from contexta.spi.repair import RepairCandidate, RepairOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from contexta.spi.integrity import IntegrityFinding

__all__ = ["find_repairs", "repair_segments"]

_ADOPT = "adopt_segment"
_REVIEW = "review_damage"


def find_repairs(directory: Path, findings: Sequence[IntegrityFinding]) -> Iterator[RepairCandidate]:
    """Tell what can be done about findings.

    Args:
        directory: The segments.
        findings: What a check found.

    Yields:
        One candidate for each finding.
    """
    for finding in findings:
        segment = finding.location.rpartition("/")[2].partition(":")[0]
        if finding.code == DamageKind.TORN_TAIL and (directory / f"{segment}{OPEN_SUFFIX}").exists():
            yield RepairCandidate(
                finding.code,
                finding.location,
                _ADOPT,
                "Its writer is dead: what follows the last whole line was never acknowledged.  It is kept in "
                f"{directory.name}/{QUARANTINE}/, and the segment is sealed.",
            )
        else:
            yield RepairCandidate(
                finding.code,
                finding.location,
                _REVIEW,
                "Every reader passes over it, and nothing can bring it back; restore it from a backup.",
                is_automatic=False,
            )


def repair_segments(directory: Path, candidates: Sequence[RepairCandidate]) -> list[RepairOutcome]:
    """Do what candidates say.

    Args:
        directory: The segments.
        candidates: The candidates; those of other kinds are skipped.

    Returns:
        What became of each.

    Raises:
        ReadOnlyStoreError: The directory may not be written.
        StorageFullError: There is no space; what was not done can be done later.
        StoreAccessError: The storage failed.
    """
    if all(candidate.action != _ADOPT for candidate in candidates):
        return [RepairOutcome(candidate, "skipped", "left to people") for candidate in candidates]
    try:
        adopted = set(adopt_dead(directory))
    except OSError as error:
        raise write_failure(error, directory, "repair the log") from error
    return [_outcome(directory, candidate, adopted) for candidate in candidates]


def _outcome(directory: Path, candidate: RepairCandidate, adopted: set[str]) -> RepairOutcome:
    """Say what became of one candidate."""
    if candidate.action != _ADOPT:
        return RepairOutcome(candidate, "skipped", "left to people")
    segment = candidate.ref.rpartition("/")[2].partition(":")[0]
    if segment not in adopted:
        is_open = (directory / f"{segment}{OPEN_SUFFIX}").exists()
        reason = "somebody is at it, or its writer may live" if is_open else "it is sealed already"
        return RepairOutcome(candidate, "skipped", reason)
    kept = sorted(path.name for path in (directory / QUARANTINE).glob(f"{segment}-*"))
    return RepairOutcome(candidate, "applied", f"sealed; kept {', '.join(kept) or 'nothing'}")
