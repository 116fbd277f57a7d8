"""Recorded relations, and what was asserted about them, as the read model tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant
from contexta.interpretation.projections import provenance_of, relation_of
from contexta.spi.metadata import EntityKind, EntityQuery
from contexta.spi.relation_lookup import SupportsRelationLookup, relation_lookup_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from contexta.spi.metadata import Entity, MetadataBackend
    from contexta.spi.relation_lookup import RelationSide
    from contexta.spi.views import ProvenanceView, RelationRecord

__all__ = [
    "StoredRelations",
    "all_relations",
    "newest_assertions",
    "relations_of_subject",
    "stored_relations",
]

_KIND = EntityKind.RELATION


class StoredRelations:
    """``RelationLookup`` over a metadata store that finds relations by their ends.

    Args:
        metadata: The store.
        lookup: The store again, as what finds them.
    """

    def __init__(self, metadata: MetadataBackend, lookup: SupportsRelationLookup) -> None:
        self._metadata = metadata
        self._lookup = lookup

    def relations_of(
        self, refs: Collection[str], side: RelationSide | None = None
    ) -> tuple[RelationRecord, ...]:
        """Return the relations that start or end at one of these, each once, by reference."""
        return tuple(relation_of(each) for each in self._lookup.find_relations(refs, side=side))

    def get_relation(self, ref: str) -> RelationRecord | None:
        """Return one relation, or None."""
        found = self._metadata.get(_KIND, ref) if ref.startswith(f"{_KIND}:") else None
        return None if found is None else relation_of(found)

    def dataset_users(self, refs: Collection[str]) -> dict[str, list[str]]:
        """Return the runs that name one of these as their primary dataset, by dataset, the oldest first."""
        users: dict[str, list[str]] = {}
        asked = EntityQuery(EntityKind.RUN, fields={"dataset_ref": frozenset(refs)})
        # By project, as runs are listed; sorting keeps the order of their beginnings.
        for each in sorted(self._metadata.find(asked), key=lambda run: run.ref.partition(".")[0]):
            users.setdefault(each.document["dataset_ref"], []).append(each.ref)
        return users

    def relations_inside(self, subject_ref: str) -> tuple[RelationRecord, ...]:
        """Return the relations that start or end at a run or stage, or inside of it, by reference."""
        return tuple(relation_of(each) for each in self._lookup.find_relations([subject_ref], inside=True))


def stored_relations(metadata: MetadataBackend) -> StoredRelations | None:
    """Return what finds relations by their ends, or None where a store would list all of them for each question."""
    return StoredRelations(metadata, metadata) if isinstance(metadata, SupportsRelationLookup) else None


def all_relations(metadata: MetadataBackend) -> tuple[RelationRecord, ...]:
    """Return all relations, by reference."""
    return tuple(relation_of(each) for each in metadata.find(EntityQuery(_KIND, order_by="ref")))


def relations_of_subject(
    metadata: MetadataBackend, subject: str, belonging: Collection[str]
) -> tuple[RelationRecord, ...]:
    """Return the relations of a subject and of what belongs to it, by reference.

    Args:
        metadata: The metadata store.
        subject: The subject's reference.
        belonging: What belongs to it without its reference telling so.
    """
    lookup = relation_lookup_of(metadata)
    has_parts = subject.partition(":")[0] in {"run", "stage"}
    found = {each.ref: each for each in lookup.find_relations([subject], inside=has_parts)}
    if belonging:
        found |= {each.ref: each for each in lookup.find_relations(belonging)}
    return tuple(relation_of(found[ref]) for ref in sorted(found))


def newest_assertions(
    metadata: MetadataBackend, relation_refs: Iterable[str], run_ref: str = ""
) -> dict[str, ProvenanceView]:
    """Return the newest assertion about each of these relations that has one; of two equally new the first.

    Args:
        metadata: The metadata store.
        relation_refs: The relations.
        run_ref: The run that is asked about; empty for none.
    """
    newest: dict[str, Entity] = {}
    for each in relation_lookup_of(metadata).find_assertions(frozenset(relation_refs)):
        known = newest.get(each.document["relation_ref"])
        if known is None or _asserted(each) > _asserted(known):
            newest[each.document["relation_ref"]] = each
    return {ref: provenance_of(each, run_ref) for ref, each in newest.items()}


def _asserted(assertion: Entity) -> int:
    time = assertion.document.get("asserted_at")
    return instant(time) if time else 0
