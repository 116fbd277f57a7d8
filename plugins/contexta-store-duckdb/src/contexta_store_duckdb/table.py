"""The merged entities of one kind, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_store_duckdb.row import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta_store_duckdb.entries import JournalEntry
    from contexta_store_duckdb.generation import StoredEntity

__all__ = ["LINKS", "Table"]

#: Fields by which entities are found without looking at all of them.
LINKS = ("project_ref", "run_ref")


class Table:
    """All entities of one kind, found by reference or by the project or run that they belong to.

    Args:
        stored: The entities that a generation has; unpacked when they are needed.
    """

    def __init__(self, stored: Sequence[StoredEntity] = ()) -> None:
        self._stored = stored
        self._early: list[JournalEntry] = []
        self._rows: dict[str, Row] = {}
        self._by_link: tuple[dict[str, set[str]], ...] = tuple({} for _ in LINKS)
        self._stale: set[str] = set()

    @property
    def rows(self) -> dict[str, Row]:
        """The entities by reference."""
        if self._stored:
            self._unpack()
        return self._rows

    def merge(self, patch: JournalEntry) -> None:
        """Take in a patch of an entity, which comes into being with its first patch."""
        if self._stored:
            self._early.append(patch)
            return
        ref = patch.ref
        row = self._rows.get(ref)
        if row is None:
            row = self._rows[ref] = Row(ref, {})
        row.merge(patch)
        # Looked at when somebody asks: a journal read at once patches one entity many times.
        self._stale.add(ref)

    def linked(self, field: str, target: str) -> list[Row]:
        """Return the entities whose field ``field``, one of ``LINKS``, is ``target``."""
        rows = self.rows
        for ref in self._stale:
            row = rows[ref]
            document = row.document
            values = (document.get(name) for name in LINKS)
            self._link(row, tuple(value if isinstance(value, str) else None for value in values))
        self._stale.clear()
        return [rows[ref] for ref in self._by_link[LINKS.index(field)].get(target, ())]

    def _unpack(self) -> None:
        for ref, links, summary, state in self._stored:
            # The status of what is open depends on who lives now.
            settled = summary.status is not None and summary.status != "open"
            row = self._rows[ref] = Row(ref, state, summary if settled else None)
            self._link(row, links)
        self._stored = ()
        early, self._early = self._early, []
        for patch in early:
            self.merge(patch)

    def _link(self, row: Row, links: tuple[str | None, ...]) -> None:
        before = row.links
        if before == links:
            return
        for position, known in enumerate(self._by_link):
            old = before[position] if before else None
            new = links[position]
            if old == new:
                continue
            if old is not None:
                known[old].discard(row.ref)
            if new is not None:
                known.setdefault(new, set()).add(row.ref)
        row.links = links
