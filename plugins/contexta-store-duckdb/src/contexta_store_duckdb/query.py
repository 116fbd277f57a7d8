"""Filtering, ordering and paging of entities, as :class:`~contexta.spi.metadata.EntityQuery` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from contexta.contract.timestamps import instant
from contexta.errors import ValidationError
from contexta_store_duckdb.table import LINKS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from contexta.log.liveness import Liveness
    from contexta.spi.metadata import EntityQuery
    from contexta_store_duckdb.table import Row, Table

__all__ = ["check_query", "select"]

_TIMES = frozenset({"started_at", "ended_at"})
#: What folding the participations may change.
_FOLDED = frozenset({"status", "started_at", "ended_at"})
_ORDERS = frozenset({"started_at", "ended_at", "name", "order_index", "ref"})

#: An entity and its folded document.
_Found: TypeAlias = "tuple[Row, dict[str, Any]]"


def check_query(query: EntityQuery) -> None:
    """Refuse what no store can answer.

    Raises:
        ValidationError: An unknown order, a negative limit or offset (``metadata_query_invalid``), or a bound that is
            no time.
    """
    if query.order_by not in _ORDERS:
        raise ValidationError(
            f"Entities cannot be ordered by {query.order_by!r}; use one of {', '.join(sorted(_ORDERS))}.",
            code="metadata_query_invalid",
            details={"order_by": query.order_by},
        )
    if query.offset < 0 or (query.limit is not None and query.limit < 0):
        raise ValidationError(
            f"limit and offset must not be negative; found limit={query.limit}, offset={query.offset}.",
            code="metadata_query_invalid",
            details={"limit": query.limit, "offset": query.offset},
        )


def select(table: Table, query: EntityQuery, liveness: Callable[[str], Liveness]) -> list[_Found]:
    """Return the entities that match, ordered and paged, each with its folded document.

    Args:
        table: The entities of the query's kind.
        query: What is asked.
        liveness: Tells whether a writer still lives.

    Raises:
        ValidationError: As for :func:`check_query`.
    """
    check_query(query)
    plain = {name: value for name, value in query.fields.items() if name not in _FOLDED}
    folded = {name: value for name, value in query.fields.items() if name in _FOLDED}
    if query.status is not None:
        folded["status"] = query.status
    found = [
        (row, row.folded(liveness)) for row in _candidates(table, query) if _holds(row, plain, query.tags)
    ]
    if folded:
        found = [pair for pair in found if all(pair[1].get(name) == value for name, value in folded.items())]
    if query.started_after is not None or query.started_before is not None:
        found = _started_between(found, query.started_after, query.started_before)
    found = _ordered(found, query)
    end = None if query.limit is None else query.offset + query.limit
    return found[query.offset : end]


def _candidates(table: Table, query: EntityQuery) -> Collection[Row]:
    """Return as few entities as the maps can tell, never one too few."""
    rows = table.rows
    if query.refs is not None:
        return [rows[ref] for ref in dict.fromkeys(query.refs) if ref in rows]
    # The last link is the narrowest: a run's entities are a part of its project's.
    for field in reversed(LINKS):
        target = query.fields.get(field)
        if target is not None:
            return table.linked(field, target)
    return rows.values()


def _holds(row: Row, fields: Mapping[str, str], tags: Mapping[str, str]) -> bool:
    """Tell whether the filters hold that folding does not touch; folding may ask who lives, so it comes last."""
    if not fields and not tags:
        return True
    document = row.document
    if any(document.get(name) != value for name, value in fields.items()):
        return False
    if not tags:
        return True
    own = document.get("tags")
    return isinstance(own, dict) and all(own.get(key) == value for key, value in tags.items())


def _started_between(found: list[_Found], after: str | None, before: str | None) -> list[_Found]:
    """Keep what started within the bounds, both inclusive."""
    earliest = None if after is None else instant(after, field_name="started_after")
    latest = None if before is None else instant(before, field_name="started_before")
    kept = []
    for pair in found:
        at = pair[0].instant_of("started_at", pair[1])
        if at is None or (earliest is not None and at < earliest) or (latest is not None and at > latest):
            continue
        kept.append(pair)
    return kept


def _ordered(found: list[_Found], query: EntityQuery) -> list[_Found]:
    """Sort by the field asked for, ties by reference ascending, entities without the field last either way."""
    field, down = query.order_by, query.descending
    if field == "ref":
        return sorted(found, key=lambda pair: pair[0].ref, reverse=down)
    found.sort(key=lambda pair: pair[0].ref)
    with_key: list[tuple[Any, _Found]] = []
    without: list[_Found] = []
    for pair in found:
        key = pair[0].instant_of(field, pair[1]) if field in _TIMES else _order_key(field, pair[1])
        if key is None:
            without.append(pair)
        else:
            with_key.append((key, pair))
    # Sorting is stable, also downwards: equal keys stay in the order of their references.
    with_key.sort(key=lambda keyed: keyed[0], reverse=down)
    return [pair for _, pair in with_key] + without


def _order_key(field: str, document: Mapping[str, Any]) -> Any:
    """Return a comparable value of the field, or None for a value of the wrong type."""
    value = document.get(field)
    if field == "name":
        return value if isinstance(value, str) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
