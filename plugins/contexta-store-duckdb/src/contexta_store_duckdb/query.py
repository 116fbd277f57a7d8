"""Filtering, ordering, paging and counting of entities, as :class:`~contexta.spi.metadata.EntityQuery` says."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.errors import ValidationError
from contexta.spi.entity_counts import count_documents
from contexta.spi.entity_selection import has_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from contexta.log.liveness import Liveness
    from contexta.spi.entity_counts import FieldValues
    from contexta.spi.metadata import EntityQuery
    from contexta_store_duckdb.row import Row
    from contexta_store_duckdb.table import Table

__all__ = ["check_query", "count", "select"]

_TIMES = frozenset({"started_at", "ended_at"})
#: What folding the participations may change.
_FOLDED = frozenset({"status", "started_at", "ended_at"})
_ORDERS = frozenset({"started_at", "ended_at", "name", "order_index", "ref"})


def check_query(query: EntityQuery) -> None:
    """Refuse what no store can answer.

    Raises:
        ValidationError: An unknown order, or a negative limit or offset (``metadata_query_invalid``).
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


def select(table: Table, query: EntityQuery, liveness: Callable[[str], Liveness]) -> list[Row]:
    """Return the entities that match, ordered and paged.

    Args:
        table: The entities of the query's kind.
        query: What is asked.
        liveness: Tells whether a writer still lives.

    Raises:
        ValidationError: As for :func:`check_query`, or a bound that is no time.
    """
    check_query(query)
    end = None if query.limit is None else query.offset + query.limit
    ordered = _ordered(_selected(table, query, liveness), query, liveness)
    if not query.present and not query.absent:
        return ordered[query.offset : end]
    # Last, and only as far as the page needs: a run's state may have to be searched for it.
    matching = (row for row in ordered if _has_fields(row, query))
    return list(islice(matching, query.offset, end))


def count(
    table: Table, query: EntityQuery, fields: Sequence[str], liveness: Callable[[str], Liveness]
) -> Mapping[FieldValues, int]:
    """Count the entities that match by the texts of some fields.

    Args:
        table: The entities of the query's kind.
        query: What is asked, whatever its page.
        fields: Names of top-level fields.
        liveness: Tells whether a writer still lives.

    Raises:
        ValidationError: As for :func:`select`.
    """
    check_query(query)
    rows = _selected(table, query, liveness)
    for name in query.present:
        rows = [row for row in rows if row.has(name)]
    for name in query.absent:
        rows = [row for row in rows if not row.has(name)]
    return count_documents([row.folded(liveness) for row in rows], fields)


def _selected(table: Table, query: EntityQuery, liveness: Callable[[str], Liveness]) -> list[Row]:
    """Return the entities that match but for the fields that must be there or not, in no order."""
    found, fields = _candidates(table, query)
    rows = [row for row in found if row.is_deleted is query.deleted]
    if fields or query.tags:
        # Folding may ask who lives, so what it cannot change is looked at first.
        rows = [row for row in rows if _holds(row.document, fields, query.tags)]
    folded = {name: value for name, value in query.fields.items() if name in _FOLDED}
    if folded:
        rows = [row for row in rows if has_fields(row.folded(liveness), folded)]
    if query.status is not None:
        rows = [row for row in rows if row.status(liveness) == query.status]
    if query.started_after is not None or query.started_before is not None:
        rows = _started_between(rows, query, liveness)
    return rows


def _candidates(table: Table, query: EntityQuery) -> tuple[Collection[Row], dict[str, str | frozenset[str]]]:
    """Return as few entities as the maps can tell, and the fields that are still to be compared."""
    rows = table.rows
    fields = {name: value for name, value in query.fields.items() if name not in _FOLDED}
    if query.refs is not None:
        return [rows[ref] for ref in dict.fromkeys(query.refs) if ref in rows], fields
    # The last link is the narrowest: a run's entities are a part of its project's.
    for field in reversed(table.fields):
        if field in fields:
            wanted = fields.pop(field)
            if isinstance(wanted, frozenset):
                return [row for target in wanted for row in table.linked(field, target)], fields
            return table.linked(field, wanted), fields
    return rows.values(), fields


def _holds(
    document: Mapping[str, Any], fields: Mapping[str, str | frozenset[str]], tags: Mapping[str, str]
) -> bool:
    """Tell whether a document has the fields and the tags."""
    if not has_fields(document, fields):
        return False
    if not tags:
        return True
    own = document.get("tags")
    return isinstance(own, dict) and all(own.get(key) == value for key, value in tags.items())


def _has_fields(row: Row, query: EntityQuery) -> bool:
    """Tell whether a row has the fields that must be there, and none of those that must not."""
    return all(row.has(name) for name in query.present) and not any(row.has(name) for name in query.absent)


def _started_between(
    rows: Collection[Row], query: EntityQuery, liveness: Callable[[str], Liveness]
) -> list[Row]:
    """Keep what started within the bounds, both inclusive."""
    after, before = query.started_after, query.started_before
    earliest = None if after is None else instant(after, field_name="started_after")
    latest = None if before is None else instant(before, field_name="started_before")
    kept = []
    for row in rows:
        at = row.instant_of("started_at", liveness)
        if at is None or (earliest is not None and at < earliest) or (latest is not None and at > latest):
            continue
        kept.append(row)
    return kept


def _ordered(rows: Collection[Row], query: EntityQuery, liveness: Callable[[str], Liveness]) -> list[Row]:
    """Sort by the field asked for, ties by reference ascending, entities without the field last either way."""
    field, down = query.order_by, query.descending
    by_ref = sorted(rows, key=lambda row: row.ref, reverse=down and field == "ref")
    if field == "ref":
        return by_ref
    keyed: list[tuple[Any, Row]] = []
    without: list[Row] = []
    for row in by_ref:
        if field in _TIMES:
            key: Any = row.instant_of(field, liveness)
        else:
            key = row.name() if field == "name" else _number(row.document.get(field))
        if key is None:
            without.append(row)
        else:
            keyed.append((key, row))
    # Sorting is stable, also downwards: equal keys stay in the order of their references.
    keyed.sort(key=lambda pair: pair[0], reverse=down)
    return [row for _, row in keyed] + without


def _number(value: object) -> int | float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
