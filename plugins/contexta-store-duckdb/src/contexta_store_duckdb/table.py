"""The merged entities of one kind, in memory."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from contexta.contract.timestamps import instant
from contexta.errors import ContextaError
from contexta.spi.merge import DocumentState, document_of, merge_patch
from contexta.spi.participation import fold_participations
from contexta_store_duckdb.entries import decode_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contexta.log.liveness import Liveness
    from contexta_store_duckdb.entries import JournalEntry

__all__ = ["LINKS", "Row", "Table"]

#: Fields by which entities are found without looking at all of them.
LINKS = ("project_ref", "run_ref")

_NO_LINKS: tuple[str | None, ...] = (None,) * len(LINKS)
_state_decoder = msgspec.json.Decoder(dict[str, list[Any]])


class Row:
    """One entity: its state, what is still to be merged into it, and what was derived from it so far.

    Args:
        ref: The entity's reference.
        state: Its merged state, or the JSON text of it as a generation keeps it; text is decoded when it is needed.
    """

    __slots__ = ("_document", "_folded", "_instants", "_patches", "_state", "links", "ref")

    def __init__(self, ref: str, state: DocumentState | str) -> None:
        self.ref = ref
        self.links = _NO_LINKS
        self._state = state
        self._patches: list[JournalEntry] = []
        self._document: dict[str, Any] | None = None
        self._folded: dict[str, Any] | None = None
        self._instants: dict[str, int | None] | None = None

    @property
    def state(self) -> DocumentState:
        """The merged state.

        Raises:
            msgspec.MsgspecError: The text from a generation is damaged.
        """
        if isinstance(self._state, str):
            self._state = _state_decoder.decode(self._state)
        if self._patches:
            for patch in self._patches:
                # Not JSON although its checksum is right: an integrity check tells, a question goes on without it.
                with suppress(msgspec.MsgspecError):
                    merge_patch(self._state, patch.clock, decode_fields(patch))
            self._patches = []
        return self._state

    @property
    def document(self) -> dict[str, Any]:
        """The merged fields, not folded."""
        if self._document is None:
            self._document = document_of(self.state)
        return self._document

    def merge(self, patch: JournalEntry) -> None:
        """Take a patch in; it is merged when somebody asks."""
        self._patches.append(patch)
        self._document = None
        self._folded = None

    def folded(self, liveness: Callable[[str], Liveness]) -> dict[str, Any]:
        """Return the document with the status folded from its participations; not to be changed."""
        if self._folded is not None:
            return self._folded
        self._instants = None
        try:
            document = fold_participations(self.document, liveness)
        except (AttributeError, KeyError, TypeError, ValueError):
            # Participations of a shape that this version does not know must not hide every other entity.
            document = dict(self.document)
        # What is open may read otherwise the next time, when its writer has died; everything else is settled.
        if not document.get("participants") or document.get("status") != "open":
            self._folded = document
        return document

    def instant_of(self, field: str, document: Mapping[str, Any]) -> int | None:
        """Return a time field of the folded document in nanoseconds, or None without a readable one."""
        instants = self._instants
        if instants is None:
            instants = self._instants = {}
        elif field in instants:
            return instants[field]
        text = document.get(field)
        try:
            found = instant(text) if isinstance(text, str) else None
        except ContextaError:
            found = None
        instants[field] = found
        return found


class Table:
    """All entities of one kind, found by reference or by the project or run that they belong to."""

    __slots__ = ("_by_link", "_stale", "rows")

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self._by_link: tuple[dict[str, set[str]], ...] = tuple({} for _ in LINKS)
        self._stale: set[str] = set()

    def load(self, ref: str, state: str, links: tuple[str | None, ...]) -> None:
        """Take over an entity from a generation; the table must not have it yet."""
        row = Row(ref, state)
        self.rows[ref] = row
        self._link(row, links)

    def merge(self, patch: JournalEntry) -> None:
        """Take in a patch of an entity, which comes into being with its first patch."""
        ref = patch.ref
        row = self.rows.get(ref)
        if row is None:
            row = self.rows[ref] = Row(ref, {})
        row.merge(patch)
        # Looked at when somebody asks: a journal read at once patches one entity many times.
        self._stale.add(ref)

    def linked(self, field: str, target: str) -> list[Row]:
        """Return the entities whose field ``field``, one of ``LINKS``, is ``target``."""
        self._relink()
        rows = self.rows
        return [rows[ref] for ref in self._by_link[LINKS.index(field)].get(target, ())]

    def _relink(self) -> None:
        for ref in self._stale:
            row = self.rows[ref]
            document = row.document
            self._link(row, tuple(_text(document.get(field)) for field in LINKS))
        self._stale.clear()

    def _link(self, row: Row, links: tuple[str | None, ...]) -> None:
        for known, before, now in zip(self._by_link, row.links, links, strict=True):
            if before == now:
                continue
            if before is not None:
                known[before].discard(row.ref)
            if now is not None:
                known.setdefault(now, set()).add(row.ref)
        row.links = links


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
