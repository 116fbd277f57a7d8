"""The stores of contexta-store-sqlite keep the contracts of the kit."""

from __future__ import annotations

from contexta.testing import MetadataStoreContract, RecordStoreContract
from contexta_store_sqlite.metadata.backend import open_backend as open_metadata
from contexta_store_sqlite.records.backend import open_backend as open_records


class TestSQLiteMetadata(MetadataStoreContract):
    """Metadata in SQLite."""

    capabilities = frozenset({"deletion", "migrations", "relations", "repairs"})

    def open_store(self, context):
        return open_metadata(context)


class TestSQLiteRecords(RecordStoreContract):
    """Records in SQLite."""

    capabilities = frozenset({"compaction", "deletion", "repairs", "summaries"})

    def open_store(self, context):
        return open_records(context)
