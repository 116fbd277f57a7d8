"""Runs that agree in something, and what came of them: mean and deviation in place of the list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta import Contexta
    from contexta.spi.aggregation import GroupedMetric
    from contexta.spi.querying import RunListQuery

__all__ = ["GroupTable", "groups_of"]

_MOST_GROUPS = 500
_MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Groups of runs as a table.

    Args:
        names: What the runs of a group agree in.
        keys: The metrics.
        rows: Of each group its values, the number of its runs, where these are compared, and its metrics.
        hidden: So many groups are left out.
    """

    names: tuple[str, ...]
    keys: tuple[str, ...]
    rows: tuple[tuple[list[Any], int, str | None, Sequence[GroupedMetric]], ...]
    hidden: int


def groups_of(contexta: Contexta, query: RunListQuery, group: str, keys: Sequence[str]) -> GroupTable:
    """Return the groups of the runs that a query finds.

    Args:
        contexta: The workspace.
        query: Which runs; all that match, whatever its page.
        group: What they agree in: names with commas between them, such as ``params.lr`` or ``!seed``.
        keys: The metrics; not empty.

    Raises:
        AggregationError: There is nothing to group by, or a name that no run has.
    """
    names = [each.strip() for each in group.split(",") if each.strip()]
    found = contexta.aggregate_groups(names, keys, query=replace(query, limit=None, offset=0))
    rows = tuple(
        (_values(each.key, found.group_by), len(each.run_ids), _comparison(each.run_ids), each.metrics)
        for each in found.groups[:_MOST_GROUPS]
    )
    return GroupTable(found.group_by, found.metric_keys, rows, max(0, len(found.groups) - _MOST_GROUPS))


def _values(key: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    return [key.get(name) for name in names]


def _comparison(run_ids: Sequence[str]) -> str | None:
    """Return the address that lays the runs of a group side by side."""
    if not 2 <= len(run_ids) <= _MOST_NAMED:
        return None
    return "/ui/compare?" + urlencode([("run", run_id) for run_id in run_ids])
