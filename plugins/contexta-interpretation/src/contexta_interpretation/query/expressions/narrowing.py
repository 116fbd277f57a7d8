"""What of an expression the repository can answer itself: the rest is evaluated run by run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from contexta.contract.timestamps import instant, text_from_ns
from contexta.errors import ValidationError
from contexta.spi.querying import RunListQuery, TimeRange
from contexta_interpretation.query.expressions import syntax

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta_interpretation.query.expressions.syntax import Node, Scalar

__all__ = ["Narrowed", "narrow"]

#: What the reference of a run begins with.
_REFERENCE = "run:"


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A query that says as much of an expression as a query can.

    Args:
        query: The query, without the expression.
        rest: The conditions that it does not say; all must hold as well.
    """

    query: RunListQuery
    rest: tuple[Node, ...]


def narrow(query: RunListQuery, tree: Node) -> Narrowed:
    """Move the conditions that a query can say into it.

    Args:
        query: The query with the expression.
        tree: The expression.
    """
    narrowed = replace(query, where=None)
    if query.archived is False and any(leaf.field.name == "archived" for leaf in syntax.leaves_of(tree)):
        # Who asks about the archive decides about it.
        narrowed = replace(narrowed, archived=None)
    rest: list[Node] = []
    for condition in syntax.conjuncts_of(tree):
        said = _said(narrowed, condition)
        if said is None:
            rest.append(condition)
        else:
            narrowed = said
    return Narrowed(narrowed, tuple(rest))


def _said(query: RunListQuery, condition: Node) -> RunListQuery | None:
    """Return the query that says a condition too, or None where no query can."""
    if isinstance(condition, syntax.OneOf) and condition.field.name == "id":
        return _identified(query, condition.values)
    if isinstance(condition, syntax.Between) and condition.field.name == "started":
        return _started(query, int(condition.low), int(condition.high))
    if not isinstance(condition, syntax.Comparison):
        return None
    name, value = condition.field.name, condition.value
    if name == "started":
        return _started_as(query, condition.operator, int(value))
    if condition.operator != "=":
        return None
    if name == "status" and query.status is None:
        return replace(query, status=str(value))
    if name == "id":
        return _identified(query, (value,))
    if name == "tags":
        tags = dict(query.tags or {})
        if tags.setdefault(condition.field.key, str(value)) == value:
            return replace(query, tags=tags)
    return None


def _identified(query: RunListQuery, names: Iterable[Scalar]) -> RunListQuery | None:
    """Return the query with runs named by their references; which runs shorter names mean, no query can say."""
    run_ids = tuple(str(name) for name in names)
    if query.run_ids is not None or not all(run_id.startswith(_REFERENCE) for run_id in run_ids):
        return None
    return replace(query, run_ids=run_ids)


def _started_as(query: RunListQuery, operator: str, at: int) -> RunListQuery | None:
    # Both ends of a range are included, and times are whole nanoseconds.
    bounds: dict[str, tuple[int | None, int | None]] = {
        "=": (at, at),
        ">": (at + 1, None),
        ">=": (at, None),
        "<": (None, at - 1),
        "<=": (None, at),
    }
    return _started(query, *bounds[operator]) if operator in bounds else None


def _started(query: RunListQuery, after: int | None, before: int | None) -> RunListQuery | None:
    """Return the query with a range of times within the one that it has."""
    given = query.time_range or TimeRange()
    if given.started_after is not None:
        earliest = instant(given.started_after)
        after = earliest if after is None else max(after, earliest)
    if given.started_before is not None:
        latest = instant(given.started_before)
        before = latest if before is None else min(before, latest)
    try:
        texts = [None if each is None else text_from_ns(each) for each in (after, before)]
        return replace(query, time_range=TimeRange(*texts))
    except ValidationError:
        # A range that is empty, or at the end of the calendar: evaluated run by run.
        return None
