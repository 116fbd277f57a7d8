"""Builds report documents."""
