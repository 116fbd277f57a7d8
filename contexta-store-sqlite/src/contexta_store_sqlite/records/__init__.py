"""The record store ``sqlite``."""
