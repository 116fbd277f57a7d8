"""The trend service as a plugin of its own."""
