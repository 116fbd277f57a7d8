"""Writing and reading entities, for the contract of metadata stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.testing.contracts.stores import StoreContract

if TYPE_CHECKING:
    from contexta.spi.metadata import MetadataBackend
    from contexta.testing.contracts.stores import Stores

__all__ = ["RUN", "MetadataEntities", "names_of", "put"]

RUN = EntityKind.RUN


def put(store: MetadataBackend, ref: str, kind: EntityKind = RUN, **fields: Any) -> None:
    """Apply one mutation."""
    store.apply([Mutation(kind, ref, fields)])


def names_of(store: MetadataBackend, **query: Any) -> list[str]:
    """Return the last components of the references of runs that a query finds, in its order."""
    return [entity.ref.rpartition(".")[2] for entity in store.find(EntityQuery(RUN, **query))]


class MetadataEntities(StoreContract, contract=True):
    """One thing of a name is a sample."""

    def write(self, stores: Stores, store: MetadataBackend, name: str) -> None:
        """Put a sample."""
        del stores
        put(store, f"sample:demo.r1.fit.{name}", EntityKind.SAMPLE, name=name, run_ref="run:demo.r1")

    def written(self, store: MetadataBackend) -> list[str]:
        """List the samples."""
        found = store.find(EntityQuery(EntityKind.SAMPLE, order_by="ref"))
        return [str(entity.document.get("name")) for entity in found]
