"""What is wrong with the journal and its index, in the terms of the SPI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ContextaError
from contexta.log.damage import DamageKind
from contexta.spi.integrity import IntegrityFinding
from contexta.spi.metadata import EntityKind
from contexta_store_duckdb.leftovers import find_claims_without_runs, find_leftovers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from contexta.log.damage import Damage
    from contexta_store_duckdb.index import GenerationIndex
    from contexta_store_duckdb.view import MetadataView

__all__ = ["find_damage"]

_KNOWN_KINDS = frozenset(EntityKind)


def find_damage(
    root: Path, view: MetadataView, index: GenerationIndex, *, full: bool
) -> list[IntegrityFinding]:
    """Look for damage; what cannot be looked at is a finding too.

    Args:
        root: Root of the plane.
        view: Of the journal; for a full look one that has read nothing yet and uses no index.
        index: The generations, whose content is compared with their names in a full look.
        full: Whether to verify seals, chains and generations, too.
    """
    findings: dict[tuple[str, str], IntegrityFinding] = {}

    def collect(look: Callable[[], Iterable[IntegrityFinding]]) -> None:
        try:
            for finding in look():
                findings.setdefault((finding.code, finding.location), finding)
        except (ContextaError, OSError) as error:
            code = error.code if isinstance(error, ContextaError) else "metadata_store_unreadable"
            findings[code, str(error)] = IntegrityFinding(code, "error", str(error))

    collect(lambda: _entries(view))
    if full:
        collect(lambda: map(_finding, view.tail.reader.verify()))
        collect(lambda: _generations(index))
        collect(lambda: find_leftovers(root, index))
        collect(lambda: find_claims_without_runs(root, view.refs(EntityKind.RUN)))
    return list(findings.values())


def _entries(view: MetadataView) -> Iterator[IntegrityFinding]:
    """Report what reading every line showed."""
    kinds = view.kinds()
    tail = view.tail
    yield from map(_finding, tail.damages.values())
    for line in tail.undecodable:
        yield IntegrityFinding(
            "undecodable_entry",
            "error",
            f"A whole line of the journal is no mutation: {line.reason}",
            f"journal/{line.segment}, line {line.n}, offset {line.offset}",
        )
    for segment in tail.held:
        yield IntegrityFinding(
            "incomplete_call",
            "warning",
            "The segment ends within a call: its writer is at it, or died before the call was acknowledged.",
            f"journal/{segment}",
        )
    for kind in kinds:
        if kind not in _KNOWN_KINDS:
            yield IntegrityFinding(
                "unknown_kind",
                "warning",
                f"The journal has entities of the kind {kind!r}, which this version does not know; they are kept.",
                "journal",
            )


def _generations(index: GenerationIndex) -> Iterator[IntegrityFinding]:
    for path in index.damaged():
        yield IntegrityFinding(
            "index_damaged",
            "warning",
            "A generation of the index is not what was written; it is ignored, and may be deleted.",
            f"index/{path.name}",
        )


def _finding(damage: Damage) -> IntegrityFinding:
    # A torn tail was never acknowledged: nothing is lost.
    severity = "warning" if damage.kind is DamageKind.TORN_TAIL else "error"
    location = f"journal/{damage.segment}, line {damage.line_number}, offset {damage.offset}"
    return IntegrityFinding(str(damage.kind), severity, damage.detail, location)
