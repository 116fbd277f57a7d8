"""The versions of the form in which a store keeps its entities."""

from __future__ import annotations

__all__ = ["FIRST_VERSION", "HISTORY_NAME", "SCHEMA_VERSION"]

#: The version of a store without a history.
FIRST_VERSION = "1"
#: The version that this code reads and writes.
SCHEMA_VERSION = "1"
#: The file of the history, below the root of the plane.
HISTORY_NAME = "migrations.jsonl"
