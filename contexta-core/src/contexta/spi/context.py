"""What a plugin's factory is given when the kernel opens the component."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from contexta.config.models import InterpretationConfig
    from contexta.spi.repository import CompositeRepository

__all__ = ["ComponentSource", "InterpretationContext", "OpenContext"]


class ComponentSource(Protocol):
    """Where a service gets components of a kind of its own, such as diagnostics checks; the plugin host is one."""

    def names(self, kind: str) -> Sequence[str]:
        """List the names of a kind that can be asked for; nothing is imported."""

    def open(self, kind: str, name: str, context: Any, *, required_by: str) -> Any:
        """Build a component.

        Args:
            kind: Its kind, such as ``"diagnostics_check"``.
            name: Its name.
            context: What the kind's SPI promises to its factories.
            required_by: Who asks, for messages.

        Raises:
            PluginError: It cannot be built; the text says why.
        """


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
        deterministic: Whether equal content must be written as equal text; otherwise as it was given.
    """

    root: Path
    workspace: Path | None = None
    read_only: bool = False
    durability: str = "fsync"
    max_segment_bytes: int = 1_048_576
    settings: Mapping[str, Any] = field(default_factory=dict)
    deterministic: bool = True


@dataclass(frozen=True, slots=True)
class InterpretationContext:
    """The surroundings of one interpretation service that is being built.

    Args:
        repository: The read model over the three stores.
        policies: The interpretation section of the configuration.
        service: Resolves another service by its word (``service("query")``); a circle is an error.
        components: Where components of other kinds are found; None where the service is to look by itself.
    """

    repository: CompositeRepository
    policies: InterpretationConfig
    service: Callable[[str], Any]
    components: ComponentSource | None = None
