"""The alert service as a plugin of its own."""
