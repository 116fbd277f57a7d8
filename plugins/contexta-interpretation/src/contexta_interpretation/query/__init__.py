"""The query service as a plugin of its own."""
