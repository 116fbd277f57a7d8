"""The metadata store ``duckdb``: an append-only journal is the truth, DuckDB files are an index of it.

Below the root of the plane:

* ``journal/``: the segment log of all mutations.  Every process appends to segments of its own, so nobody waits.
* ``claims/``: one empty file per run reference that is taken.
* ``index/``: generations of a DuckDB file, built by readers from the journal; may be deleted at any time.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from contexta.errors import ConfigurationError, LifecycleError, ReadOnlyStoreError
from contexta.log.names import parse_file_name
from contexta.spi.metadata import EntityKind, MetadataBackend
from contexta_store_duckdb import versions
from contexta_store_duckdb.claims import RunClaims
from contexta_store_duckdb.journal import Journal
from contexta_store_duckdb.options import DuckDBOptions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from contexta.spi.context import OpenContext
    from contexta.spi.entity_counts import FieldValues
    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.metadata import Entity, EntityQuery, Mutation
    from contexta.spi.migration import (
        MigrationHistoryRow,
        MigrationPlan,
        MigrationResult,
        SchemaInspection,
    )
    from contexta.spi.relation_lookup import RelationSide
    from contexta.spi.repair import RepairCandidate, RepairOutcome
    from contexta_store_duckdb.index import GenerationIndex
    from contexta_store_duckdb.migrations import StoreMigrations
    from contexta_store_duckdb.view import MetadataView

__all__ = ["DuckDBBackend", "open_backend"]


def open_backend(context: OpenContext, options: DuckDBOptions | None = None) -> DuckDBBackend:
    """Open the store; the factory that the plugin names.

    Args:
        context: The surroundings.
        options: ``[metadata.options]``; None for the defaults.

    Returns:
        The backend.  Nothing is read or created before it is asked for something.

    Raises:
        ConfigurationError: ``metadata.database_path`` is ``:memory:``; this store is shared by processes.
    """
    if str(context.settings.get("database_path")) == ":memory:":
        raise ConfigurationError(
            "metadata.database_path is ':memory:', and this store keeps its journal in a directory that processes "
            "share; name a path, for example one in a temporary directory",
            code="metadata_store_not_in_memory",
            details={"path": "metadata.database_path"},
        )
    return DuckDBBackend(context, DuckDBOptions() if options is None else options)


class DuckDBBackend(MetadataBackend):
    """Journal, claims, view and index of one workspace, behind the SPI.

    View and index are imported and made by the first question, so that programs that only capture do not pay for them.

    Args:
        context: The surroundings.
        options: How the index is kept.
    """

    capabilities = frozenset({"counts", "deletion", "migrations", "relations", "repairs"})

    def __init__(self, context: OpenContext, options: DuckDBOptions) -> None:
        root = context.root
        self._root = root
        self._journal_directory = root / "journal"
        self._read_only = context.read_only
        self._closed = False
        self._auto_migrate = bool(context.settings.get("auto_migrate", False))
        self._is_current = False
        self._reader_token = f"reader{os.urandom(8).hex()}"
        self._journal = Journal(
            self._journal_directory,
            durability=context.durability,
            max_segment_bytes=context.max_segment_bytes,
        )
        self._options = options
        self._claims = RunClaims(
            root / "claims",
            synced=context.durability == "fsync",
            journal_exists=self._has_journal,
            known_runs=lambda: self._view.refs(EntityKind.RUN),
        )

    @cached_property
    def _index(self) -> GenerationIndex:
        from contexta_store_duckdb.index import GenerationIndex

        return GenerationIndex(self._root / "index")

    @cached_property
    def _view(self) -> MetadataView:
        from contexta_store_duckdb.view import MetadataView

        return MetadataView(
            self._journal_directory,
            observe=self._journal.observe,
            index=self._index if self._options.index else None,
            publish_after_bytes=None if self._read_only else self._options.index_threshold_bytes,
        )

    @property
    def writer(self) -> str:
        """This process as a writer; a store that is open for reading has a token that never wrote anything."""
        return self._reader_token if self._read_only else self._journal.writer

    @property
    def damage_count(self) -> int:
        """Number of damaged lines that reads through this object have passed over so far."""
        return self._view.damage_count

    def claim_run(self, run_ref: str) -> bool:
        """Claim a run reference for ever; see :mod:`contexta_store_duckdb.claims` for the rule that makes it safe.

        A run that this process has read of is taken whatever the files say; otherwise the files decide alone, for
        every run of the journal has one.  Where the directory of claims is missing although there is a journal, it is
        first built from the journal.

        Raises:
            ReadOnlyStoreError: The store is open for reading (``metadata_store_read_only``).
            StorageFullError: There is no space.
            StoreAccessError: The claims cannot be written.
        """
        self._check_writable("claim a run")
        is_known = "_view" in vars(self) and self._view.knows(EntityKind.RUN, run_ref)
        return not is_known and self._claims.claim(run_ref)

    def apply(self, mutations: Sequence[Mutation]) -> None:
        """Append mutations to the journal: one write, one sync, all or none.

        Raises:
            ReadOnlyStoreError: The store is open for reading (``metadata_store_read_only``).
            SerializationError: A value is no JSON value (``metadata_not_json``).
            ValidationError: One mutation has more than a MiB of JSON.
            StorageFullError: There is no space; nothing was applied.
            StoreAccessError: The store cannot be written.
        """
        self._check_writable("change the metadata")
        if not mutations:
            return
        for mutation in mutations:
            if mutation.kind == EntityKind.RUN:
                self._claims.note(mutation.ref)
        self._journal.append(mutations)

    def get(self, kind: EntityKind, ref: str) -> Entity | None:
        """Return one entity as it is now, over all processes, or None."""
        self._check_open()
        return self._view.get(kind, ref)

    def find(self, query: EntityQuery) -> Sequence[Entity]:
        """Return the entities that match; ties are broken by ascending reference in either direction.

        Raises:
            ValidationError: The query has an unknown order, a negative bound, or a time that is none.
            StoreAccessError: The journal cannot be read.
        """
        self._check_open()
        return self._view.find(query)

    def count(self, query: EntityQuery, fields: Sequence[str]) -> Mapping[FieldValues, int]:
        """Return how many of the entities that match have which texts in some fields; see :class:`SupportsEntityCounts`.

        Raises:
            ValidationError: As for :meth:`find`.
            StoreAccessError: The journal cannot be read.
        """
        self._check_open()
        return self._view.count(query, fields)

    def find_relations(
        self, ends: Collection[str], *, side: RelationSide | None = None, inside: bool = False
    ) -> Sequence[Entity]:
        """Return the relations that start or end at one of these; see :class:`SupportsRelationLookup`.

        Raises:
            StoreAccessError: The journal cannot be read.
        """
        self._check_open()
        return self._view.find_relations(ends, side=side, inside=inside)

    def find_assertions(self, relations: Collection[str]) -> Sequence[Entity]:
        """Return the assertions about any of these relations; see :class:`SupportsRelationLookup`.

        Raises:
            StoreAccessError: The journal cannot be read.
        """
        self._check_open()
        return self._view.find_assertions(relations)

    def check_integrity(self, *, full: bool = True) -> Sequence[IntegrityFinding]:
        """Look for damage; never raises but for a store that is closed.

        Args:
            full: Read the whole journal, its seals and chains and the generations of the index; otherwise only what
                the index does not cover yet.
        """
        from contexta_store_duckdb.integrity import find_damage
        from contexta_store_duckdb.view import MetadataView

        self._check_open()
        view = self._view
        if full:
            view = MetadataView(
                self._journal_directory,
                observe=self._journal.observe,
                index=None,
                publish_after_bytes=None,
                strict=True,
            )
        return find_damage(self._root, view, self._index, full=full)

    def repair_candidates(self, findings: Sequence[IntegrityFinding]) -> Sequence[RepairCandidate]:
        """Return what can be done about findings of this store; those that it does not know are left out."""
        from contexta_store_duckdb.repair import repair_candidates

        return repair_candidates(findings)

    def repair(self, candidates: Sequence[RepairCandidate]) -> Sequence[RepairOutcome]:
        """Do what the candidates say; what is taken out of use is moved to ``quarantine/``.

        Raises:
            ReadOnlyStoreError: The store is open for reading (``metadata_store_read_only``).
        """
        from contexta_store_duckdb.repair import JournalRepair

        self._check_writable("repair it")
        outcomes = JournalRepair(self._root, self._journal, self._claims).repair(candidates)
        # What was read of the segments that were put away is read again from those that replace them.
        for name in ("_view", "_index"):
            vars(self).pop(name, None)
        return outcomes

    def close(self) -> None:
        """Seal this process's segment; closing twice is harmless.

        Raises:
            StoreAccessError: What was applied could not be synced.
        """
        self._closed = True
        self._journal.close()

    def _has_journal(self) -> bool:
        try:
            return any(parse_file_name(path.name) is not None for path in self._journal_directory.iterdir())
        except FileNotFoundError:
            return False

    def inspect_schema(self) -> SchemaInspection:
        """Look at the store's form; works also for one that cannot be used as it is."""
        return self._migrations.inspect()

    def plan_migration(self, target_version: str | None = None) -> MigrationPlan:
        """Return the steps to a version; None for this installation's.

        Raises:
            MigrationError: No steps lead there (``metadata_migration_path_missing``).
        """
        return self._migrations.plan(target_version)

    def migrate(self, target_version: str | None = None, *, dry_run: bool = False) -> MigrationResult:
        """Do the steps to a version, or look whether they could be done.

        Raises:
            MigrationError: No steps lead there, somebody writes or migrates, or a step failed.
            ReadOnlyStoreError: The store is open for reading (``metadata_migration_read_only``).
        """
        if not dry_run:
            if self._read_only:
                raise ReadOnlyStoreError(
                    f"The metadata store in {self._root} is open for reading only, and cannot be migrated.",
                    code="metadata_migration_read_only",
                )
            self._journal.rest()
        try:
            return self._migrations.migrate(target_version, dry_run=dry_run, own_writer=self._journal.writer)
        finally:
            self._is_current = False
            for name in ("_view", "_index"):
                vars(self).pop(name, None)

    def migration_history(self) -> tuple[MigrationHistoryRow, ...]:
        """Return every step that was ever tried on this store, the oldest first."""
        return self._migrations.history()

    @cached_property
    def _migrations(self) -> StoreMigrations:
        from contexta_store_duckdb.migrations import StoreMigrations

        return StoreMigrations(self._root)

    def _require_current(self) -> None:
        """Refuse a store of another version, or bring it up where that is configured."""
        # A store that was never migrated has no history: one look tells, and nothing is imported for it.
        has_steps = versions.SCHEMA_VERSION != versions.FIRST_VERSION
        if has_steps or (self._root / versions.HISTORY_NAME).exists():
            if self._auto_migrate and not self._read_only and self._migrations.is_outdated():
                self.migrate()
            self._migrations.require_current()
        self._is_current = True

    def _check_open(self) -> None:
        if not self._is_current:
            self._require_current()
        if self._closed:
            raise LifecycleError(
                f"The metadata store in {self._root} was closed; open it again to go on.",
                code="metadata_store_closed",
            )

    def _check_writable(self, action: str) -> None:
        self._check_open()
        if self._read_only:
            raise ReadOnlyStoreError(
                f"Could not {action}: the metadata store in {self._root} is open for reading only. "
                "Open the workspace without read_only.",
                code="metadata_store_read_only",
                details={"path": str(self._root)},
            )
