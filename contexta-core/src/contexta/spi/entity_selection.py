"""``EntityQuery`` by looking at every entity: the meaning that every backend's own search must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.errors import ContextaError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contexta.spi.metadata import Entity, EntityQuery

__all__ = ["ORDERS", "check_query", "has_fields", "matches", "ordered", "page_of", "select_entities"]

#: What entities can be ordered by.
ORDERS = ("ended_at", "name", "order_index", "ref", "started_at")

_TIMES = frozenset({"started_at", "ended_at"})
_DELETED = "deleted"


def check_query(query: EntityQuery) -> None:
    """Refuse what no store can answer.

    Raises:
        ValidationError: An unknown order, a negative limit or offset (``metadata_query_invalid``), or a bound that is
            no time.
    """
    if query.order_by not in ORDERS:
        raise ValidationError(
            f"Entities cannot be ordered by {query.order_by!r}; use one of {', '.join(ORDERS)}.",
            code="metadata_query_invalid",
            details={"order_by": query.order_by},
        )
    if query.offset < 0 or (query.limit is not None and query.limit < 0):
        raise ValidationError(
            f"limit and offset must not be negative; found limit={query.limit}, offset={query.offset}.",
            code="metadata_query_invalid",
            details={"limit": query.limit, "offset": query.offset},
        )
    for name in ("started_after", "started_before"):
        bound = getattr(query, name)
        if bound is not None:
            instant(bound, field_name=name)


def select_entities(entities: Iterable[Entity], query: EntityQuery) -> list[Entity]:
    """Return the entities that match, ordered and paged.

    Args:
        entities: All entities of the query's kind, their participations folded; those that were deleted among them.
        query: What is asked.

    Raises:
        ValidationError: As for :func:`check_query`.
    """
    check_query(query)
    return page_of(ordered([entity for entity in entities if matches(entity, query)], query), query)


def matches(entity: Entity, query: EntityQuery) -> bool:
    """Tell whether an entity has what a query asks for; order and page are left aside."""
    document = entity.document
    if (document.get("status") == _DELETED and "deleted_at" in document) is not query.deleted:
        return False
    if query.refs is not None and entity.ref not in query.refs:
        return False
    if not has_fields(document, query.fields):
        return False
    if query.status is not None and document.get("status") != query.status:
        return False
    if any(name not in document for name in query.present) or any(name in document for name in query.absent):
        return False
    return _has_tags(document, query.tags) and _started_within(document, query)


def has_fields(document: Mapping[str, Any], fields: Mapping[str, str | frozenset[str]]) -> bool:
    """Tell whether the fields of a document are what they shall be, or one of several.

    Args:
        document: The document.
        fields: A text for each field, or a set of texts.
    """
    for name, wanted in fields.items():
        value = document.get(name)
        if isinstance(wanted, frozenset):
            if not isinstance(value, str) or value not in wanted:
                return False
        elif value != wanted:
            return False
    return True


def ordered(entities: Iterable[Entity], query: EntityQuery) -> list[Entity]:
    """Sort entities as a query says: ties by reference, ascending, and those without the field last either way."""
    field, down = query.order_by, query.descending
    by_ref = sorted(entities, key=lambda entity: entity.ref, reverse=down and field == "ref")
    if field == "ref":
        return by_ref
    keyed: list[tuple[Any, Entity]] = []
    without: list[Entity] = []
    for entity in by_ref:
        key = _sort_key(entity.document.get(field), field)
        if key is None:
            without.append(entity)
        else:
            keyed.append((key, entity))
    # Sorting is stable, also downwards: equal keys stay in the order of their references.
    keyed.sort(key=lambda pair: pair[0], reverse=down)
    return [entity for _, entity in keyed] + without


def page_of(entities: list[Entity], query: EntityQuery) -> list[Entity]:
    """Cut the page that a query asks for out of everything that matches."""
    end = None if query.limit is None else query.offset + query.limit
    return entities[query.offset : end]


def _has_tags(document: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    tags = document.get("tags")
    own = tags if isinstance(tags, dict) else {}
    return all(own.get(key) == value for key, value in wanted.items())


def _started_within(document: Mapping[str, Any], query: EntityQuery) -> bool:
    if query.started_after is None and query.started_before is None:
        return True
    started = _instant_of(document.get("started_at"))
    if started is None:
        return False
    if query.started_after is not None and started < instant(query.started_after):
        return False
    return query.started_before is None or started <= instant(query.started_before)


def _sort_key(value: Any, field: str) -> Any:
    if field in _TIMES:
        return _instant_of(value)
    if field == "name":
        return value if isinstance(value, str) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _instant_of(text: Any) -> int | None:
    """Return a time in nanoseconds since 1970, or None for what is no time."""
    try:
        return instant(text) if isinstance(text, str) else None
    except ContextaError:
        return None
