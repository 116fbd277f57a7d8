"""The runs that a trend covers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from contexta.contract.timestamps import instant
from contexta.spi.querying import checked_query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from contexta.spi.interpreters import QueryInterpreter
    from contexta.spi.querying import RunListQuery
    from contexta.spi.views import CompletenessNote, RunRecord

    Point = TypeVar("Point")

__all__ = ["Population"]

#: Each portion of runs that is read together is so many times as large as the one before.
_GROWTH = 10


@dataclass(frozen=True, slots=True)
class Population:
    """Runs, the newest first, and how many of them a trend may cover.

    Args:
        runs: The runs.
        window: The trend covers so many of the newest that have what it is about; None for all.
        project_name: Name of their project, or None where they are of several.
    """

    runs: tuple[RunRecord, ...]
    window: int | None
    project_name: str | None

    @classmethod
    def of(
        cls, service: QueryInterpreter, query: RunListQuery | None, project_name: str | None, window: int
    ) -> Population:
        """Return the runs of a query.

        Args:
            service: Where runs are looked up.
            query: Which runs; all when None.  One with a limit says itself how many.
            project_name: Only runs of this project; the query's own project wins.
            window: How many of the newest runs a trend covers where the query does not say.
        """
        asked = checked_query(query)
        if asked.project_name is None and project_name is not None:
            asked = replace(asked, project_name=project_name)
        runs = sorted(service.list_runs(query=asked), key=_age, reverse=True)
        projects = {run.project_name for run in runs}
        only = asked.project_name
        if only is None and len(projects) == 1:
            only = next(iter(projects))
        return cls(tuple(runs), window if asked.limit is None else None, only)

    def collect(
        self,
        look: Callable[[RunRecord], tuple[Sequence[Point], Sequence[CompletenessNote]]],
        read: Callable[[Sequence[RunRecord]], None] | None = None,
    ) -> tuple[tuple[Point, ...], tuple[CompletenessNote, ...]]:
        """Return the points of the newest runs that have any, the oldest first, and what is missing among them.

        Args:
            look: Returns the points and notes of one run.
            read: Called with runs that are about to be looked at, so that they are read together.
        """
        found: list[Sequence[Point]] = []
        missing: list[Sequence[CompletenessNote]] = []
        for run in self._read_together(read):
            points, notes = look(run)
            if points:
                found.append(points)
            # Of a metric that few runs have, the newest gaps are enough.
            if notes and (self.window is None or len(missing) < self.window):
                missing.append(notes)
            if self.window is not None and len(found) == self.window:
                break
        return (
            tuple(point for points in reversed(found) for point in points),
            tuple(note for notes in reversed(missing) for note in notes),
        )

    def _read_together(self, read: Callable[[Sequence[RunRecord]], None] | None) -> Iterator[RunRecord]:
        """Yield the runs, each after it was read with others.

        Mostly the newest have what a trend is about, so as many as it covers are read first; of something that few runs
        have, all the others soon are.
        """
        begin, size = 0, self.window or len(self.runs)
        while begin < len(self.runs):
            portion = self.runs[begin : begin + size]
            if read is not None:
                read(portion)
            yield from portion
            begin, size = begin + size, size * _GROWTH


def _age(run: RunRecord) -> tuple[bool, int, str]:
    started = run.started_at
    return started is not None, 0 if started is None else instant(started), run.run_id
