"""The contract of metadata stores."""

from __future__ import annotations

from typing import ClassVar

from contexta.testing.contracts.metadata_abilities import MetadataAbilities
from contexta.testing.contracts.metadata_documents import MetadataDocuments
from contexta.testing.contracts.metadata_queries import MetadataQueries
from contexta.testing.contracts.metadata_relations import MetadataRelations
from contexta.testing.contracts.metadata_runs import MetadataRuns

__all__ = ["MetadataStoreContract"]


class MetadataStoreContract(
    MetadataDocuments, MetadataQueries, MetadataRelations, MetadataRuns, MetadataAbilities, contract=True
):
    """What a metadata store promises (``contexta.spi.metadata.MetadataBackend``).

    ::

        class TestMyStore(MetadataStoreContract):
            capabilities = frozenset({"deletion"})

            def open_store(self, context):
                return my_store.open_backend(context)
    """

    abilities: ClassVar[dict[str, str]] = {
        "counts": "contexta.spi.entity_counts.SupportsEntityCounts",
        "deletion": "deleted entities are absent, and their runs are never claimed again",
        "frames": "the backend has tables of its own",
        "migrations": "contexta.spi.migration.SupportsMigrations",
        "relations": "contexta.spi.relation_lookup.SupportsRelationLookup",
        "repairs": "contexta.spi.repair.SupportsRepairs",
    }
