"""The anomaly service as a plugin of its own."""
