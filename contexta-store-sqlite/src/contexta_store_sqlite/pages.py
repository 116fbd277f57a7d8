"""What SQLite itself finds wrong with the pages of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ContextaError
from contexta.spi.integrity import IntegrityFinding
from contexta_store_sqlite.quarantine import DAMAGED_PAGES

if TYPE_CHECKING:
    from contexta_store_sqlite.database import Connection, Database

__all__ = ["page_findings"]

_MOST = 100


def page_findings(database: Database) -> list[IntegrityFinding]:
    """Have SQLite check all pages and indexes.

    Args:
        database: The database.

    Returns:
        What it found; a database that cannot be read at all is a finding too.
    """

    def check(connection: Connection) -> list[str]:
        return [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({_MOST})")]

    try:
        told = database.read(check, action="check the database") or ["ok"]
    except ContextaError as error:
        if error.code == "sqlite_store_closed":
            raise
        told = [error.message]
    if told == ["ok"]:
        return []
    return [IntegrityFinding(DAMAGED_PAGES, "error", text, database.path.name) for text in told]
