"""What a plugin's factory is given when the kernel opens the component."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from contexta.config.models import InterpretationConfig
    from contexta.spi.repository import CompositeRepository

__all__ = ["InterpretationContext", "OpenContext"]


@dataclass(frozen=True, slots=True)
class OpenContext:
    """The surroundings of one store or sink that is being opened.

    A store keeps everything below ``root``; it never writes elsewhere.

    Args:
        root: Directory of the plane (``<workspace>/metadata`` and its like); it may not exist yet.
        workspace: Root of the workspace, for messages; None for a store opened on its own.
        read_only: When True the store creates nothing and refuses every write with ``ReadOnlyStoreError``.
        durability: ``"fsync"``, ``"flush"`` or ``"interval"``: what must hold when a write returns.
        max_segment_bytes: Size at which append-only files are rotated, in bytes.
        settings: The plane's own settings by field name, as configured (``verification_mode`` and its like).
    """

    root: Path
    workspace: Path | None = None
    read_only: bool = False
    durability: str = "fsync"
    max_segment_bytes: int = 1_048_576
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InterpretationContext:
    """The surroundings of one interpretation service that is being built.

    Args:
        repository: The read model over the three stores.
        policies: The interpretation section of the configuration.
        service: Resolves another service by its word (``service("query")``); a circle is an error.
    """

    repository: CompositeRepository
    policies: InterpretationConfig
    service: Callable[[str], Any]
