"""The repositories of recorded relations, and of what was asserted about them."""

from __future__ import annotations

from contexta.contract.models.lineage import LineageEdge, ProvenanceRecord
from contexta.contract.refs import StableRef
from contexta.errors import NotFoundError
from contexta.spi.metadata import EntityKind
from contexta.store.metadata.repositories.repository import Repository, optional_ref
from contexta.store.metadata.repositories.spec import Owner, RepositorySpec

__all__ = ["ProvenanceRepository", "RelationRepository"]

#: Ends of a relation that need not be entities of the metadata store.
_ELSEWHERE = frozenset({"artifact", "op", "record"})


class RelationRepository(Repository[LineageEdge]):
    """Relations between two things that were recorded."""

    spec = RepositorySpec(EntityKind.RELATION, LineageEdge, "relation_ref", order=("recorded_at",))

    def put_relation(self, model: LineageEdge) -> LineageEdge:
        """Keep a relation; its ends must exist, but for artifacts, operations and records.

        Raises:
            NotFoundError: An end does not exist (``metadata_ref_not_found``); else as :meth:`put`.
        """
        self._check_model(model)
        for name in ("source_ref", "target_ref"):
            ref: StableRef = getattr(model, name)
            if not self._is_known(ref):
                raise NotFoundError(
                    f"{name} is {ref.text!r}, and the metadata store has nothing of that reference; put it first",
                    code="metadata_ref_not_found",
                    details={"field_name": name, "ref": ref.text},
                )
        return self.put(model)

    get_relation = Repository[LineageEdge].get
    find_relation = Repository[LineageEdge].find
    exists_relation = Repository[LineageEdge].exists

    def list_relations(self) -> tuple[LineageEdge, ...]:
        """Return all relations, the oldest first."""
        return self.list()

    def list_relations_for_ref(self, ref: str) -> tuple[LineageEdge, ...]:
        """Return the relations that start or end at something, the oldest first."""
        wanted = StableRef.parse(ref)
        return tuple(edge for edge in self.list() if wanted in (edge.source_ref, edge.target_ref))

    def list_relations_for_source(self, source_ref: str) -> tuple[LineageEdge, ...]:
        """Return the relations that start at something, the oldest first."""
        return self.list(source_ref=StableRef.parse(source_ref).text)

    def list_relations_for_target(self, target_ref: str) -> tuple[LineageEdge, ...]:
        """Return the relations that end at something, the oldest first."""
        return self.list(target_ref=StableRef.parse(target_ref).text)

    def _is_known(self, ref: StableRef) -> bool:
        if ref.kind in _ELSEWHERE:
            return True
        try:
            kind = EntityKind(ref.kind)
        except ValueError:
            return False
        return self._entities.get(kind, ref.text) is not None


class ProvenanceRepository(Repository[ProvenanceRecord]):
    """Who asserted a relation, when, and on what grounds."""

    spec = RepositorySpec(
        EntityKind.PROVENANCE,
        ProvenanceRecord,
        "provenance_ref",
        order=("asserted_at",),
        owners=(Owner("relation_ref", EntityKind.RELATION, "metadata_missing_provenance_relation"),),
    )

    put_provenance = Repository[ProvenanceRecord].put
    get_provenance = Repository[ProvenanceRecord].get
    find_provenance = Repository[ProvenanceRecord].find
    exists_provenance = Repository[ProvenanceRecord].exists

    def list_provenance(self) -> tuple[ProvenanceRecord, ...]:
        """Return all assertions, the oldest first."""
        return self.list()

    def list_provenance_for_relation(self, relation_ref: str) -> tuple[ProvenanceRecord, ...]:
        """Return the assertions about one relation, the oldest first."""
        return self.list(relation_ref=optional_ref(relation_ref, EntityKind.RELATION))
