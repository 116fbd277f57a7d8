"""Reading entities: by reference, by run, or all of a kind, of which only what changed is read again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from contexta.log.liveness import Liveness
from contexta.spi.entity_selection import select_entities
from contexta.spi.merge import document_of
from contexta.spi.metadata import Entity, EntityKind, EntityQuery
from contexta.spi.participation import fold_participations
from contexta.spi.relation_lookup import ends_among
from contexta_store_sqlite.metadata import links
from contexta_store_sqlite.metadata.rows import COLUMNS, decode_row

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Any

    from contexta.spi.merge import DocumentState
    from contexta.spi.relation_lookup import RelationSide
    from contexta_store_sqlite.database import Connection, Database

__all__ = ["Entities"]

_ONE = f"SELECT {COLUMNS} FROM entities WHERE kind = ? AND ref = ?"
_OF_RUN = f"SELECT {COLUMNS} FROM entities WHERE kind = ? AND run_ref = ?"
_OF_RUNS = f"SELECT {COLUMNS} FROM entities WHERE kind = ? AND run_ref IN (SELECT value FROM json_each(?))"
_CHANGED = f"SELECT {COLUMNS} FROM entities WHERE kind = ? AND revision > ?"
_ACTION = "read the metadata"


class _Kind:
    """The entities of one kind, as they were at a revision."""

    def __init__(self) -> None:
        self.revision = 0
        self.states: dict[str, DocumentState] = {}


class Entities:
    """Answers questions about entities.

    Args:
        database: Where they are.
        liveness: Tells whether a writer lives.

    Attributes:
        damaged: References of the rows that were passed over, by kind and reference.
    """

    def __init__(self, database: Database, liveness: Callable[[str], Liveness]) -> None:
        self._database = database
        self._ask = liveness
        self._kinds: dict[str, _Kind] = {}
        self._dead: set[str] = set()
        self.damaged: set[tuple[str, str]] = set()

    def get(self, kind: EntityKind, ref: str) -> Entity | None:
        """Return one entity as it is now, or None."""

        def read() -> dict[str, DocumentState]:
            return self._rows(_ONE, (str(kind), str(ref)))

        found = self._folded(kind, read)
        return None if not found or "deleted_at" in found[0].document else found[0]

    def find(self, query: EntityQuery) -> list[Entity]:
        """Return the entities that match, in the query's order."""
        kind = str(query.kind)

        def read() -> dict[str, DocumentState]:
            if query.refs is not None:
                found: dict[str, DocumentState] = {}
                for ref in query.refs:
                    found |= self._rows(_ONE, (kind, str(ref)))
                return found
            run_ref = query.fields.get("run_ref")
            if isinstance(run_ref, frozenset):
                return self._rows(_OF_RUNS, (kind, json.dumps(sorted(run_ref))))
            if isinstance(run_ref, str):
                return self._rows(_OF_RUN, (kind, str(run_ref)))
            return self._all(kind)

        return select_entities(self._folded(query.kind, read), query)

    def find_relations(
        self, ends: Collection[str], *, side: RelationSide | None, inside: bool
    ) -> list[Entity]:
        """Return the relations that start or end at one of these, or inside of one, by reference."""
        statement = links.INSIDE if inside else links.AT
        is_wanted = ends_among(ends, side=side, inside=inside)
        return self._leading(EntityKind.RELATION, statement, ends, is_wanted)

    def find_assertions(self, relations: Collection[str]) -> list[Entity]:
        """Return the assertions about any of these relations, by reference."""
        wanted = frozenset(relations)
        return self._leading(
            EntityKind.PROVENANCE, links.AT, wanted, lambda document: document.get("relation_ref") in wanted
        )

    def _leading(
        self,
        kind: EntityKind,
        statement: str,
        targets: Collection[str],
        is_wanted: Callable[[Mapping[str, Any]], bool],
    ) -> list[Entity]:
        """Return the entities that the links say led to targets, and that still do."""

        def read() -> dict[str, DocumentState]:
            return self._rows(statement, {"kind": str(kind), "asked": links.asked(targets)})

        found = [each for each in self._folded(kind, read) if is_wanted(each.document)]
        return select_entities(found, EntityQuery(kind, order_by="ref"))

    def _folded(self, kind: EntityKind, read: Callable[[], dict[str, DocumentState]]) -> list[Entity]:
        """Read states, and fold them.

        A writer that is found dead may have written until just before, so then it is read once more.
        """
        known_dead = len(self._dead)
        entities = self._fold(kind, read())
        return entities if len(self._dead) == known_dead else self._fold(kind, read())

    def _fold(self, kind: EntityKind, states: dict[str, DocumentState]) -> list[Entity]:
        verdicts: dict[str, Liveness] = {}

        def liveness(writer: str) -> Liveness:
            if writer in self._dead:
                return Liveness.DEAD
            if writer not in verdicts:
                verdicts[writer] = self._ask(writer)
                if verdicts[writer] is Liveness.DEAD:
                    self._dead.add(writer)
            return verdicts[writer]

        entities = []
        for ref, state in states.items():
            document = document_of(state)
            try:
                document = fold_participations(document, liveness)
            except (AttributeError, KeyError, TypeError, ValueError):
                # Participations of a shape that this version does not know must not hide the entity.
                document = dict(document)
            entities.append(Entity(kind, ref, document))
        return entities

    def _rows(self, statement: str, parameters: tuple[str, str] | dict[str, str]) -> dict[str, DocumentState]:
        def read(connection: Connection) -> list[tuple[object, ...]]:
            return connection.execute(statement, parameters).fetchall()

        return self._decoded(self._database.read(read, action=_ACTION) or ())

    def _all(self, kind: str) -> dict[str, DocumentState]:
        """Bring what is known of a kind up to date."""
        known = self._kinds.setdefault(kind, _Kind())

        def read(connection: Connection) -> tuple[int, list[tuple[object, ...]]]:
            [revision] = connection.execute("SELECT revision FROM head").fetchone()
            if revision < known.revision:
                # Another database lies here now, as after a restore.
                known.revision, known.states = 0, {}
            return revision, connection.execute(_CHANGED, (kind, known.revision)).fetchall()

        answer = self._database.read(read, action=_ACTION)
        if answer is None:
            self._kinds.pop(kind, None)
            return {}
        revision, rows = answer
        # A new mapping: another thread may be folding the old one.
        known.states = {**known.states, **self._decoded(rows)} if rows else known.states
        known.revision = revision
        return known.states

    def _decoded(self, rows: Iterable[tuple[object, ...]]) -> dict[str, DocumentState]:
        states: dict[str, DocumentState] = {}
        for row in rows:
            found = decode_row(row)
            if found is None:
                self.damaged.add((str(row[0]), str(row[1])))
            else:
                states[found.ref] = found.state
        return states
