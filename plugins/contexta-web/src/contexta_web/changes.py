"""What changed in a workspace since somebody looked last: seen by looking again, at most once in a while for all."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contexta import Contexta

__all__ = ["Change", "Sight", "WorkspaceWatch", "changes_between"]

#: The newest runs are looked at, open or not: one that opened and closed between two looks is among them.
_NEWEST = 50


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at the workspace showed.

    Args:
        statuses: The status of the open and of the newest runs.
        records: The number of records of the open runs.
    """

    statuses: Mapping[str, str]
    records: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed.

    Args:
        event: ``run_opened``, ``run_closed`` or ``records``.
        data: The run, and its status or number of records.
    """

    event: str
    data: Mapping[str, Any]


class WorkspaceWatch:
    """Looks at a workspace on behalf of all who follow it.

    Args:
        contexta: The workspace.
        seconds: A look is good for so long.
    """

    def __init__(self, contexta: Contexta, seconds: float = 0.4) -> None:
        self._contexta = contexta
        self._seconds = seconds
        self._lock = threading.Lock()
        self._seen: Sight | None = None
        self._seen_at = 0.0

    def look(self) -> Sight:
        """Return what there is, as it was at most so long ago."""
        with self._lock:
            now = time.monotonic()
            if self._seen is None or now - self._seen_at >= self._seconds:
                self._seen = self._look()
                self._seen_at = now
            return self._seen

    def _look(self) -> Sight:
        from contexta.spi.querying import RunListQuery

        is_open = self._contexta.list_runs(query=RunListQuery(status="open"))
        newest = self._contexta.list_runs(query=RunListQuery(limit=_NEWEST))
        count = self._contexta.repository.count_records
        return Sight(
            {run.run_id: run.status for run in (*newest, *is_open)},
            {run.run_id: count(run.run_id) for run in is_open},
        )


def changes_between(before: Sight, after: Sight) -> Iterator[Change]:
    """Yield what changed between two looks.

    A run that was open and is not seen any more is one that was closed and is not among the newest, or was deleted.

    Args:
        before: The earlier look.
        after: The later one.
    """
    for run_id, status in after.statuses.items():
        was = before.statuses.get(run_id)
        if was is None or (was != "open" and status == "open"):
            yield Change("run_opened", {"run_id": run_id})
        if status not in ("open", was):
            yield Change("run_closed", {"run_id": run_id, "status": status})
    for run_id in before.records.keys() - after.statuses.keys():
        yield Change("run_closed", {"run_id": run_id, "status": None})
    for run_id, count in after.records.items():
        if count != before.records.get(run_id, 0):
            yield Change("records", {"run_id": run_id, "record_count": count})
