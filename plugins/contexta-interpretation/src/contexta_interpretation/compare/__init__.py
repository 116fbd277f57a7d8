"""The comparison service as a plugin of its own."""
