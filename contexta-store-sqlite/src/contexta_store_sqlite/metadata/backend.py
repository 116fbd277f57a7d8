"""The metadata store ``sqlite``: entities with the clocks of their fields, merged when they are written."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from contexta.errors import ConfigurationError
from contexta.log import HybridClock
from contexta.spi.entity_selection import check_query
from contexta.spi.merge import merge_patch
from contexta.spi.metadata import EntityKind, MetadataBackend
from contexta_store_sqlite.database import Database
from contexta_store_sqlite.database_care import DatabaseCare
from contexta_store_sqlite.metadata import links, schema
from contexta_store_sqlite.metadata.entities import Entities
from contexta_store_sqlite.metadata.rows import COLUMNS, checked_fields, decode_row, encode_row
from contexta_store_sqlite.options import SQLiteOptions
from contexta_store_sqlite.presence import Presence

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from contexta.spi.context import OpenContext
    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.merge import DocumentState
    from contexta.spi.metadata import Entity, EntityQuery, Mutation
    from contexta.spi.migration import (
        MigrationHistoryRow,
        MigrationPlan,
        MigrationResult,
        SchemaInspection,
    )
    from contexta.spi.relation_lookup import RelationSide
    from contexta.spi.repair import RepairCandidate, RepairOutcome
    from contexta_store_sqlite.database import Connection
    from contexta_store_sqlite.metadata.migrations import Migrations

__all__ = ["SQLiteMetadataBackend", "open_backend"]

_READ = f"SELECT {COLUMNS} FROM entities WHERE kind = ? AND ref = ?"
_WRITE = (
    "INSERT OR REPLACE INTO entities (kind, ref, state, document, run_ref, checksum, revision)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def open_backend(context: OpenContext, options: SQLiteOptions | None = None) -> SQLiteMetadataBackend:
    """Open the store; the factory that the plugin names.

    Args:
        context: The surroundings.
        options: ``[metadata.options]``; None for the defaults.

    Returns:
        The backend.  Nothing is made before the first change.

    Raises:
        ConfigurationError: ``metadata.database_path`` is ``:memory:``; this store is shared by processes.
    """
    if str(context.settings.get("database_path")) == ":memory:":
        raise ConfigurationError(
            "metadata.database_path is ':memory:', and this store keeps its database in a file that processes share;"
            " name a path, for example one in a temporary directory",
            code="metadata_store_not_in_memory",
            details={"path": "metadata.database_path"},
        )
    return SQLiteMetadataBackend(context, SQLiteOptions() if options is None else options)


class SQLiteMetadataBackend(DatabaseCare, MetadataBackend):
    """Entities in one SQLite file; any number of processes.

    Args:
        context: The surroundings.
        options: How the database is kept.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"deletion", "migrations", "relations", "repairs"})

    def __init__(self, context: OpenContext, options: SQLiteOptions) -> None:
        self._root = context.root
        self._database = Database(
            context, options, name=schema.FILE_NAME, version=schema.VERSION, create=schema.create
        )
        self._presence = Presence(context.root / "writers", read_only=context.read_only)
        self._entities = Entities(self._database, self._presence.liveness)

    @property
    def writer(self) -> str:
        """This process as a writer; a store that is open for reading has a token that never wrote anything."""
        return self._presence.writer

    @property
    def damage_count(self) -> int:
        """Number of damaged rows that reads through this object have passed over so far."""
        return len(self._entities.damaged)

    def claim_run(self, run_ref: str) -> bool:
        """Claim a run reference for ever; see :meth:`MetadataBackend.claim_run`."""

        def claim(connection: Connection) -> bool:
            known = connection.execute(
                "SELECT 1 FROM entities WHERE kind = ? AND ref = ?", (str(EntityKind.RUN), str(run_ref))
            ).fetchone()
            if known is not None:
                return False
            return (
                connection.execute("INSERT OR IGNORE INTO claims VALUES (?)", (str(run_ref),)).rowcount == 1
            )

        return self._database.write(claim, action="claim a run")

    def apply(self, mutations: Sequence[Mutation]) -> None:
        """Merge mutations into their entities, in one transaction; see :meth:`MetadataBackend.apply`."""
        self._database.check_writable("change the metadata")
        patches = [(str(each.kind), str(each.ref), checked_fields(each)) for each in mutations]
        if not patches:
            return
        # Before what it takes part in can be seen.
        self._presence.show()
        self._database.write(
            lambda connection: self._merge(connection, patches), action="change the metadata"
        )

    def _merge(self, connection: Connection, patches: Sequence[tuple[str, str, dict[str, object]]]) -> None:
        clock_text, revision = connection.execute("SELECT clock, revision FROM head").fetchone()
        # Within the transaction, so that whoever commits later has the later clock.
        clock = HybridClock()
        clock.observe(clock_text)
        states: dict[tuple[str, str], DocumentState] = {}
        for kind, ref, fields in patches:
            if (kind, ref) not in states:
                states[kind, ref] = self._state(connection, kind, ref)
            clock_text = clock.tick()
            merge_patch(states[kind, ref], f"{clock_text}-{self._presence.writer}", fields)
        connection.execute("UPDATE head SET clock = ?, revision = ?", (clock_text, revision + 1))
        for (kind, ref), state in states.items():
            connection.execute(_WRITE, (kind, ref, *encode_row(kind, ref, state), revision + 1))
            links.write(connection, kind, ref, state)
            if kind == EntityKind.RUN:
                connection.execute("INSERT OR IGNORE INTO claims VALUES (?)", (ref,))

    def _state(self, connection: Connection, kind: str, ref: str) -> DocumentState:
        row = connection.execute(_READ, (kind, ref)).fetchone()
        if row is None:
            return {}
        found = decode_row(row)
        if found is not None:
            return found.state
        from contexta_store_sqlite.quarantine import set_aside

        # A run goes on although its row was damaged; what it was stays in the quarantine.
        set_aside(self._root, "entities", [row])
        return {}

    def get(self, kind: EntityKind, ref: str) -> Entity | None:
        """Return one entity as it is now, over all processes, or None."""
        return self._entities.get(kind, ref)

    def find(self, query: EntityQuery) -> Sequence[Entity]:
        """Return the entities that match, in the query's order; see :meth:`MetadataBackend.find`."""
        check_query(query)
        return self._entities.find(query)

    def find_relations(
        self, ends: Collection[str], *, side: RelationSide | None = None, inside: bool = False
    ) -> Sequence[Entity]:
        """Return the relations that start or end at one of these; see :class:`SupportsRelationLookup`."""
        return self._entities.find_relations(ends, side=side, inside=inside)

    def find_assertions(self, relations: Collection[str]) -> Sequence[Entity]:
        """Return the assertions about any of these relations; see :class:`SupportsRelationLookup`."""
        return self._entities.find_assertions(relations)

    def check_integrity(self, *, full: bool = True) -> Sequence[IntegrityFinding]:
        """Look for damage.

        Args:
            full: Read every page and every row; otherwise the pages only.
        """
        from contexta_store_sqlite.metadata.care import find_damage

        return find_damage(self._database, full=full)

    def repair(self, candidates: Sequence[RepairCandidate]) -> Sequence[RepairOutcome]:
        """Do what the candidates say; damaged rows are moved to ``quarantine/``."""
        from contexta_store_sqlite.metadata.care import repair

        return repair(self._database, self._root, candidates)

    # -- migrations -----------------------------------------------------------------------------------------------

    def inspect_schema(self) -> SchemaInspection:
        """Look at the store's form; works also for one that cannot be used as it is."""
        return self._migrations.inspect()

    def plan_migration(self, target_version: str | None = None) -> MigrationPlan:
        """Return the steps to a version; see :meth:`SupportsMigrations.plan_migration`."""
        return self._migrations.plan(target_version)

    def migrate(self, target_version: str | None = None, *, dry_run: bool = False) -> MigrationResult:
        """Do the steps to a version; see :meth:`SupportsMigrations.migrate`."""
        return self._migrations.migrate(target_version, dry_run=dry_run)

    def migration_history(self) -> tuple[MigrationHistoryRow, ...]:
        """Return every step that was ever tried on this store, the oldest first."""
        return self._migrations.history()

    @cached_property
    def _migrations(self) -> Migrations:
        from contexta_store_sqlite.metadata.migrations import Migrations

        return Migrations(self._database)

    def close(self) -> None:
        """Let go of the database; closing twice is harmless."""
        self._database.close()
        self._presence.close()
