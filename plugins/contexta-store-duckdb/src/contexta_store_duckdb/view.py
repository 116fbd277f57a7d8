"""The merged state of the whole journal, in memory, brought up to date with every question."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from contexta.log import forks
from contexta.log.liveness import Liveness
from contexta.spi.merge import document_of
from contexta.spi.metadata import Entity, EntityKind
from contexta.spi.relation_lookup import ends_among
from contexta_store_duckdb.generation import EntityRow
from contexta_store_duckdb.links import LINK_FIELDS, link_fields, links_of
from contexta_store_duckdb.liveness import LivenessMemory
from contexta_store_duckdb.query import count, select
from contexta_store_duckdb.relation_table import RelationTable
from contexta_store_duckdb.row import Row, fold, readable_instant
from contexta_store_duckdb.table import Table
from contexta_store_duckdb.tail import JournalTail

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from contexta.spi.entity_counts import FieldValues
    from contexta.spi.metadata import EntityQuery
    from contexta.spi.relation_lookup import RelationSide
    from contexta_store_duckdb.entries import JournalEntry
    from contexta_store_duckdb.generation import Generation, StoredEntity
    from contexta_store_duckdb.index import GenerationIndex

__all__ = ["MetadataView"]

_Answer = TypeVar("_Answer")
#: A generation is due when the journal has grown by this part of what the last one covers, so that the work of
#: publishing stays in proportion to what is written.
_GROWTH = 4


class MetadataView:
    """Answers questions about the journal as it is now, over all processes; safe for threads and forks.

    Args:
        journal: Directory of the journal.
        observe: Told the greatest clock that was read.
        index: Where generations are read from; None to read the journal alone.
        publish_after_bytes: Publish a generation when so much is not covered by one; None never publishes.
        strict: Whether every line is looked at in full as it is read.
    """

    def __init__(
        self,
        journal: Path,
        *,
        observe: Callable[[str], None],
        index: GenerationIndex | None,
        publish_after_bytes: int | None,
        strict: bool = False,
    ) -> None:
        self._journal = journal
        self._observe = observe
        self._index = index
        self._publish_after_bytes = publish_after_bytes
        self._strict = strict
        self._lock = threading.RLock()
        self._begin()
        forks.register(self, level=1)

    def _begin(self) -> None:
        """Take the state of a view that has read nothing."""
        self._tables: dict[str, Table] = {}
        self._tail = JournalTail(self._journal, strict=self._strict)
        self._liveness = LivenessMemory(self._tail)
        self._loaded = False
        self._latest = ""
        self._covered = 0

    @property
    def tail(self) -> JournalTail:
        """What was read of the journal; to be looked at under :meth:`refresh` only."""
        return self._tail

    @property
    def damage_count(self) -> int:
        """Number of damaged lines that were passed over so far; reads nothing."""
        with self._lock:
            return len(self._tail.tally)

    def knows(self, kind: EntityKind, ref: str) -> bool:
        """Tell whether an entity was read so far; reads nothing."""
        # A look at a table may unpack it: two threads that did so at once would lose what was merged in between.
        with self._lock:
            table = self._tables.get(kind)
            return table is not None and ref in table.rows

    def refs(self, kind: EntityKind) -> list[str]:
        """Return the references of all entities of a kind."""
        with self._lock:
            self.refresh()
            return list(self._table(kind).rows)

    def kinds(self) -> list[str]:
        """Return the kinds of all entities, also those that this version does not know."""
        with self._lock:
            self.refresh()
            return sorted(self._tables)

    def get(self, kind: EntityKind, ref: str) -> Entity | None:
        """Return one entity as it is now, or None."""

        def look() -> Entity | None:
            row = self._table(kind).rows.get(ref)
            if row is None or row.is_deleted:
                return None
            return _entity(kind, row, row.folded(self._liveness))

        return self._answer(look)

    def find(self, query: EntityQuery) -> list[Entity]:
        """Return the entities that match, in the query's order.

        Raises:
            ValidationError: The query cannot be answered.
        """
        return self._answer(
            lambda: [
                _entity(query.kind, row, row.folded(self._liveness))
                for row in select(self._table(query.kind), query, self._liveness)
            ]
        )

    def count(self, query: EntityQuery, fields: Sequence[str]) -> Mapping[FieldValues, int]:
        """Return how many of the entities that match have which texts in some fields.

        Raises:
            ValidationError: The query cannot be answered.
        """
        return self._answer(lambda: count(self._table(query.kind), query, fields, self._liveness))

    def find_relations(
        self, ends: Collection[str], *, side: RelationSide | None, inside: bool
    ) -> list[Entity]:
        """Return the relations that start or end at one of these, or inside of one, by reference."""
        is_wanted = ends_among(ends, side=side, inside=inside)

        def look() -> list[Entity]:
            table = self._table(EntityKind.RELATION)
            rows = table.at(ends, inside=inside) if isinstance(table, RelationTable) else []
            return [
                _entity(EntityKind.RELATION, row, row.folded(self._liveness))
                for row in rows
                if not row.is_deleted and is_wanted(row.document)
            ]

        return self._answer(look)

    def find_assertions(self, relations: Collection[str]) -> list[Entity]:
        """Return the assertions about any of these relations, by reference."""

        def look() -> list[Entity]:
            table = self._table(EntityKind.PROVENANCE)
            [field] = table.fields
            wanted = frozenset(relations) if table.rows else ()
            rows = [row for ref in wanted for row in table.linked(field, ref)]
            return [
                _entity(EntityKind.PROVENANCE, row, row.folded(self._liveness))
                for row in sorted(rows, key=lambda row: row.ref)
                if not row.is_deleted
            ]

        return self._answer(look)

    def refresh(self) -> None:
        """Read what is new in the journal; the first call reads it all, or a generation and the rest.

        Raises:
            StoreAccessError: The journal cannot be read.
            SchemaVersionError: A segment was written by a newer major version.
        """
        with self._lock:
            if not self._loaded:
                if self._index is not None:
                    self._index.load(self._take_over)
                self._loaded = True
            before = self._latest
            self._tail.read_new(self._merge)
            if self._latest != before:
                self._observe(self._latest)
            self._publish_if_due()

    def _answer(self, look: Callable[[], _Answer]) -> _Answer:
        """Bring the view up to date and ask it."""
        with self._lock:
            while True:
                try:
                    self.refresh()
                    self._liveness.forget_living()
                    answer = look()
                except msgspec.MsgspecError:
                    # A state of the generation does not decode: the journal has the truth.
                    _warn("The index of %s is damaged; reading the journal instead.", self._journal)
                    self._index = None
                    self._begin()
                    continue
                # A writer that was found dead may have closed its scopes after the refresh and before it ended.
                if not self._liveness.found_dead:
                    return answer

    def _table(self, kind: str) -> Table:
        table = self._tables.get(kind)
        if table is None:
            table = self._tables[str(kind)] = _table_of(kind)
        return table

    def _merge(self, entry: JournalEntry) -> None:
        self._latest = max(self._latest, entry.clock)
        self._table(entry.kind).merge(entry)

    def _take_over(self, generation: Generation) -> bool:
        """Start from a generation if it belongs to the journal as it is."""
        if not self._tail.resume(generation.cursors):
            return False
        self._tables = {kind: _table_of(kind, stored) for kind, stored in generation.entities.items()}
        self._covered = self._tail.cost
        return True

    # -- publishing; the lock is held ---------------------------------------------------------------------------

    def _publish_if_due(self) -> None:
        if self._index is None or self._publish_after_bytes is None:
            return
        due = max(self._publish_after_bytes, self._covered // _GROWTH)
        cost = self._tail.cost
        if cost - self._covered < due:
            return
        # Set first: what fails once, for want of space or rights, is not tried again with every question.
        self._covered = cost
        try:
            self._index.publish(cost, self._write_generation, unless_covered=cost - due + 1)
        except Exception as error:  # noqa: BLE001 - the index is a shortcut: no failure of it may fail an answer
            _warn("No index of %s could be published: %s", self._journal, error)

    def _write_generation(self, path: Path) -> None:
        from contexta_store_duckdb import generation

        generation.write(path, self._rows(), self._tail.cursors(), self._tail.cost)

    def _rows(self) -> Iterator[EntityRow]:
        encode = msgspec.json.Encoder().encode
        for kind in sorted(self._tables):
            for _, row in sorted(self._tables[kind].rows.items()):
                yield _entity_row(kind, row, encode)

    # -- forks --------------------------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Wait until no thread is in the middle of a refresh."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Keep what was read, under a lock of the child's own."""
        self._lock = threading.RLock()


