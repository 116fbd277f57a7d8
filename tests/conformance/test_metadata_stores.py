"""The metadata stores of this repository keep the contract of the kit."""

from __future__ import annotations

from contexta.testing.contracts import MetadataStoreContract
from contexta_store_duckdb.backend import open_backend as open_duckdb


class TestDuckDB(MetadataStoreContract):
    """The stock store."""

    capabilities = frozenset({"counts", "deletion", "migrations", "relations", "repairs"})

    def open_store(self, context):
        return open_duckdb(context)
