"""The metadata store ``sqlite``."""
