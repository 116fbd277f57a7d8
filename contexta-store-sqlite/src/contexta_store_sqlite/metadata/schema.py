"""The tables of the metadata plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_store_sqlite.metadata.views import VIEWS

if TYPE_CHECKING:
    from contexta_store_sqlite.database import Connection

__all__ = ["FILE_NAME", "VERSION", "create"]

#: Name of the database below the root of the plane.
FILE_NAME = "metadata.sqlite3"
#: The version that this code reads and writes.
VERSION = 1

_TABLES = (
    # `state` has the clock of every field, `document` is what is read of it, folded as if every writer lived.
    """
    CREATE TABLE entities (
        kind TEXT NOT NULL,
        ref TEXT NOT NULL,
        state TEXT NOT NULL,
        document TEXT NOT NULL,
        run_ref TEXT,
        revision INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        PRIMARY KEY (kind, ref)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX entities_by_revision ON entities (kind, revision)",
    "CREATE INDEX entities_by_run ON entities (kind, run_ref) WHERE run_ref IS NOT NULL",
    # What relations and assertions lead to, now or before: found here, and then compared with what they say now.
    # `value` is what stands behind the kind of `target`, so that what is inside of a run lies together.
    """
    CREATE TABLE links (
        kind TEXT NOT NULL, value TEXT NOT NULL, target TEXT NOT NULL, ref TEXT NOT NULL,
        PRIMARY KEY (kind, value, target, ref)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE claims (run_ref TEXT PRIMARY KEY) WITHOUT ROWID",
    # One row: the clock of the last mutation and the number of the last change.
    "CREATE TABLE head (clock TEXT NOT NULL, revision INTEGER NOT NULL)",
    "INSERT INTO head VALUES ('0000000000000000', 0)",
    """
    CREATE TABLE migrations (
        step_id TEXT NOT NULL, from_version TEXT NOT NULL, to_version TEXT NOT NULL, description TEXT NOT NULL,
        status TEXT NOT NULL, applied_at TEXT NOT NULL, notes TEXT NOT NULL
    )
    """,
)


def create(connection: Connection) -> None:
    """Make the tables and views."""
    for statement in (*_TABLES, *VIEWS):
        connection.execute(statement)
