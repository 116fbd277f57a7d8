"""Registers the service ``aggregation``."""

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
            "aggregation",
            "contexta_interpretation.aggregation.service:build",
            summary="sums metrics up over runs, stages and groups",
        )
    ]
