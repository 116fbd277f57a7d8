"""Registration: what the host imports to learn that this plugin exists; light on purpose."""

from __future__ import annotations

from contexta.plugins import Provider, hookimpl

__all__ = ["contexta_metadata_stores", "contexta_record_stores"]

_OPTIONS = "contexta_store_sqlite.options:SQLiteOptions"


@hookimpl
def contexta_metadata_stores() -> list[Provider]:
    """Offer the metadata store ``sqlite``."""
    return [
        Provider(
            name="sqlite",
            factory="contexta_store_sqlite.metadata.backend:open_backend",
            options=_OPTIONS,
            capabilities=frozenset({"deletion", "migrations", "relations", "repairs"}),
            summary="One SQLite file with views for SQL; any number of processes.",
        )
    ]


@hookimpl
def contexta_record_stores() -> list[Provider]:
    """Offer the record store ``sqlite``."""
    return [
        Provider(
            name="sqlite",
            factory="contexta_store_sqlite.records.backend:open_backend",
            options=_OPTIONS,
            capabilities=frozenset({"compaction", "deletion", "repairs", "summaries"}),
            summary="One SQLite file with views for SQL; any number of processes.",
        )
    ]
