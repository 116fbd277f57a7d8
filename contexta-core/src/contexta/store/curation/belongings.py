"""What goes with a run when it is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.metadata import EntityKind, EntityQuery
from contexta.spi.relation_lookup import relation_lookup_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from contexta.spi.metadata import Entity, MetadataBackend

__all__ = ["children_of", "is_live", "relations_of", "unfinished_run"]

_CHILDREN = (
    EntityKind.STAGE,
    EntityKind.BATCH,
    EntityKind.SAMPLE,
    EntityKind.OPERATION,
    EntityKind.ENVIRONMENT,
)


def children_of(metadata: MetadataBackend, run_ref: str) -> list[Entity]:
    """Return the stages, batches, samples, operations and environments of a run."""
    return [
        entity
        for kind in _CHILDREN
        for entity in metadata.find(EntityQuery(kind, fields={"run_ref": run_ref}, order_by="ref"))
    ]


def relations_of(metadata: MetadataBackend, run_refs: Collection[str]) -> list[Entity]:
    """Return the relations that start or end at runs or what is inside them, and the assertions about those."""
    values = {ref.partition(":")[2] for ref in run_refs}
    lookup = relation_lookup_of(metadata)
    relations = [
        entity
        for entity in lookup.find_relations(run_refs, inside=True)
        if any(_is_within(entity.document.get(end), values) for end in ("source_ref", "target_ref"))
    ]
    if not relations:
        return []
    return [*relations, *lookup.find_assertions([entity.ref for entity in relations])]


def is_live(run: Entity) -> bool:
    """Return whether a process that may still live takes part in a run."""
    return run.document.get("status") == "open" and bool(run.document.get("participants"))


def unfinished_run(metadata: MetadataBackend, run_id: str) -> str | None:
    """Return the reference of a run whose deletion was cut off, or None.

    Args:
        metadata: The metadata store.
        run_id: ``run:project.run``, ``project.run``, or ``run`` alone where only one such run has it.
    """
    query = EntityQuery(EntityKind.RUN, order_by="ref", deleted=True, absent=("purged_at",))
    found = [
        entity.ref
        for entity in metadata.find(query)
        if run_id in (entity.ref, entity.ref.partition(":")[2], entity.ref.rpartition(".")[2])
    ]
    return found[0] if len(found) == 1 else None


def _is_within(ref: object, values: set[str]) -> bool:
    """Return whether a reference is of a run, given by the values of references, or of something inside it."""
    kind, _, value = str(ref).partition(":")
    if kind in {"project", "deployment", "relation", "provenance"}:
        return False
    return ".".join(value.split(".")[:2]) in values
