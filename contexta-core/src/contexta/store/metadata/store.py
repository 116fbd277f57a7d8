"""The public metadata store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.metadata import MetadataBackend
from contexta.store.face import StoreFace
from contexta.store.integrity import IntegrityReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.metadata import Entity, EntityKind, EntityQuery, Mutation

__all__ = ["MetadataStore"]


class MetadataStore(StoreFace[MetadataBackend]):
    """The metadata truth plane: projects, runs, stages, environments.

    The backend is the plugin that ``storage_adapter`` names; ``"duckdb"`` where nothing else is configured.

    Args:
        config: A :class:`~contexta.config.MetadataStoreConfig`, a whole configuration, or None for the defaults.

    Raises:
        MissingPluginError: No installed plugin has the configured name.
    """

    plane = "metadata"

    def apply(self, mutations: Sequence[Mutation]) -> None:
        """Apply mutations, all or none; durable when this returns."""
        self._backend.apply(mutations)

    def get(self, kind: EntityKind, ref: str) -> Entity | None:
        """Return one entity as it is now, over all processes, or None."""
        return self._backend.get(kind, ref)

    def find(self, query: EntityQuery) -> Sequence[Entity]:
        """Return the entities that match, in the query's order."""
        return self._backend.find(query)

    def check_integrity(self, *, full: bool = True) -> IntegrityReport:
        """Look for damage.

        Args:
            full: Read everything; otherwise only what a quick look tells.
        """
        return IntegrityReport.of(self._backend.check_integrity(full=full))
