"""Dotted references, ``package.module`` or ``package.module:attribute``, as entry points and providers use them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["load_reference"]


def load_reference(reference: str) -> Any:
    """Import what a reference points at.

    Args:
        reference: ``package.module`` or ``package.module:attribute.attribute``; extras in brackets are ignored.

    Returns:
        The module, or the attribute found in it.

    Raises:
        ImportError: The module cannot be imported.
        AttributeError: The module has no such attribute.
    """
    module_name, _, path = reference.partition("[")[0].strip().partition(":")
    found: Any = import_module(module_name.strip())
    for attribute in filter(None, path.strip().split(".")):
        found = getattr(found, attribute)
    return found
