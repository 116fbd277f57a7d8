"""Relations by what they start or end at, for stores with many: a walk should read the few that it passes.

:class:`PlainRelationLookup` gives the same answers over the plain ``find`` of any backend, and so says what they mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from contexta.spi.metadata import EntityKind, EntityQuery
from contexta.spi.relation_flow import came_from

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from contexta.spi.metadata import Entity, MetadataBackend

__all__ = [
    "PlainRelationLookup",
    "RelationSide",
    "SupportsRelationLookup",
    "ends_among",
    "is_inside",
    "relation_lookup_of",
]

#: An end of a relation: the thing that came from the other one, or that other one.
RelationSide = Literal["later", "earlier"]


@runtime_checkable
class SupportsRelationLookup(Protocol):
    """The ability ``"relations"``: relations found by their ends, without looking at all of them.

    A backend without it gets the same answers from :class:`PlainRelationLookup`.
    """

    def find_relations(
        self, ends: Collection[str], *, side: RelationSide | None = None, inside: bool = False
    ) -> Sequence[Entity]:
        """Return the relations that start or end at one of these, each once, by reference, as they are now.

        Args:
            ends: References.
            side: ``"later"`` for those that say what one of these came from, ``"earlier"`` for those that say what came
                from one (:mod:`contexta.spi.relation_flow`); None for both.
            inside: Whether what starts or ends inside of one of these counts too: at a reference that goes on where
                theirs ends, whatever it is, as ``stage:demo.r1.fit`` and ``artifact:demo.r1.model`` go on
                ``run:demo.r1``.
        """

    def find_assertions(self, relations: Collection[str]) -> Sequence[Entity]:
        """Return the assertions (provenance) about any of these relations, each once, by reference, as they are now.

        Args:
            relations: References of relations.
        """


class PlainRelationLookup:
    """``SupportsRelationLookup`` over the plain ``find`` of any backend.

    Args:
        backend: The backend to ask.
    """

    def __init__(self, backend: MetadataBackend) -> None:
        self._backend = backend

    def find_relations(
        self, ends: Collection[str], *, side: RelationSide | None = None, inside: bool = False
    ) -> Sequence[Entity]:
        """Return the relations that start or end at one of these, each once, by reference."""
        if not ends:
            return []
        is_wanted = ends_among(ends, side=side, inside=inside)
        found = self._backend.find(EntityQuery(EntityKind.RELATION, order_by="ref"))
        return [each for each in found if is_wanted(each.document)]

    def find_assertions(self, relations: Collection[str]) -> Sequence[Entity]:
        """Return the assertions about any of these relations, each once, by reference."""
        if not relations:
            return []
        wanted = frozenset(relations)
        found = self._backend.find(EntityQuery(EntityKind.PROVENANCE, order_by="ref"))
        return [each for each in found if each.document.get("relation_ref") in wanted]


def relation_lookup_of(backend: Any) -> SupportsRelationLookup:
    """Return what answers the questions of :class:`SupportsRelationLookup` for a backend: itself, or its plain search.

    Args:
        backend: A metadata backend.
    """
    return backend if isinstance(backend, SupportsRelationLookup) else PlainRelationLookup(backend)


def ends_among(
    ends: Collection[str], *, side: RelationSide | None, inside: bool
) -> Callable[[Mapping[str, Any]], bool]:
    """Return what tells of a relation's document whether it starts or ends at one of these.

    Args:
        ends: References.
        side: Which of its ends counts; None for both.
        inside: Whether what is inside of one of these counts too.
    """
    exact = frozenset(ends)
    beginnings = tuple(f"{_value(end)}." for end in exact if _value(end)) if inside else ()

    def is_among(end: object) -> bool:
        return isinstance(end, str) and (end in exact or (inside and _value(end).startswith(beginnings)))

    def is_wanted(document: Mapping[str, Any]) -> bool:
        source, target = document.get("source_ref"), document.get("target_ref")
        if side is None:
            return is_among(source) or is_among(target)
        later, earlier = came_from(str(document.get("relation_type", "")), source, target)
        return is_among(later if side == "later" else earlier)

    return is_wanted


def is_inside(ref: str, subject: str) -> bool:
    """Tell whether a reference is a subject, or goes on where the subject's ends."""
    return ref == subject or (bool(_value(subject)) and _value(ref).startswith(f"{_value(subject)}."))


def _value(ref: str) -> str:
    return ref.partition(":")[2]
