"""The public metadata store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.metadata import MetadataBackend
from contexta.store.face import StoreFace
from contexta.store.integrity import IntegrityReport
from contexta.store.metadata.frame_access import FrameAccess
from contexta.store.metadata.migration_access import MigrationAccess
from contexta.store.metadata.repair_access import RepairAccess
from contexta.store.metadata.repositories.access import RepositoryAccess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.config.models import MetadataStoreConfig, UnifiedConfig
    from contexta.spi.metadata import Entity, EntityKind, EntityQuery, Mutation
    from contexta.store.metadata.snapshot import RunSnapshot
    from contexta.store.metadata.transaction import MetadataTransaction

__all__ = ["MetadataStore"]


class MetadataStore(StoreFace[MetadataBackend], RepositoryAccess, FrameAccess, MigrationAccess, RepairAccess):
    """The metadata truth plane: projects, runs, stages, environments.

    Its repositories (``store.runs``, ``store.stages`` …) read and write canonical models; :meth:`apply`, :meth:`get`
    and :meth:`find` are the plain documents below them.

    The backend is the plugin that ``storage_adapter`` names; ``"duckdb"`` where nothing else is configured.

    Args:
        config: A :class:`~contexta.config.MetadataStoreConfig`, a whole configuration, or None for the defaults.

    Raises:
        MissingPluginError: No installed plugin has the configured name.
    """

    plane = "metadata"

    def __init__(self, config: MetadataStoreConfig | UnifiedConfig | None = None) -> None:
        super().__init__(config)

    @property
    def _entities(self) -> MetadataBackend:
        return self._backend

    def apply(self, mutations: Sequence[Mutation]) -> None:
        """Apply mutations, all or none; durable when this returns."""
        self._backend.apply(mutations)

    def get(self, kind: EntityKind, ref: str) -> Entity | None:
        """Return one entity as it is now, over all processes, or None."""
        return self._backend.get(kind, ref)

    def find(self, query: EntityQuery) -> Sequence[Entity]:
        """Return the entities that match, in the query's order."""
        return self._backend.find(query)

    def list_registered_refs(self) -> tuple[str, ...]:
        """Return the references of everything that the store has, sorted."""
        from contexta.spi.metadata import EntityKind, EntityQuery

        return tuple(
            sorted(
                each.ref
                for kind in EntityKind
                for each in self._backend.find(EntityQuery(kind, order_by="ref"))
            )
        )

    def claim_run(self, run_ref: str) -> bool:
        """Claim a run reference for ever; of any number of concurrent calls exactly one returns True.

        Args:
            run_ref: The reference, ``run:project.run``.

        Raises:
            ValidationError: It is no reference of a run.
            ReadOnlyStoreError: The store is open for reading.
        """
        from contexta.spi.metadata import EntityKind
        from contexta.store.metadata.repositories.repository import checked_ref

        return self._backend.claim_run(checked_ref(run_ref, EntityKind.RUN))

    def transaction(self) -> MetadataTransaction:
        """Return repositories whose puts are applied together when a ``with`` block ends well, or not at all.

        ::

            with store.transaction() as pending:
                pending.projects.put_project(project)
                pending.runs.put_run(run)
        """
        from contexta.store.metadata.transaction import MetadataTransaction

        return MetadataTransaction(self._backend)

    def build_run_snapshot(self, run_ref: str) -> RunSnapshot:
        """Return what this store alone knows of one run; ``ctx.get_run_snapshot`` has its records and artifacts too.

        Args:
            run_ref: The run's full reference.

        Raises:
            NotFoundError: There is no such run (``metadata_row_not_found``).
            ValidationError: It is no reference of a run.
        """
        from contexta.store.metadata.snapshot import build_run_snapshot

        return build_run_snapshot(self, run_ref)

    def check_integrity(self, *, full: bool = True) -> IntegrityReport:
        """Look for damage.

        Args:
            full: Read everything, and look for entities whose owners are missing; otherwise only what a quick look
                tells.
        """
        findings = [*self._backend.check_integrity(full=full)]
        if full:
            from contexta.store.metadata.orphans import find_orphans

            findings += find_orphans(self._backend)
        return IntegrityReport.of(findings)
