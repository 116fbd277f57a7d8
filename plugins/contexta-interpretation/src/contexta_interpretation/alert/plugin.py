"""Registers the service ``alert``."""

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
            "alert",
            "contexta_interpretation.alert.service:build",
            summary="evaluates rules on the metrics of runs",
        )
    ]
