"""What a traversal of the lineage answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.spi.freezing import freeze_fields

if TYPE_CHECKING:
    from contexta.spi.views import CompletenessNote, EvidenceLink, ProvenanceView

__all__ = ["LineageEdge", "LineageTraversal"]


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """One step of a traversal: a recorded relation, or one that follows from what belongs to what.

    Args:
        relation_ref: The relation's identifier; of a derived one ``derived:<type>:<source>:<target>``.
        source_ref: Where it starts.
        target_ref: Where it ends.
        relation_type: What it says; of a derived one ``produced_by``, ``part_of`` or ``deployed_from``.
        recorded_at: When it was recorded (ISO 8601); empty for a derived one.
        direction: ``upstream`` where it leads to what the subject came from, ``downstream`` where it leads to what
            came from the subject.
        depth: How many edges away from the subject its far end is, from 1.
        provenance: The newest recorded assertion about the relation, or None.
        evidence_links: The relation and its two ends.
        origin: ``recorded`` or ``derived``.
    """

    relation_ref: str
    source_ref: str
    target_ref: str
    relation_type: str
    recorded_at: str
    direction: str
    depth: int
    provenance: ProvenanceView | None = None
    evidence_links: tuple[EvidenceLink, ...] = ()
    origin: str = "recorded"

    def __post_init__(self) -> None:
        # Written out: lists of very many edges are made at once.
        if type(self.evidence_links) is not tuple:
            object.__setattr__(self, "evidence_links", tuple(self.evidence_links))


@dataclass(frozen=True, slots=True)
class LineageTraversal:
    """What a subject came from, what came from it, or both.

    Args:
        root_ref: The subject.
        edges: The edges, the nearest first, those equally near by identifier; each once.
        visited_refs: The subject and everything that was reached, the nearest first.
        completeness_notes: What is missing or was left out.
        evidence_links: Where the edges were seen.
    """

    root_ref: str
    edges: tuple[LineageEdge, ...] = ()
    visited_refs: tuple[str, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()
    evidence_links: tuple[EvidenceLink, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("edges", "visited_refs", "completeness_notes", "evidence_links"))
