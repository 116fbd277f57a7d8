"""Warnings about the index: its failures cost time and no answer, so they are logged and not raised."""

from __future__ import annotations

__all__ = ["warn"]


def warn(message: str, *arguments: object) -> None:
    """Log a warning; nobody pays for the logging package where there is nothing to say.

    Args:
        message: A format in the style of the logging package.
        arguments: What it names.
    """
    import logging

    logging.getLogger("contexta_store_jsonl.index").warning(message, *arguments)
