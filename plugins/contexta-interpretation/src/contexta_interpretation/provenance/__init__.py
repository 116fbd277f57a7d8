"""The provenance service as a plugin of its own."""
