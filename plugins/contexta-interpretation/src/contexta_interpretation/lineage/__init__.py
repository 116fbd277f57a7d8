"""The lineage service as a plugin of its own."""
