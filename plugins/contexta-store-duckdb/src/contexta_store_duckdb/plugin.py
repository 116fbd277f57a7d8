"""Registration: what the host imports to learn that this plugin exists; light on purpose."""

from __future__ import annotations

from contexta.plugins import Provider, hookimpl

__all__ = ["contexta_metadata_stores"]


@hookimpl
def contexta_metadata_stores() -> list[Provider]:
    """Offer the metadata store ``duckdb``."""
    return [
        Provider(
            name="duckdb",
            factory="contexta_store_duckdb.backend:open_backend",
            options="contexta_store_duckdb.options:DuckDBOptions",
            capabilities=frozenset({"counts", "deletion", "migrations", "relations", "repairs"}),
            summary="Append-only journal with an index in DuckDB; any number of processes.",
        )
    ]
