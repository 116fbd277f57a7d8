"""Registers the service ``diagnostics``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.plugins import Provider, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["contexta_interpreters"]


@hookimpl
def contexta_interpreters() -> Iterable[Provider]:
    """Return the service's descriptor."""
    return [
        Provider(
            "diagnostics",
            "contexta_interpretation.diagnostics.service:build",
            summary="finds what went wrong in a run",
        )
    ]
