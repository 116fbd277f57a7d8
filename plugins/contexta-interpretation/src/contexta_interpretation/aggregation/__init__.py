"""The aggregation service as a plugin of its own."""
