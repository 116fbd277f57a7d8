"""The merged entities of one kind, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_store_duckdb.links import links_of
from contexta_store_duckdb.row import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta_store_duckdb.entries import JournalEntry
    from contexta_store_duckdb.generation import StoredEntity

__all__ = ["Table"]


class Table:
    """All entities of one kind, found by reference or by the values of the kind's link fields.

    Args:
        fields: The link fields.
        stored: The entities that a generation has; unpacked when they are needed.
    """

    def __init__(self, fields: tuple[str, ...], stored: Sequence[StoredEntity] = ()) -> None:
        self.fields = fields
        self._stored = stored
        self._early: list[JournalEntry] = []
        self._rows: dict[str, Row] = {}
        self._by_link: tuple[dict[str, list[Row]], ...] = tuple({} for _ in fields)
        # Rows whose links are not among those above yet, in no order.
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
        """Return the entities whose link field ``field`` is ``target``, in no order."""
        self.bring_up_to_date()
        return self._by_link[self.fields.index(field)].get(target, [])

    def bring_up_to_date(self) -> None:
        """Take in the links of what changed since the last call."""
        rows = self.rows
        for ref in self._stale:
            row = rows[ref]
            self._link(row, links_of(self.fields, row.document))
        self._stale.clear()

    def place(self, row: Row, links: tuple[str | None, ...]) -> None:
        """Make a row found by links that it has now."""
        for known, target in zip(self._by_link, links, strict=True):
            if target is not None:
                known.setdefault(target, []).append(row)

    def displace(self, row: Row, links: tuple[str | None, ...]) -> None:
        """Make a row found no more by links that it had."""
        for known, target in zip(self._by_link, links, strict=True):
            if target is not None:
                known[target].remove(row)

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
        if before:
            self.displace(row, before)
        self.place(row, links)
        row.links = links
