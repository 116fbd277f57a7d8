"""The merged relations, in memory: found by what they start or end at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_store_duckdb.links import link_fields
from contexta_store_duckdb.table import Table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from contexta_store_duckdb.generation import StoredEntity
    from contexta_store_duckdb.row import Row

__all__ = ["RelationTable"]


class RelationTable(Table):
    """All relations.

    Args:
        kind: Their kind.
        stored: The relations that a generation has; unpacked when they are needed.
    """

    def __init__(self, kind: str, stored: Sequence[StoredEntity] = ()) -> None:
        super().__init__(link_fields(kind), stored)
        self._by_run: dict[str, list[Row]] = {}

    def at(self, ends: Collection[str], *, inside: bool) -> list[Row]:
        """Return the relations that start or end at one of these, by reference; and some more.

        Args:
            ends: References.
            inside: Whether what starts or ends inside of one of these counts too.
        """
        self.bring_up_to_date()
        found: dict[str, Row] = {}
        for end in ends:
            rows = (row for known in self._by_link for row in known.get(end, ()))
            found.update((row.ref, row) for row in rows)
            if inside:
                found.update((row.ref, row) for row in self._around(end))
        return [found[ref] for ref in sorted(found)]

    def _around(self, end: str) -> Iterable[Row]:
        """Return the relations of the run that something is or is inside of, or of all runs of a project."""
        name = _run_name(end)
        if "." in name:
            return self._by_run.get(name, ())
        beginning = f"{name}."
        return (row for known, rows in self._by_run.items() if known.startswith(beginning) for row in rows)

    def place(self, row: Row, links: tuple[str | None, ...]) -> None:
        """Make a row found by links that it has now, and by the runs of these."""
        super().place(row, links)
        for name in _run_names(links):
            self._by_run.setdefault(name, []).append(row)

    def displace(self, row: Row, links: tuple[str | None, ...]) -> None:
        """Make a row found no more by links that it had, nor by the runs of these."""
        super().displace(row, links)
        for name in _run_names(links):
            self._by_run[name].remove(row)


def _run_names(links: Iterable[str | None]) -> set[str]:
    return {_run_name(link) for link in links if link is not None}


def _run_name(ref: str) -> str:
    """Return the first two components of a reference: project and run, where it is of a run."""
    value = ref.partition(":")[2]
    behind = value.find(".", value.find(".") + 1)
    return value if behind < 0 else value[:behind]
