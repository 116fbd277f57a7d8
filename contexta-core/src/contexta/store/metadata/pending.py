"""Entities as they will be when what is pending has been applied."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contexta.errors import LifecycleError
from contexta.spi.entity_selection import has_fields
from contexta.spi.merge import MAP_FIELDS, document_of, keeping_nulls, merge_patch
from contexta.spi.metadata import Entity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.spi.merge import DocumentState
    from contexta.spi.metadata import EntityKind, EntityQuery, MetadataBackend, Mutation

__all__ = ["PendingEntities"]

#: Sorts before every number that a pending mutation gets as its clock.
_BEFORE = ""


class PendingEntities:
    """Reads through to a backend and keeps back what is written.

    Args:
        backend: The metadata store.
    """

    def __init__(self, backend: MetadataBackend) -> None:
        self._backend = backend
        self._mutations: list[Mutation] = []
        self._is_over = False

    def apply(self, mutations: Sequence[Mutation]) -> None:
        """Keep mutations until the end.

        Raises:
            LifecycleError: The transaction has ended.
        """
        if self._is_over:
            raise LifecycleError(
                "the transaction has ended; begin a new one with store.transaction()",
                code="metadata_transaction_ended",
            )
        self._mutations.extend(mutations)

    def get(self, kind: EntityKind, ref: str) -> Entity | None:
        """Return one entity with what is pending of it, or None."""
        known = self._backend.get(kind, ref)
        patches = [each.fields for each in self._mutations if each.kind == kind and each.ref == ref]
        if not patches:
            return known
        state = {} if known is None else _state_of(known.document)
        for number, fields in enumerate(patches):
            merge_patch(state, f"{number:09d}", fields)
        return Entity(kind, ref, document_of(state))

    def find(self, query: EntityQuery) -> list[Entity]:
        """Return the entities that match the references and fields of a query, in the order of references."""
        if query.deleted:
            return list(self._backend.find(query))
        found = {each.ref: each for each in self._backend.find(replace(query, order_by="ref"))}
        for ref in {each.ref for each in self._mutations if each.kind == query.kind}:
            entity = self.get(query.kind, ref)
            found.pop(ref, None)
            if entity is not None and _matches(entity, query):
                found[ref] = entity
        return [found[ref] for ref in sorted(found)]

    def end(self, *, commit: bool) -> None:
        """Apply what is pending, all or none, or forget it.

        Args:
            commit: Whether to apply it.

        Raises:
            StoreAccessError: The store cannot be written; nothing was applied.
        """
        self._is_over = True
        mutations, self._mutations = self._mutations, []
        if commit and mutations:
            self._backend.apply(mutations)


def _state_of(document: Mapping[str, Any]) -> DocumentState:
    """Return a state that reads as a document, older than whatever is merged into it."""
    state: DocumentState = {}
    fields = {name: keeping_nulls(value) if name in MAP_FIELDS else value for name, value in document.items()}
    merge_patch(state, _BEFORE, fields)
    return state


def _matches(entity: Entity, query: EntityQuery) -> bool:
    if query.refs is not None and entity.ref not in query.refs:
        return False
    return has_fields(entity.document, query.fields)
