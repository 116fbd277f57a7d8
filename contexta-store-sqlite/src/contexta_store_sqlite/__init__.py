"""Contexta's metadata and records in SQLite."""
