"""The filter language: read, narrowed for the stores, and evaluated."""