def _warn(message: str, *arguments: object) -> None:
    """Log a warning; nobody pays for the logging package where there is nothing to say."""
    import logging

    logging.getLogger(__name__).warning(message, *arguments)


def _table_of(kind: str, stored: Sequence[StoredEntity] = ()) -> Table:
    """Return a table for the entities of a kind."""
    return RelationTable(kind, stored) if kind == EntityKind.RELATION else Table(link_fields(kind), stored)


def _entity(kind: EntityKind, row: Row, document: dict[str, Any]) -> Entity:
    """Make an entity that shares no container of its first two levels with the view."""
    copied = {
        name: value.copy() if type(value) is dict or type(value) is list else value
        for name, value in document.items()
    }
    return Entity(kind, row.ref, copied)


def _entity_row(kind: str, row: Row, encode: Callable[[Any], bytes]) -> EntityRow:
    """Describe an entity for a generation, leaving no more of it in memory than there was before."""
    # Who lives is not asked: the answer would be old when it is read.
    document = fold(document_of(row.state), lambda _: Liveness.UNKNOWN)
    project_ref, run_ref, source_ref, target_ref, relation_ref = links_of(LINK_FIELDS, document)
    name, status = (_text(document.get(field)) for field in ("name", "status"))
    started_at, ended_at = (_storable(document.get(field)) for field in ("started_at", "ended_at"))
    return EntityRow(
        kind,
        row.ref,
        project_ref,
        run_ref,
        source_ref,
        target_ref,
        relation_ref,
        name,
        status,
        started_at,
        ended_at,
        encode(document).decode(),
        row.pack(),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _storable(time: object) -> int | None:
    found = readable_instant(time)
    return found if found is not None and -(2**63) <= found < 2**63 else None
