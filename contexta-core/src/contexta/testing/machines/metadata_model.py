"""What a metadata store has been told, as dictionaries: the model that a state machine holds it to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.entity_selection import select_entities
from contexta.spi.merge import FIRST_FIELDS, MAP_FIELDS
from contexta.spi.metadata import Entity, EntityKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.metadata import EntityQuery, Mutation

__all__ = ["MetadataModel"]


class MetadataModel:
    """The documents that come out of calls made one after the other.

    It knows nothing of clocks: where calls do not overlap, "the greatest clock" is "said last", and the model says
    the rules of :mod:`contexta.spi.merge` once more in that plainer way.
    """

    def __init__(self) -> None:
        self._documents: dict[tuple[EntityKind, str], dict[str, Any]] = {}
        self._deleted: set[tuple[EntityKind, str]] = set()
        self._claimed: set[str] = set()

    def apply(self, mutation: Mutation) -> None:
        """Do to the dictionaries what one mutation says."""
        key = (mutation.kind, mutation.ref)
        if "deleted_at" in mutation.fields:
            self._deleted.add(key)
            self._documents.pop(key, None)
        elif key not in self._deleted:
            document = self._documents.setdefault(key, {})
            for name, value in mutation.fields.items():
                _set(document, name, value)

    def claim(self, run_ref: str) -> bool:
        """Claim a run; tell whether it was free."""
        key = (EntityKind.RUN, run_ref)
        is_free = run_ref not in self._claimed and key not in self._documents and key not in self._deleted
        self._claimed.add(run_ref)
        return is_free

    def get(self, kind: EntityKind, ref: str) -> Mapping[str, Any] | None:
        """Return the document of an entity, or None."""
        return self._documents.get((kind, ref))

    def find(self, query: EntityQuery) -> list[str]:
        """Return the references that a query finds, in its order."""
        entities = [
            Entity(kind, ref, document)
            for (kind, ref), document in self._documents.items()
            if kind == query.kind
        ]
        return [entity.ref for entity in select_entities(entities, query)]

    def deleted(self, kind: EntityKind) -> list[str]:
        """Return the references of what was deleted, sorted."""
        return sorted(ref for each, ref in self._deleted if each == kind)


def _set(document: dict[str, Any], name: str, value: Any) -> None:
    if name in FIRST_FIELDS:
        document.setdefault(name, value)
    elif value is None:
        document.pop(name, None)
    elif name in MAP_FIELDS:
        merged = {**document.get(name, {}), **value}
        document[name] = {key: each for key, each in merged.items() if each is not None}
        if not document[name]:
            del document[name]
    else:
        document[name] = value
